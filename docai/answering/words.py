"""Words of questions and sentences: folded, stemmed, without those that carry nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from docai.answering.wordlists import load_words
from docai.values.calendar_words import strip_accents

_WORD = re.compile(r"[^\W_]+(?:['’][a-z]{1,2})?", re.IGNORECASE)
# Longest first; cut only where a stem of four letters stays.
_ENDINGS = (
    *("izations", "isations", "ization", "isation", "ational", "ations", "ition", "ation", "ments"),
    *("ances", "ences", "ities", "ively", "ously", "ment", "ance", "ence", "able", "ible", "ably", "ions"),
    *("ings", "ives", "ies", "ity", "ive", "ion", "ing", "als", "ers", "ors", "ees", "ant", "ent", "ory"),
    *("al", "er", "or", "ed", "es", "ly", "ee", "en", "e", "s", "y"),
)
STOPS = frozenset(load_words("stops"))
# What questions say about documents in general: these words tell no two documents or fields apart.
GENERIC = frozenset(load_words("generic"))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """`assigning`, `assignment`, `assigned` -> `assign`; words are folded first."""
    plain = strip_accents(word).removesuffix("'s").removesuffix("’s")
    for ending in _ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) >= 4:
            return plain[: -len(ending)]
    return plain


def split_words(text: str) -> list[str]:
    """The words of a text, in order, as written."""
    return [m.group() for m in _WORD.finditer(text)]


def iterate_words(text: str) -> Iterator[tuple[int, int, str]]:
    """Words with where they start and end."""
    for match in _WORD.finditer(text):
        yield match.start(), match.end(), match.group()


def content_stems(text: str) -> tuple[str, ...]:
    """Stems of the words that carry meaning, each once, in order; camel case and underscores are split."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).replace("_", " ")
    stems = (stem(w) for w in split_words(spaced) if w.lower() not in STOPS and len(w) > 1)
    return tuple(dict.fromkeys(stems))


def is_telling(word: str) -> bool:
    """Whether a word tells a question from another: neither a stop word nor a general one."""
    low = word.lower()
    return len(low) > 1 and low not in STOPS and low not in GENERIC
