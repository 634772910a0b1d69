"""Counts of a batch job that add up to its listing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from docai.batch.pace import Pace, Reading
from docai.batch.store.known import Standing


@dataclass(slots=True)
class Tally:
    """What one run did. Every listed item is in exactly one of `ended`, `unchanged` and `postponed`, or is
    not done yet.

    `ended`: got an outcome in this run; of them `shared` by way of another key with the same bytes and
    `found` from an outcome that was there. `unchanged`: had one when the run came by. `postponed`: tried,
    and to be tried again by the next run, by cause.
    """

    listed: int = 0
    listed_all: bool = False
    ended: Counter[Standing] = field(default_factory=Counter)
    unchanged: Counter[Standing] = field(default_factory=Counter)
    postponed: Counter[str] = field(default_factory=Counter)
    shared: int = 0
    found: int = 0
    pages_read: int = 0
    pages_kept: int = 0
    answers: int = 0
    deaths: int = 0
    prompt_tokens: int = 0
    reply_tokens: int = 0
    pace: Pace | None = None
    """Of the whole run; without one `reading` stays None."""
    reading: Reading | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    """`describe` as it was lately: for other threads."""
    _told_s: float = 0.0

    @property
    def standings(self) -> Counter[Standing]:
        """How the listed items stand, this run and earlier ones together."""
        return self.ended + self.unchanged

    def count_state(self, state: str) -> int:
        return sum(n for standing, n in self.standings.items() if standing.state == state)

    @property
    def failed(self) -> dict[str, int]:
        """Failures by code."""
        return {s.code: n for s, n in self.standings.items() if s.state == "failed"}

    @property
    def left(self) -> int:
        """Items that were listed and have not ended."""
        done = self.ended.total() + self.unchanged.total() + self.postponed.total()
        return self.listed - done

    @property
    def is_whole(self) -> bool:
        """Whether every item ended in a complete record."""
        return self.listed_all and self.count_state("record") == self.listed

    def add(self, other: Tally) -> None:
        """What another did of this run's listing; how much there is to list is known here alone."""
        self.ended += other.ended
        self.postponed += other.postponed
        counts = ("shared", "found", "pages_read", "pages_kept", "answers", "deaths")
        for name in (*counts, "prompt_tokens", "reply_tokens"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def note(self) -> None:
        """Bring `told` up to date, not oftener than is looked at."""
        now_s = time.monotonic()
        if now_s - self._told_s > 1.0:
            self.measure()
            self.told, self._told_s = self.describe(), now_s
        elif self.pace is not None:
            self.pace.note(self.ended.total(), self.pages_read)

    def measure(self) -> Reading | None:
        """How fast the run is now. For the thread that runs the job; others look at `reading`."""
        if self.pace is not None:
            self.pace.prompt_tokens, self.pace.reply_tokens = self.prompt_tokens, self.reply_tokens
            left = self.left if self.listed_all else None
            self.reading = self.pace.read(self.ended.total(), self.pages_read, left)
        return self.reading

    def describe(self) -> Mapping[str, Any]:
        """As JSON: for those who look on from elsewhere."""
        return {
            "listed": self.listed,
            "listed_all": self.listed_all,
            "left": self.left,
            "records": self.count_state("record"),
            "incomplete": self.count_state("incomplete"),
            "failed": self.failed,
            "postponed": dict(self.postponed),
            "shared": self.shared,
            "unchanged": self.unchanged.total(),
            "pages_read": self.pages_read,
            "pages_kept": self.pages_kept,
            "answers": self.answers,
            "prompt_tokens": self.prompt_tokens,
            "reply_tokens": self.reply_tokens,
            **({"pace": self.reading.as_json()} if self.reading else {}),
        }
