"""Questions to fields: which leaf of a schema holds what a question asks for.

No schema's names are known here. A field is read like a question: its name, description and aliases name
topics of the general vocabulary and words of their own. Both must speak of the same things, and the field's
kind must be able to answer: a date for "when", a period for "how long".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from docai.answering.question import Question
from docai.answering.shapes import Asked
from docai.answering.vocabulary import asked_topics, get_topic, plain_text
from docai.answering.words import GENERIC, STOPS, split_words, stem
from docai.schema import Field

KINDS_OF: dict[Asked, frozenset[str]] = {
    "date": frozenset(("date",)),
    "duration": frozenset(("duration",)),
    "money": frozenset(("money", "number")),
    "percent": frozenset(("percent", "number")),
    "count": frozenset(("number", "integer", "duration")),
    "person": frozenset(("party", "organization", "person")),
    "place": frozenset(("place", "address")),
    "identifier": frozenset(("identifier", "text", "phone")),
    "yes_no": frozenset(("boolean",)),
}
_LEAST = 0.55
_LESS = 0.35
# Topics that seldom stand for themselves.
_COMPANIONS = frozenset(("term", "payment", "identifier", "liability", "invoice"))
_NAME, _DESCRIPTION, _ALIAS = 1.0, 0.7, 0.55
_ANSWERS_OTHERWISE = 0.75  # a yes-or-no question about a field that is no flag: "does it renew?"
_UNASKED = 0.12  # for each thing that a field's name says and the question does not


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """A field and how well it fits (0..1)."""

    field: Field
    score: float


@dataclass(frozen=True, slots=True)
class _Label:
    """Topics and stems of a field, with the weight of the place where they stand."""

    topics: dict[str, float]
    stems: dict[str, float]
    own: frozenset[str]  # topics of the name
    own_stems: frozenset[str]


@lru_cache(maxsize=4096)
def _read_label(item: Field) -> _Label:
    parts = [p for p in item.path.split("/") if p not in ("", "*")]
    name = plain_text(" ".join(parts[-1:]))
    topics: dict[str, float] = {}
    stems: dict[str, float] = {}
    parents = plain_text(" ".join(parts[:-1]))
    texts = [(_NAME, name), (_DESCRIPTION, plain_text(item.description)), (0.3, parents)]
    texts += [(_ALIAS, plain_text(alias)) for alias in item.aliases]
    texts += [(_ALIAS, plain_text(choice)) for choice in item.enum]
    for weight, text in texts:
        for topic in asked_topics(text):
            topics[topic] = max(topics.get(topic, 0.0), weight)
        for word in split_words(text):
            if word not in STOPS:
                stems[stem(word)] = max(stems.get(stem(word), 0.0), weight)
    # "flight_from" and "valid_until" say start and end by their last word alone.
    last = name.split()[-1:] or [""]
    if item.kind == "date" and last[0] in ("from", "ab", "von", "since"):
        topics["start"] = _NAME
    if item.kind == "date" and last[0] in ("to", "until", "bis", "through"):
        topics["end"] = _NAME
    own = frozenset(t for t in topics if topics[t] == _NAME)
    covered = frozenset(
        stem(w) for w in split_words(name) if w not in STOPS and w not in GENERIC and len(w) > 2
    )
    return _Label(topics, stems, own, covered)


def match_fields(question: Question, fields: Iterable[Field]) -> list[FieldMatch]:
    """Fields that may answer, best first; empty where none speaks of what is asked."""
    matches = [FieldMatch(item, score) for item in fields if (score := rate_field(question, item)) >= _LEAST]
    return sorted(matches, key=lambda m: (-m.score, m.field.path))


def rate_field(question: Question, item: Field) -> float:
    """How well a field answers: 1 where it is what is asked and nothing else, 0 for another thing."""
    fit = _kind_fit(question, item)
    wanted = question.topics
    if not fit or not (wanted or question.stems):
        return 0.0
    label = _read_label(item)
    told = _shared_topics(question, label)
    # A topic tells more than a word that the vocabulary does not know.
    total = sum(topic_weight(t, question) for t in wanted) + 0.8 * len(question.stems)
    met = sum(topic_weight(t, question) * label.topics.get(t, 0.0) for t in wanted)
    met += 0.8 * sum(label.stems.get(s, 0.0) for s in question.stems)
    score = met / total if total else 0.0
    extra = len([t for t in label.own if t not in wanted and not _hidden(t, label, told)])
    extra += len([s for s in label.own_stems if s not in question.stems and not label.own])
    return max(0.0, score * fit - _UNASKED * extra)


def _shared_topics(question: Question, label: _Label) -> frozenset[str]:
    return frozenset(t for t in question.topics if t in label.topics)


def _hidden(topic: str, label: _Label, told: frozenset[str]) -> bool:
    """Whether the name names a topic only through a word of a topic that is asked for."""
    return any(topic in get_topic(other).implies for other in told)


def topic_weight(topic: str, question: Question) -> float:
    """How much of a question's meaning a topic bears.

    Topics that only go along with others weigh less: `consent` with `assign`, `terminate` with `convenience`,
    and those that another kind of answer would name ("who signed" is about persons, not about a date).
    """
    wanted = question.topics
    kinds = get_topic(topic).kinds
    others = [get_topic(t) for t in wanted if t != topic]
    if not others:
        return 1.0
    if not kinds or topic in _COMPANIONS or any(topic in other.implies for other in others):
        return _LESS
    answers = KINDS_OF.get(question.asked, frozenset())
    if "boolean" in kinds or not answers or kinds & answers:
        return 1.0
    return _LESS if any(other.kinds & answers for other in others) else 1.0


def _kind_fit(question: Question, item: Field) -> float:
    """1 where the field's kind is what is asked for, 0 where it cannot answer."""
    asked = question.asked
    if asked == "text":
        return 0.8 if item.kind == "boolean" else 1.0
    if asked == "yes_no":
        if item.kind == "boolean":
            return 1.0
        if question.also is not None:
            return 1.0 if item.kind in KINDS_OF.get(question.also, ()) else 0.0
        return _ANSWERS_OTHERWISE
    return 1.0 if item.kind in KINDS_OF[asked] else 0.0


def best_field(question: Question, fields: Sequence[Field]) -> FieldMatch | None:
    """The field that answers, where one clearly does."""
    matches = match_fields(question, fields)
    return matches[0] if matches else None
