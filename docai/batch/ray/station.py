"""What works on a node: the same job as on one machine, given some documents at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from docai.batch.events import Event
from docai.batch.fetching import Fetch
from docai.batch.job import BatchJob
from docai.batch.memory import BatchMemory
from docai.batch.runner import THREADS, Build, StartPool
from docai.batch.seams import Inquiries, Keys, Steps
from docai.batch.side import SidePool, WakeablePool
from docai.batch.store.known import Standing
from docai.batch.tally import Tally
from docai.types import Outcome, SourceItem


@dataclass(frozen=True, slots=True)
class Share:
    """Documents for a station, with the attempt that each is at."""

    items: tuple[SourceItem, ...]
    attempts: tuple[int, ...]

    def split(self) -> list[Share]:
        """Each document alone: to find out which of them a station does not survive."""
        return [Share((i,), (a,)) for i, a in zip(self.items, self.attempts, strict=True)]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a share: all of it is kept at the destination by now."""

    tally: Tally
    outcomes: tuple[Outcome, ...]
    events: tuple[Event, ...]


@dataclass(slots=True)
class _Given:
    """Satisfies what a job asks of its feed: these items, and then no more."""

    items: list[SourceItem] | None
    listed: int = 0
    listed_all: bool = True
    unchanged: Counter[Standing] = field(default_factory=Counter)

    def next(self) -> list[SourceItem] | None:
        items, self.items = self.items, None
        return items

    def stop(self) -> None:
        self.items = None


@dataclass(slots=True)
class StationParts:
    """What a station is made of, where it stands. `memory` writes under a name of its own."""

    memory: BatchMemory
    fetch: Fetch
    spool: Path
    steps: Steps
    keys: Keys
    start_pool: StartPool
    with_model: Callable[[Any], WakeablePool] = lambda pool: pool
    inquiries: Inquiries | None = None


class Station:
    """Keeps its workers from share to share. Enter it to start them."""

    def __init__(self, parts: StationParts, build: Build) -> None:
        self._parts = parts
        self._build = build
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        parts = self._parts
        parts.memory.attempts.load()
        inner: AbstractContextManager[Any] = parts.start_pool(self._build)
        pool = parts.with_model(self._stack.enter_context(inner))
        self._pool = self._stack.enter_context(SidePool(pool, THREADS))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def work(self, share: Share) -> Report:
        """Raises `DocaiError` for what ends the job; what was kept until then stays kept."""
        parts = self._parts
        tally = Tally()
        events: list[Event] = []
        attempts = dict(zip(share.items, share.attempts, strict=True))
        job = BatchJob(
            self._pool,
            parts.memory,
            _Given(list(share.items)),
            parts.fetch,
            parts.spool,
            parts.steps,
            parts.keys,
            tally,
            inquiries=parts.inquiries,
            attempt_of=lambda item: attempts.get(item, 0),
            on_event=lambda event: _note(events, event),
        )
        try:
            outcomes = tuple(job.run())
        finally:
            parts.memory.writer.flush()
        return Report(tally, outcomes, tuple(events))


def _note(events: list[Event], event: Event) -> None:
    """What others are told of a document; progress of single pages stays here."""
    if event.kind in ("done", "postponed", "notice", "answered", "stage"):
        events.append(event)
