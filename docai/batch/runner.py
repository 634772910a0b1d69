"""A batch on this machine: workers in processes of their own, requests in threads, one scheduler."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from docai.batch.chunks import Feed
from docai.batch.events import Event
from docai.batch.fetching import Fetch
from docai.batch.job import BatchJob
from docai.batch.memory import BatchMemory
from docai.batch.seams import Inquiries, Keys, Steps
from docai.batch.side import SidePool, WakeablePool
from docai.batch.tally import Tally
from docai.types import Outcome, SourceItem

THREADS = 16
Build: TypeAlias = Callable[[], Callable[[Any], Any]]
StartPool: TypeAlias = Callable[[Build], AbstractContextManager[Any]]


@dataclass(slots=True)
class LocalRunner:
    """Satisfies `JobRunner`. `start_pool` starts the workers from what makes their parts; `with_model` puts
    the model's client before them, where there is one. `memory` has begun.
    """

    memory: BatchMemory
    fetch: Fetch
    spool: Path
    steps: Steps
    keys: Keys
    tally: Tally
    start_pool: StartPool
    with_model: Callable[[Any], WakeablePool] = lambda pool: pool
    inquiries: Inquiries | None = None
    attempt_of: Callable[[SourceItem], int] = lambda item: 0
    on_work: Callable[[], None] = lambda: None
    on_event: Callable[[Event], None] = lambda event: None
    make_job: Callable[..., BatchJob] = BatchJob
    threads: int = field(default=THREADS)

    def run(self, build: Build, items: Iterable[SourceItem]) -> Iterator[Outcome]:
        """Outcomes as they are kept. Closing the iterator ends the workers; what was kept stays."""
        memory = self.memory
        feed = Feed(
            items, memory.known, memory.claims, refresh=memory.refresh, others=lambda: memory.beats.others
        )
        with self.start_pool(build) as inner, SidePool(self.with_model(inner), self.threads) as pool:
            job = self.make_job(
                pool,
                memory,
                feed,
                self.fetch,
                self.spool,
                self.steps,
                self.keys,
                self.tally,
                inquiries=self.inquiries,
                attempt_of=self.attempt_of,
                on_work=self.on_work,
                on_event=self.on_event,
            )
            yield from job.run()
