"""Progress and the closing summary, on standard error."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from docai.types import Failure, Outcome, Record

if TYPE_CHECKING:
    from docai.batch.local import Event

STATUS_ORDER = ("grounded", "inferred", "seen", "corrected", "unsupported", "missing")


class Progress:
    """Counts events; shows a bar on a terminal, names every failure, and ends with a table."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False)
        self._bar = Bar(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("pages  {task.fields[rate]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=quiet or not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("reading", total=0, rate="")
        self._started = time.monotonic()
        self._pages_read = 0
        self._pages_kept = 0
        self._answered = 0
        self._records = 0
        self._cached = 0
        self._incomplete: list[Record] = []
        self._failures: list[Failure] = []
        self._statuses: Counter[str] = Counter()

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    @property
    def exit_code(self) -> int:
        """0 when every document has a complete record, else 1."""
        return 1 if self._failures or self._incomplete else 0

    def on_event(self, event: Event) -> None:
        """Take one event of the job."""
        if event.kind == "opened":
            total = self._bar.tasks[0].total or 0
            self._bar.update(self._task, total=total + event.pages, description=event.uri[-40:])
        elif event.kind == "page":
            self._pages_kept += event.cached
            self._pages_read += not event.cached
            rate = self._pages_read / max(time.monotonic() - self._started, 1e-6)
            self._bar.update(self._task, advance=1, rate=f"{rate:.1f}/s")
        elif event.kind == "elsewhere":
            self._say(f"{event.uri}: {event.holder} is at it; taking what it finds")
        elif event.kind == "asked":
            # What a model is asked is a step of its own: a read page is half done then.
            self._bar.update(self._task, total=(self._bar.tasks[0].total or 0) + 1)
        elif event.kind == "answered":
            self._answered += 1
            self._bar.update(self._task, advance=1)
        elif event.kind == "notice":
            self._say(event.text)
        elif event.kind == "done":
            self._cached += event.cached
            for outcome in event.outcomes:
                self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        if isinstance(outcome, Failure):
            self._failures.append(outcome)
            error = outcome.error
            where = f", page {error.page}" if error.page else ""
            hint = f" ({error.hint})" if error.hint else ""
            self._say(f"failed: {outcome.document.uri}{where}: {error.stage}: {error.message}{hint}")
            return
        self._records += 1
        if not outcome.complete:
            self._incomplete.append(outcome)
            told = "; ".join(f"page {i.page}: {i.message}" if i.page else i.message for i in outcome.issues)
            self._say(f"incomplete: {outcome.document.uri}: {told}")
        self._statuses.update(field.status for field in outcome.fields)

    def _say(self, message: str) -> None:
        if not self._quiet:
            self._console.print(message, markup=False, soft_wrap=True)

    def print_summary(self, note: str | None) -> None:
        """What came of the run, pages and seconds; and which schema was chosen, if docai chose."""
        if self._quiet:
            return
        seconds = time.monotonic() - self._started
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="bold")
        table.add_column()
        for name, told in self._results():
            table.add_row(name, told)
        again = f", {self._pages_kept} kept from before" if self._pages_kept else ""
        asked = f", the model answered about {self._answered}" if self._answered else ""
        table.add_row("pages", f"{self._pages_read} read{again}{asked}")
        table.add_row("time", f"{seconds:.1f} s{self._rate(seconds)}")
        self._console.print(table)
        if note:
            self._console.print(note, markup=False, soft_wrap=True)

    def _results(self) -> Iterator[tuple[str, str]]:
        """Lines of the summary: records, and fields by status."""
        kept = f", {self._cached} known from before" if self._cached else ""
        yield "records", f"{self._records}{kept}"
        if self._failures or self._incomplete:
            yield "failed", f"{len(self._failures)}, incomplete {len(self._incomplete)}"
        fields = ", ".join(f"{self._statuses[s]} {s}" for s in STATUS_ORDER if self._statuses[s])
        yield "fields", fields or "none"

    def _rate(self, seconds: float) -> str:
        return f" ({self._pages_read / seconds:.1f} pages/s)" if self._pages_read else ""
