"""A typed value with its place in a text."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from docai.types import Scalar


@dataclass(frozen=True, slots=True)
class Found:
    """A typed value in a text: `text == source[start:end]`.

    `value`: ISO text for dates, Decimal for money, numbers and percents, canonical text (`30 days`) for
    durations, the normalised text otherwise. `unit`: currency code of money. `alternative`: the other
    reading of an ambiguous value (03/04/2024).
    """

    start: int
    end: int
    text: str
    value: Scalar
    unit: str | None = None
    alternative: Scalar = None


Reading = Callable[[re.Match[str]], Found | None]


def scan(pattern: re.Pattern[str], text: str, read: Reading, group: str | int = 0) -> Iterator[Found]:
    """Matches that `read` accepts; after a refusal the search resumes behind `group` alone."""
    at = 0
    while match := pattern.search(text, at):
        found = read(match)
        if found is not None:
            yield found
            at = max(found.end, match.start() + 1)
        else:
            at = max(match.end(group), match.start() + 1)


def drop_overlaps(found: list[Found]) -> list[Found]:
    """By start; where two overlap the longer one stays, of equals the earlier in the list."""
    kept: list[Found] = []
    for item in sorted(found, key=lambda f: (f.start, -(f.end - f.start))):
        if kept and item.start < kept[-1].end:
            if item.end - item.start > kept[-1].end - kept[-1].start:
                kept[-1] = item
            continue
        kept.append(item)
    return kept


class Cover:
    """Which of many values a stretch of text touches; of overlapping ones the longer counts."""

    def __init__(self, found: list[Found]) -> None:
        self._items = drop_overlaps(found)
        self._starts = [item.start for item in self._items]

    def touching(self, start: int, end: int) -> list[Found]:
        """Values that share a character with `start:end`."""
        first = max(0, bisect.bisect_right(self._starts, start) - 1)
        last = bisect.bisect_left(self._starts, end)
        return [item for item in self._items[first:last] if item.end > start]

    def covers(self, start: int, end: int) -> bool:
        """Whether one value holds all of `start:end`."""
        return any(i.start <= start and i.end >= end for i in self.touching(start, end))
