"""What a batch will take, before it is begun: a count of the listing, and a trial of some documents of it."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from docai.batch.forecast import Sampled, forecast_ranges
from docai.types import Record, SourceItem
from docai.wiring.batch import Batch
from docai.wiring.batch_stores import BatchSource, open_for_reading

if TYPE_CHECKING:
    from docai.batch.events import Event
    from docai.batch.memory import BatchMemory
    from docai.batch.seams import Keys
    from docai.wiring.batch import BatchPlan

SAMPLES = 20
_WORK = frozenset({"open", "read", "ask", "extract"})


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
        self._steps_ms: Counter[str] = Counter()
        self._samples: list[Sampled] = []
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
        if event.kind == "stage" and event.stage in _WORK:
            self._steps_ms[event.uri] += round(event.seconds * 1000)
        if event.kind == "done":
            records = [o for o in event.outcomes if isinstance(o, Record)]
            self._samples.append(
                Sampled(
                    self._steps_ms.pop(event.uri, 0) / 1000,
                    records[0].document.page_count if records else 0,
                    sum(record.run.tokens or 0 for record in records),
                )
            )
            if self._began_s is not None:
                self._took_s = time.monotonic() - self._began_s

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
            "pages": None if share is None else round(sum(s.pages for s in self._samples) * share),
            "tokens": None if share is None else round(sum(s.tokens for s in self._samples) * share),
            "cost": None if cost is None else float(cost),
            "currency": self.plan.price.currency,
            "workers": self.plan.workers,
            **self._forecast_ranges(left, seconds, cost),
        }

    def _forecast_ranges(
        self, left: int, seconds: float | None, cost: Decimal | None
    ) -> dict[str, list[float]]:
        """Between which values nine samples in ten would see it, each as `[low, high]`."""
        if seconds is None or not self._samples:
            return {}
        found = forecast_ranges(self._samples, left)
        share = left / len(self._samples)
        steps_s = sum(sample.seconds for sample in self._samples) * share
        scale = seconds / steps_s if steps_s else 0.0  # steps of several workers overlap
        times = [round(end * scale, 1) for end in (found["seconds"].low, found["seconds"].high)]
        tokens = [found["tokens"].low, found["tokens"].high]
        ranges: dict[str, list[float]] = {
            "seconds_range": times,
            "pages_range": [round(found["pages"].low), round(found["pages"].high)],
            "tokens_range": [round(end) for end in tokens],
        }
        if cost is not None:
            likely = sum(sample.tokens for sample in self._samples) * share
            parts = [end / likely * share if likely else 0.0 for end in tokens]
            costs = [
                self.plan.price.cost(s, self.tally.prompt_tokens * part, self.tally.reply_tokens * part)
                for s, part in zip(times, parts, strict=True)
            ]
            ranges["cost_range"] = [float(end or 0) for end in costs]
        return ranges

    def _open_publisher(self) -> None:
        """A trial brings nothing into an index."""

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
