"""Whether the words beside a value are its field's label, or another field's."""

from __future__ import annotations

import re

from docai.schema import Field, Schema
from docai.schema.kinds import name_tokens
from docai.types import Scalar
from docai.values.calendar_words import strip_accents

_TOKEN = re.compile(r"[^\W_]+")
_IDLE = frozenset(
    (
        "the",
        "of",
        "a",
        "an",
        "and",
        "or",
        "to",
        "in",
        "on",
        "for",
        "by",
        "der",
        "die",
        "das",
        "und",
        "de",
        "la",
    )
)
_ENDINGS = ("ations", "ation", "ments", "ment", "able", "ings", "ing", "ity", "ies", "ed", "es", "s")


class LabelFinder:
    """Looks for the names and aliases of a schema's single fields."""

    def __init__(self, schema: Schema) -> None:
        self._names: dict[str, set[str]] = {}
        self._homes: dict[str, list[str]] = {}
        for field in schema.fields:
            if field.group is None:
                names = {_spread(" ".join(name_tokens(field.name))), *map(_spread, field.aliases)} - {""}
                self._names[field.path] = names
                self._homes.setdefault(field.kind, []).append(field.path)

    def find(self, field: Field, before: str, quote: str, value: Scalar) -> tuple[bool, bool]:
        """(its own label, another's of the same kind) is the last one in the words before the value.

        `before`: the page's text before the quote.
        """
        head = quote.partition(str(value))[0] if isinstance(value, str) and str(value) in quote else quote
        text = f" {_spread(before)} {_spread(head)} "
        last = {path: _last_end(text, names) for path, names in self._rivals(field).items()}
        own = last.pop(field.path, (-1, 0))
        best = max(last.values(), default=(-1, 0))
        if own[0] < 0 and best[0] < 0:
            return False, False
        return own >= best, best > own

    def _rivals(self, field: Field) -> dict[str, set[str]]:
        homes = {*self._homes.get(field.kind, ()), field.path}
        return {path: self._names.get(path, set()) for path in homes}

    def share_named(self, field: Field, quote: str) -> float:
        """0..1: the largest share of a name's words that a passage has, endings apart."""
        stems = {_stem(word) for word in _spread(quote).split()}
        best = 0.0
        for name in self._names.get(field.path, ()):
            words = [_stem(word) for word in name.split() if word not in _IDLE]
            if words:
                best = max(best, sum(word in stems for word in words) / len(words))
        return best


def _last_end(text: str, names: set[str]) -> tuple[int, int]:
    """Where the last of the names ends, and its length: of two that end together the longer counts."""
    best = (-1, 0)
    for name in names:
        at = text.rfind(f" {name} ")
        if at >= 0:
            best = max(best, (at + len(name), len(name)))
    return best


def _spread(text: str) -> str:
    return " ".join(_TOKEN.findall(strip_accents(text).casefold()))


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
