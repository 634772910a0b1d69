"""The sentence route, first part: sentences of passages, rated by how much they speak of what is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docai.answering.fields import topic_weight
from docai.answering.planted import is_instruction
from docai.answering.question import Question
from docai.answering.sentences import split_sentences
from docai.answering.shapes import Asked
from docai.answering.vocabulary import asked_topics, get_topic, plain_text, said_strength
from docai.answering.words import split_words, stem
from docai.types import Passage
from docai.values.compare import find
from docai.values.spans import Found

VALUE_KINDS: dict[Asked, str] = {
    "date": "date",
    "duration": "duration",
    "money": "money",
    "percent": "percent",
    "count": "number",
    "person": "party",
    "place": "place",
    "identifier": "identifier",
}
_HEADING = 0.25  # for a heading that names the topic
_STEM_SHARE = 0.9
_VALUE = 0.3
_NO_VALUE = 0.45
_LONG_WORDS = 90
_UNSAID = 0.6
_OPENING = 0.35  # for dates at a document's beginning, where it says when it was made
_OPENING_PASSAGES = 6
_LOOK_BACK = 60
_BEGINS = re.compile(r"\b(?:commenc\w*|begin\w*|start\w*|dated|as of|entered|effective|from|made)\b")
_ENDS = re.compile(r"\b(?:expir\w*|until|through|to|end\w*|terminat\w*|till|later than|midnight)\b")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence with its rating: 1 and more where it clearly speaks of all that is asked."""

    passage: Passage
    text: str
    plain: str
    score: float
    values: tuple[Found, ...] = ()
    order: int = 0


def rate_passages(question: Question, passages: Iterable[Passage]) -> tuple[list[Candidate], bool]:
    """Sentences that speak of what is asked, best first, and whether any instruction was left out."""
    kind = VALUE_KINDS.get(question.also or question.asked)
    candidates: list[Candidate] = []
    planted = False
    for passage in passages:
        heading = plain_text(passage.heading)
        for start, end in split_sentences(passage.text):
            text = passage.text[start:end].strip()
            plain = plain_text(text)
            score = _speak(question, plain, heading)
            opens = _asks_beginning(question) and passage.ordinal < _OPENING_PASSAGES
            if score <= 0.2 and not opens:
                continue
            if is_instruction(text):
                planted = True
                continue
            values = tuple(f for f in find(kind, text) if _fits(question, text, f)) if kind else ()
            if kind and question.asked != "yes_no":
                score = score + _VALUE if values else score * _NO_VALUE
                score += _OPENING if values and opens else 0.0
            candidates.append(Candidate(passage, text, plain, score, values, len(candidates)))
    return sorted(candidates, key=lambda c: (-round(c.score, 3), c.order)), planted


def _fits(question: Question, text: str, found: Found) -> bool:
    """Whether a date may be the end that is asked for: not where the words before it speak of a beginning."""
    if question.asked != "date" or "end" not in question.topics:
        return True
    before = text[max(0, found.start - _LOOK_BACK) : found.start].lower()
    begins = max((m.end() for m in _BEGINS.finditer(before)), default=-1)
    ends = max((m.end() for m in _ENDS.finditer(before)), default=-1)
    return ends >= begins


def _asks_beginning(question: Question) -> bool:
    return question.asked == "date" and bool(question.topics & {"made", "start", "issued"})


def _speak(question: Question, plain: str, heading: str) -> float:
    """Weighted share of the question's topics and words that a sentence speaks of."""
    total = met = 0.0
    unsaid = 0
    for name in question.topics:
        topic = get_topic(name)
        if not topic.says:
            continue
        weight = topic_weight(name, question)
        said = said_strength(topic, plain)
        if said and heading and topic.asks.search(heading):
            said += _HEADING
        total += weight
        met += weight * said
        if not said and weight == 1.0:
            unsaid += 1
    if question.stems:
        # Words of a heading stand for its sentences too, but less.
        words = {stem(w) for w in split_words(plain)}
        above = {stem(w) for w in split_words(heading)}
        share = sum(1.0 if s in words else 0.6 if s in above else 0.0 for s in question.stems)
        weight = _STEM_SHARE * min(len(question.stems), 4)
        total += weight
        met += weight * share / len(question.stems)
    if not total:
        return 0.0
    # Who asks how much notice stops a renewal is not answered by notice of something else.
    score = met / total * _UNSAID**unsaid
    words_count = plain.count(" ") + 1
    return score * (0.92 if words_count > _LONG_WORDS else 1.0) * (0.6 if words_count < 4 else 1.0)


def pick_value(question: Question, candidate: Candidate) -> Found | None:
    """Of the values in a sentence the one that stands nearest behind the words that are asked for."""
    values = candidate.values
    if len(values) <= 1:
        return values[0] if values else None
    anchors = _anchors(question, candidate.text)
    if not anchors:
        return values[0]

    def distance(found: Found) -> tuple[float, int]:
        gaps = [
            found.start - end if found.start >= end else 1.5 * (start - found.end) + 8
            for start, end in anchors
        ]
        return min((g for g in gaps if g >= 0), default=1e6), found.start

    return min(values, key=distance)


def _anchors(question: Question, text: str) -> list[tuple[int, int]]:
    lowered = text.lower()
    spans: list[tuple[int, int]] = []
    for name in question.topics:
        if topic_weight(name, question) < 1 and len(question.topics) > 1:
            continue
        for _, pattern in get_topic(name).says[:1]:
            spans += [m.span() for m in pattern.finditer(lowered)]
    if not spans:
        spans = [
            span
            for found in asked_topics(lowered).items()
            if found[0] in question.topics
            for span in found[1]
        ]
    return spans


def best_pages(candidates: Sequence[Candidate], limit: int) -> list[Candidate]:
    """The best sentences, each text once."""
    seen: set[str] = set()
    out = []
    for item in candidates:
        if item.plain not in seen:
            seen.add(item.plain)
            out.append(item)
        if len(out) >= limit:
            break
    return out
