"""The value of a composed answer: what its supported sentences say of what is asked, no word beside them.

A model's short answer only points to one of several values. A "yes" is taken where nothing that can be
checked says otherwise: the sentence's own first word, the value that the question compares, the embedded
engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from docai.answering.candidates import VALUE_KINDS
from docai.answering.comparing import compare, read_comparison
from docai.answering.composing.checking import Checked
from docai.answering.composing.roles import read_role
from docai.answering.findings import Finding
from docai.grounding.text_index import fold_text
from docai.types import Verdict
from docai.values.compare import find, value_key

if TYPE_CHECKING:
    from docai.answering.composing.compose import Inquiry
    from docai.answering.question import Question
    from docai.values.spans import Found

_YES = ("yes", "ja", "oui", "sí", "si", "true")
_NO = ("no", "nein", "non", "false")


def read_value(inquiry: Inquiry, answer: str, kept: Sequence[Checked]) -> tuple[Any, str | None]:
    """(value, unit); None where the supported sentences do not tell which it is. `answer`: the model's short
    one."""
    question = inquiry.question
    if question.asked == "yes_no" and question.also is None:
        verdict = _decide(inquiry, answer, kept)
        return (None if verdict is None else verdict == "yes"), None
    kind = VALUE_KINDS.get(question.also or question.asked)
    if kind is None:
        short = fold_text(answer)[0]
        held = bool(short) and any(short in fold_text(c.text)[0] for c in kept)
        return (answer if held and question.asked != "text" else None), None
    chosen = _choose(question, kind, answer, kept)
    return (None, None) if chosen is None else (chosen.value, chosen.unit)


def _choose(question: Question, kind: str, answer: str, kept: Sequence[Checked]) -> Found | None:
    """The value that the model names among those of its sentences (of their quotes where these have none),
    else the only one there."""
    stated = _list_found(question, kind, [c.text for c in kept])
    if not stated and not any(find(kind, c.text) for c in kept):
        stated = _list_found(question, kind, [p.said for c in kept for p in c.proofs])
    named = {value_key(kind, f.value) for f in find(kind, answer)}
    if named:
        return next((f for f in stated if value_key(kind, f.value) in named), None)
    return stated[0] if len({value_key(kind, f.value) for f in stated}) == 1 else None


def _list_found(question: Question, kind: str, texts: Sequence[str]) -> list[Found]:
    """Values in texts, without dates that stand for the contrary of what is asked."""
    other = _find_contrary(question) if kind == "date" else None
    return [
        found
        for text in texts
        for found in find(kind, text)
        if other is None or read_role(text, found.start, found.end) != other
    ]


def _find_contrary(question: Question) -> str | None:
    """The role of dates that cannot answer: beginnings where an end is asked for, and the other way round."""
    ends, begins = "end" in question.topics, bool({"start", "made"} & question.topics)
    return None if ends == begins else "beginning" if ends else "end"


def _decide(inquiry: Inquiry, answer: str, kept: Sequence[Checked]) -> Verdict | None:
    """Yes or no; None where something that was checked says the contrary."""
    leads = {v for c in kept if (v := _read_verdict(c.text)) is not None}
    verdict = _read_verdict(answer) or next(iter(leads), None)
    other = inquiry.fallback.value if inquiry.fallback.status == "answered" else None
    checks = {*leads, _compare(inquiry, kept)}
    if isinstance(other, bool) and inquiry.fallback.citations:
        checks.add("yes" if other else "no")
    return verdict if checks <= {verdict, None} else None


def _compare(inquiry: Inquiry, kept: Sequence[Checked]) -> Verdict | None:
    """What the one value in the sentences comes to beside the one in the question; None for a question that
    compares nothing, or where this does not tell."""
    compared = read_comparison(inquiry.question)
    kind = VALUE_KINDS.get(compared.question.asked) if compared else None
    if compared is None or kind is None:
        return None
    asked = {value_key(kind, f.value) for f in find(kind, inquiry.question.text)}
    found = [f for c in kept for f in find(kind, c.text)]
    values = [f for f in found if value_key(kind, f.value) not in asked] or found
    if len({value_key(kind, f.value) for f in values}) != 1:
        return None
    document = kept[0].proofs[0].excerpt.source.document
    finding = Finding(document, kind, "", value=values[0].value, unit=values[0].unit)
    return compare(finding, compared).verdict


def _read_verdict(text: str) -> Verdict | None:
    first = text.strip().split(" ")[0].strip(".,:;!–-").casefold()
    return "yes" if first in _YES else "no" if first in _NO else None
