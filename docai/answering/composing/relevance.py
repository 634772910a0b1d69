"""Whether a sentence speaks of what its quotes speak of: a true quote proves nothing about another matter."""

from __future__ import annotations

from docai.answering.composing.stated import list_names, list_values
from docai.answering.question import Question
from docai.answering.vocabulary import asked_topics, get_topic, plain_text, said_strength
from docai.answering.words import GENERIC, STOPS, iterate_words, stem
from docai.values.compare import find

_MOST_STRANGE = 0.6
"""Of a sentence's telling words: the share that its quotes may lack."""
_FEW = 3
_PASSING = frozenset(("end", "term", "terminate", "start", "made", "signer", "consent"))
"""Topics that sentences about others mention by the way: notice "before the term ends"."""
_CLEARLY = 0.5
"""Of the weight of a topic's clearest phrases: "laws of" alone tells of no governing law."""


def find_strange_words(
    sentence: str, quoted: str, question: Question, settled: frozenset[str] = frozenset()
) -> str | None:
    """Why the quotes are about something else; None where they are not. `quoted`: whole sentences of the
    page, and the headings above them; `settled`: topics that something else has shown to be meant.

    A word counts as said where the quotes have its stem, where they speak of the topic that it stands for, or
    where it only repeats the question.
    """
    plain, page = plain_text(sentence), plain_text(quoted)
    topics = asked_topics(plain)
    said = {t for t in topics if t in settled or _speaks(t, page)}
    unsaid = [t for t in topics if t in question.topics and t not in said]
    typed = _find_typed(sentence)
    strange, met = _split_words(sentence, page, question, [span for t in said for span in topics[t]], typed)
    values = len(typed)
    main = [t for t in topics if t in question.topics]
    if len(unsaid) == len(main) > 0 or set(unsaid) - _PASSING:
        return f"what it quotes does not speak of {_name(sentence, topics, unsaid)}"
    if len(strange) >= _FEW and len(strange) > _MOST_STRANGE * (len(strange) + met + values):
        return f"what it quotes does not speak of “{'”, “'.join(strange[:3])}”"
    return None


def _name(sentence: str, topics: dict[str, list[tuple[int, int]]], unsaid: list[str]) -> str:
    start, end = topics[unsaid[0]][0]
    return f"“{sentence[start:end]}”" if len(sentence) >= end else unsaid[0]


def _speaks(topic: str, page: str) -> bool:
    known = get_topic(topic)
    if not known.says:
        return known.asks.search(page) is not None
    return said_strength(known, page) >= _CLEARLY * max(weight for weight, _ in known.says)


def _find_typed(sentence: str) -> list[tuple[int, int]]:
    """Where values and names stand: they are checked by themselves, and speak of nothing."""
    values = [(v.start, v.end) for v in list_values(sentence)]
    values += [(f.start, f.end) for f in find("place", sentence)]
    return values + [(start, end) for start, end, _ in list_names(sentence)]


def _split_words(
    sentence: str,
    page: str,
    question: Question,
    spoken: list[tuple[int, int]],
    typed: list[tuple[int, int]],
) -> tuple[list[str], int]:
    """Telling words that the quotes lack, and how many they have."""
    stems = {stem(word) for _, _, word in iterate_words(page)}
    asked = {stem(word) for _, _, word in iterate_words(plain_text(question.text))}
    strange: list[str] = []
    met = 0
    for start, end, written in iterate_words(sentence):
        word = plain_text(written)
        if len(word) < 2 or word in STOPS or word in GENERIC:
            continue
        if any(a < end and start < b for a, b in typed):
            continue
        if stem(word) in stems or any(a < end and start < b for a, b in spoken):
            met += 1
        elif stem(word) not in asked and not any(c.isdigit() for c in word):
            strange.append(word)
    return strange, met
