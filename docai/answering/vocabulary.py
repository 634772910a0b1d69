"""General wordings: how people ask about things and how documents say them, by topic.

`vocabulary.json` holds topics of contracts, invoices, receipts and orders, written from knowledge of such
documents. A topic joins a question to a schema's field (both are read by `asks`) and to sentences (`says`).
Phrases: `expir*` any ending, `...` up to 60 characters in between, `|` alternatives.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from docai.values.calendar_words import strip_accents

_GAP = r"[^.;?]{0,60}?"


@dataclass(frozen=True, slots=True)
class Topic:
    """`asks`: words of questions and labels; `says`: (weight, pattern) for sentences of documents.

    `kinds`: of the values that answer; `implies`: topics that this one stands for as well; `restricts`:
    whether the topic is a limit, so that asking for permission asks for its contrary.
    """

    name: str
    asks: re.Pattern[str]
    says: tuple[tuple[float, re.Pattern[str]], ...]
    kinds: frozenset[str]
    implies: frozenset[str] = frozenset()
    restricts: bool = False


def compile_phrases(phrases: list[str]) -> re.Pattern[str]:
    """Phrases as one pattern over lower-case text without accents."""
    return re.compile("|".join(_phrase(p) for phrase in phrases for p in phrase.split("|")) or r"(?!)")


def _phrase(phrase: str) -> str:
    parts = []
    for part in strip_accents(phrase).split("..."):
        words = [re.escape(w).replace(r"\*", r"\w{0,14}") for w in re.split(r"[\s\-]+", part.strip()) if w]
        parts.append(r"(?<!\w)" + r"[\s\-]{1,3}".join(words) + r"(?!\w)")
    return _GAP.join(parts)


@lru_cache(maxsize=1)
def load_topics() -> tuple[Topic, ...]:
    data = json.loads(resources.files(__package__).joinpath("vocabulary.json").read_text(encoding="utf-8"))
    return tuple(
        Topic(
            name=item["name"],
            asks=compile_phrases(item["asks"]),
            says=tuple((float(w), compile_phrases(phrases)) for w, phrases in item.get("says", ())),
            kinds=frozenset(item.get("kinds", ())),
            implies=frozenset(item.get("implies", ())),
            restricts=bool(item.get("restricts", False)),
        )
        for item in data["topics"]
    )


def plain_text(text: str) -> str:
    """Lower case without accents, `_` as a space, camel case split: what topics are matched on."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text).replace("_", " ").replace("’", "'")
    return strip_accents(spaced)


def asked_topics(text: str) -> dict[str, list[tuple[int, int]]]:
    """Topics that a question's or a label's plain text names, with where its words stand."""
    found = {}
    for topic in load_topics():
        spans = [m.span() for m in topic.asks.finditer(text)]
        if spans:
            found[topic.name] = spans
    return found


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Topic]:
    return {topic.name: topic for topic in load_topics()}


def get_topic(name: str) -> Topic:
    return _by_name()[name]


def said_strength(topic: Topic, text: str) -> float:
    """How clearly a sentence (plain text) speaks of a topic: its strongest phrase, 0 for none."""
    return max((weight for weight, pattern in topic.says if pattern.search(text)), default=0.0)
