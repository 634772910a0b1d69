"""What a batch will take, before it is begun: a count of the listing, and a trial of some documents of it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from docai.types import Record, SourceItem
from docai.wiring.batch import Batch
from docai.wiring.batch_stores import BatchSource, open_for_reading

if TYPE_CHECKING:
    from docai.batch.events import Event
    from docai.batch.memory import BatchMemory
    from docai.batch.seams import Keys
    from docai.wiring.batch import BatchPlan

SAMPLES = 20


class _Sample(BatchSource):
    """Some items of a source, drawn evenly from a listing that is read once and never held."""

    def __init__(self, inner: BatchSource, outside: str, most: int) -> None:
        self._inner = inner
        self.count = self.bytes = 0
        self._chosen: list[SourceItem] = []
        chance = random.Random(0)
        for item in inner.items(outside):
            self.count += 1
            self.bytes += item.size
            if len(self._chosen) < most:
                self._chosen.append(item)
            elif (at := chance.randrange(self.count)) < most:
                self._chosen[at] = item

    def items(self, outside: str) -> Iterator[SourceItem]:
        return iter(sorted(self._chosen, key=lambda item: item.uri))

    def fetch(self, item: SourceItem, path: Path) -> str:
        return self._inner.fetch(item, path)


class TrialBatch(Batch):
    """A batch over a sample, whose results nobody keeps. After `run`, `forecast` tells of all of it."""

    def __init__(self, plan: BatchPlan, most: int = SAMPLES) -> None:
        super().__init__(replace(plan, runner="local"))
        self._most = most
        self._tokens = 0
        self._began_s: float | None = None
        self._took_s = 0.0
        self._recipe = ""

    def __enter__(self) -> Self:
        """Lists the source. Writes nothing at the destination, which need not be there."""
        from docai.batch.store.volatile import MemoryStore

        plan = self.plan
        source = BatchSource(plan.source, plan.endpoint_url, plan.document_bytes)
        self._sample = self._source = _Sample(source, plan.dest, self._most)
        self._dest = MemoryStore()
        return self

    def on_event(self, event: Event) -> None:
        """Take every event of the run: the clock runs from the first document that is open, so that what
        starting costs is not taken for the documents' time."""
        if event.kind == "opened" and self._began_s is None:
            self._began_s = time.monotonic()
        if event.kind == "done":
            self._tokens += sum(o.run.tokens or 0 for o in event.outcomes if isinstance(o, Record))
            self._took_s = time.monotonic() - (self._began_s or time.monotonic())

    def forecast(self) -> dict[str, Any]:
        """Counts of the listing, what the sample gave, and by that measure what is left to do: seconds,
        pages, tokens and money, None where the sample does not tell."""
        tried = self.tally.ended.total()
        left = max(0, self._sample.count - self._count_done())
        share = left / tried if tried else None
        seconds = self._took_s * share if share is not None and self._took_s else None
        pace = self.tally.pace
        cost = None
        if seconds is not None and share is not None and pace is not None:
            cost = self.plan.price.cost(seconds, pace.prompt_tokens * share, pace.reply_tokens * share)
        return {
            "documents": self._sample.count,
            "bytes": self._sample.bytes,
            "left": left,
            "tried": tried,
            "tried_failed": self.tally.count_state("failed"),
            "tried_pages": self.tally.pages_read,
            "seconds": None if seconds is None else round(seconds, 1),
            "pages": None if share is None else round(self.tally.pages_read * share),
            "tokens": None if share is None else round(self._tokens * share),
            "cost": None if cost is None else float(cost),
            "currency": self.plan.price.currency,
            "workers": self.plan.workers,
        }

    def _open_memory(self, keys: Keys) -> BatchMemory:
        memory = super()._open_memory(keys)
        self._recipe = memory.recipe
        return memory

    def _count_done(self) -> int:
        """Items that an earlier run at the real destination brought to their end."""
        from docai.batch.store.known import KnownItems
        from docai.batch.store.ledger import LedgerReader

        known = KnownItems()
        LedgerReader(open_for_reading(self.plan.dest, self.plan.endpoint_url), self._recipe).update(known)
        return len(known)
