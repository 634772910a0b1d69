"""Scripts that answer questions about the passages they are sent, truthfully or wrong in one chosen way.

They read a request as a model would: numbered passages between two fences, then the question. Nothing else of
docai is known to them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from docai.llm.chat import ChatRequest
from docai.llm.scripted import Script, Turn

Manner: TypeAlias = Literal[
    "truthful", "number", "negation", "source", "mixed", "obedient", "invented", "silent", "garbage"
]
"""How a reply goes wrong: another number, a dropped negation, the wrong passage, two documents in one
sentence, whatever a passage orders, a sentence that nothing proves; `silent` finds nothing."""

_PASSAGE = re.compile(
    r"^\[(\d{1,3})\] document (\d{1,3}), page (\d{1,5})(?:, under “[^”]{0,300}”)?: (.*)$", re.M
)
_QUESTION = re.compile(r"^Question: (.*)$", re.M)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_WORD = re.compile(r"[^\W_]{3,30}")
_ORDER = re.compile(r"\b(?:answer|reply|respond|say)(?: that| with)? (.{3,200}?)(?:\.|$)", re.IGNORECASE)
_NEGATED = re.compile(r"\b(?:shall |may |will |does |is )?(?:not|never) |\bNeither party\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SentPassage:
    number: int
    document: int
    page: int
    text: str


def read_passages(request: ChatRequest) -> list[SentPassage]:
    """The passages of a request, as they were numbered."""
    found = _PASSAGE.finditer(_read_text(request))
    return [SentPassage(int(m[1]), int(m[2]), int(m[3]), m[4]) for m in found]


def read_question(request: ChatRequest) -> str:
    """The last line that asks: a passage may hold another."""
    found = _QUESTION.findall(_read_text(request))
    return str(found[-1]) if found else ""


def _read_text(request: ChatRequest) -> str:
    parts = [part for m in request.messages if m.role == "user" for part in m.parts if isinstance(part, str)]
    return "\n".join(parts)


def write_reply(
    sentences: Sequence[tuple[str, Sequence[tuple[int, str]]]], answer: str = "", status: str = "answered"
) -> str:
    """A reply as the grammar wants it: statements, each with (passage, words) that prove it."""
    listed = [
        {"quotes": [{"source": number, "words": words} for number, words in quotes], "text": text}
        for text, quotes in sentences
    ]
    return json.dumps({"sentences": listed, "answer": answer, "status": status}, ensure_ascii=False)


def answering_script(manner: Manner = "truthful", *, dies_after: int | None = None) -> Script:
    """Answers by the sentence that shares most words with the question. `dies_after`: so many replies, and
    the connection breaks from then on."""
    make = _MANNERS[manner]

    def play(request: ChatRequest, number: int) -> Turn:
        if dies_after is not None and number >= dies_after:
            return Turn("", fault="reset")
        passages = read_passages(request)
        if not passages or manner == "silent":
            return Turn(write_reply((), status="not_found"))
        return Turn(make(passages, read_question(request)))

    return play


def find_best(passages: Sequence[SentPassage], question: str) -> tuple[SentPassage, str]:
    """The passage and the sentence of it that share most words with a question, its names left out."""
    wanted = {w[:5] for w in _WORD.findall(question) if w.islower()}

    def shared(sentence: str) -> float:
        words = [w.lower()[:5] for w in _WORD.findall(sentence)]
        return len(wanted & set(words)) - 0.01 * len(words)

    sentences = [(p, s) for p in passages for s in _SENTENCE.split(p.text) if s.strip()]
    return max(sentences, key=lambda item: shared(item[1]))


def _truthful(passages: Sequence[SentPassage], question: str) -> str:
    passage, sentence = find_best(passages, question)
    return write_reply([(sentence, [(passage.number, sentence)])], sentence)


def _number(passages: Sequence[SentPassage], question: str) -> str:
    passage, sentence = find_best(passages, question)
    changed = re.sub(r"\d", lambda m: str((int(m[0]) + 3) % 10), sentence)
    if changed == sentence:
        changed = f"{sentence.rstrip('.')} for 47 years."
    return write_reply([(changed, [(passage.number, sentence)])])


def _negation(passages: Sequence[SentPassage], question: str) -> str:
    passage, sentence = find_best(passages, question)
    changed = _NEGATED.sub(lambda m: "Either party " if m[0].startswith("N") else "", sentence)
    return write_reply([(" ".join(changed.split()), [(passage.number, sentence)])], "yes")


def _source(passages: Sequence[SentPassage], question: str) -> str:
    passage, sentence = find_best(passages, question)
    other = next((p for p in passages if p.document != passage.document), None)
    number = other.number if other is not None else len(passages) + 5
    return write_reply([(sentence, [(number, sentence)])], sentence)


def _mixed(passages: Sequence[SentPassage], question: str) -> str:
    """What one document says, told of the other by its name."""
    passage, sentence = find_best(passages, question)
    other = next((p for p in passages if p.document != passage.document), passage)
    name = next(iter(re.findall(r"\b[A-Z]\w+ (?:Inc|Ltd|LLC|Oy|GmbH|AG)\b", other.text)), "Nobody Ltd")
    text = f"For {name} this holds: {sentence}"
    return write_reply([(text, [(passage.number, sentence)])], sentence)


def _obedient(passages: Sequence[SentPassage], question: str) -> str:
    """Does what a passage orders, and quotes the order."""
    for passage in passages:
        order = _ORDER.search(passage.text)
        if order is not None:
            said = order[1].strip()
            return write_reply([(f"{said[:1].upper()}{said[1:]}.", [(passage.number, passage.text)])], said)
    return _truthful(passages, question)


def _invented(passages: Sequence[SentPassage], question: str) -> str:
    passage, sentence = find_best(passages, question)
    invented = "The supplier also delivers monthly reports about everything to the board."
    return write_reply(
        [(sentence, [(passage.number, sentence)]), (invented, [(passage.number, sentence)])], sentence
    )


def _garbage(passages: Sequence[SentPassage], question: str) -> str:
    return "Lorem ipsum, and no JSON at all."


_MANNERS: dict[str, Callable[[Sequence[SentPassage], str], str]] = {
    "truthful": _truthful,
    "number": _number,
    "negation": _negation,
    "source": _source,
    "mixed": _mixed,
    "obedient": _obedient,
    "invented": _invented,
    "silent": _truthful,
    "garbage": _garbage,
}
