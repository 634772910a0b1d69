"""What a composed answer comes to once its sentences are checked: status, value, and what to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from docai.answering.assembly import name_document
from docai.answering.candidates import VALUE_KINDS
from docai.answering.composing.amending import find_amended
from docai.answering.composing.checking import Checked
from docai.answering.composing.reply import Said
from docai.answering.composing.short_answer import read_value
from docai.answering.planted import is_instruction
from docai.answering.sentences import split_sentences
from docai.types import AnswerIssue, AnswerStatus
from docai.values.compare import find, value_key

if TYPE_CHECKING:
    from docai.answering.composing.compose import Inquiry
    from docai.answering.question import Question

_CERTAIN, _AGREED = 0.8, 0.95
_DIFFERS = 0.5


@dataclass(frozen=True, slots=True)
class Judged:
    """`fallback`: nothing that the model said is supported, so that the embedded engine answers. `text`: what
    to say where no sentence is left to say it."""

    checked: tuple[Checked, ...]
    status: AnswerStatus
    value: Any = None
    unit: str | None = None
    confidence: float = 0.0
    text: str = ""
    fallback: bool = False
    issues: tuple[AnswerIssue, ...] = field(default=())


def judge_said(inquiry: Inquiry, said: Said, checked: Sequence[Checked]) -> Judged:
    """Status and value by the sentences that are supported, never by the model's word alone."""
    kept = [c for c in checked if c.reason is None]
    issues = [*_warn_planted(inquiry), *_warn_cut(said)]
    if not kept and checked:
        message = (
            "nothing that the model said is supported by the pages; this answer is extractive, without it"
        )
        issue = AnswerIssue(code="model-unsupported", message=message)
        return Judged(tuple(checked), inquiry.fallback.status, fallback=True, issues=(*issues, issue))
    if not kept:
        return _judge_silence(inquiry, issues)
    value, unit = read_value(inquiry, said.answer, kept)
    status = _judge_status(inquiry, said, checked, kept, issues)
    if status == "answered" and value is None and inquiry.question.asked in (*VALUE_KINDS, "yes_no"):
        status = "partial"  # what is said is true, and not what was asked
    agreed = _agrees(inquiry, value)
    share = len(kept) / len(checked)
    confidence = {True: _AGREED, False: _DIFFERS, None: _CERTAIN}[agreed] * (0.5 + 0.5 * share)
    undecided = value is None and isinstance(inquiry.fallback.value, bool)
    if (agreed is False or undecided) and status != "conflict":
        issues.append(_tell_other(inquiry))
    return Judged(
        checked=tuple(checked),
        status=status,
        value=value,
        unit=unit,
        confidence=round(confidence, 4),
        issues=tuple(issues),
    )


def _judge_silence(inquiry: Inquiry, issues: list[AnswerIssue]) -> Judged:
    """The model finds no answer. What the embedded engine found is told beside it, not taken for one; silence
    that the embedded engine takes for a no stays its answer."""
    fallback = inquiry.fallback
    if fallback.status == "not_found" or (fallback.value is False and not fallback.citations):
        return Judged((), fallback.status, fallback=True, issues=tuple(issues))
    issues.append(_tell_other(inquiry))
    asked = ", ".join(name_document(s.document) for s in inquiry.chosen[:3]) or "these documents"
    text = f"The pages of {asked} that were found do not say."
    return Judged((), "not_found", text=text, confidence=_DIFFERS, issues=tuple(issues))


def _tell_other(inquiry: Inquiry) -> AnswerIssue:
    fallback = inquiry.fallback
    said = fallback.text[:300]
    cited = next(iter(fallback.citations), None)
    where = f" ({cited.uri}, page {cited.page})" if cited is not None else ""
    return AnswerIssue(
        code="extractive-differs", message=f"without the model docai would answer: {said}{where}"
    )


def _judge_status(
    inquiry: Inquiry,
    said: Said,
    checked: Sequence[Checked],
    kept: Sequence[Checked],
    issues: list[AnswerIssue],
) -> AnswerStatus:
    sources = [s for s in inquiry.chosen if any(s.document.id in c.document_ids for c in kept)]
    for later, earlier in find_amended(sources):
        message = f"{name_document(later.document)} says that it changes {name_document(earlier.document)}"
        issues.append(AnswerIssue(code="amended-by", message=message))
    if said.status == "conflict" or _disagree(inquiry.question, kept):
        return "conflict" if len(kept) > 1 else "partial"
    if len(kept) < len(checked) or said.status in ("partial", "not_found") or said.ending != "complete":
        return "partial"
    if any(i.code == "which-document" for i in inquiry.fallback.issues) and len(sources) < 2:
        return "partial"
    return "answered"


def _disagree(question: Question, kept: Sequence[Checked]) -> bool:
    """Whether statements about two documents give what is asked for differently."""
    kind = VALUE_KINDS.get(question.asked)
    if kind is None or not question.names:
        return False
    by_document: dict[str, set[object]] = {}
    for item in kept:
        if len(item.document_ids) == 1:
            found = {value_key(kind, f.value) for f in find(kind, item.text)}
            by_document.setdefault(next(iter(item.document_ids)), set()).update(found)
    stated = [values for values in by_document.values() if values]
    return len(stated) > 1 and not set.intersection(*stated)


def _agrees(inquiry: Inquiry, value: Any) -> bool | None:
    """Whether the embedded engine found the same; None where one of the two has no value."""
    other = inquiry.fallback.value
    if value is None or other is None or isinstance(other, list) or inquiry.fallback.status == "not_found":
        return None
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other if isinstance(value, bool) and isinstance(other, bool) else None
    kind = VALUE_KINDS.get(inquiry.question.also or inquiry.question.asked, "text")
    return value_key(kind, value) == value_key(kind, other)


def _warn_planted(inquiry: Inquiry) -> list[AnswerIssue]:
    """Documents that were sent with sentences that speak to whoever answers."""
    found: dict[str, None] = {}
    for page in inquiry.pages:
        if page.document_id not in found and any(_holds_instruction(p.text) for p in page.passages):
            found[page.document_id] = None
    named = {s.document.id: s.document for s in inquiry.chosen}
    return [
        AnswerIssue(
            code="instructions-in-document",
            message=f"{name_document(named[i])}: the document holds instructions to whoever answers; they "
            "were not followed",
        )
        for i in found
        if i in named
    ]


def _holds_instruction(text: str) -> bool:
    return any(is_instruction(text[start:end]) for start, end in split_sentences(text))


def _warn_cut(said: Said) -> list[AnswerIssue]:
    if said.ending == "complete":
        return []
    return [AnswerIssue(code="reply-cut", message=f"the model's reply is not whole ({said.ending})")]
