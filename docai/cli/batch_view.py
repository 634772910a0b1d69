"""What `docai batch` shows: progress, the counts at the end, and a job's status."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from docai.cli.pace_view import describe_causes, describe_cost, describe_pace, describe_time
from docai.types import Failure

if TYPE_CHECKING:
    from docai.batch.events import Event
    from docai.batch.tally import Tally

_NAMED = 200
"""Failures that are named one by one on standard error; of more, the count by cause tells."""


class BatchProgress:
    """One line that is kept up to date on a terminal; names failures, and ends with counts."""

    def __init__(self, tally: Tally, *, quiet: bool = False) -> None:
        self._tally = tally
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(console=self._console, transient=True, auto_refresh=False)
        self._shows = not quiet and sys.stderr.isatty()
        self._named = 0
        self._shown_s = 0.0
        self._started = time.monotonic()

    def __enter__(self) -> BatchProgress:
        if self._shows:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shows:
            self._live.stop()

    def on_event(self, event: Event) -> None:
        """Take one event of the job."""
        if event.kind == "notice":
            self._say(event.text)
        elif event.kind == "postponed":
            self._name(f"to be tried again: {event.text}")
        elif event.kind == "done":
            for outcome in event.outcomes:
                if isinstance(outcome, Failure):
                    error = outcome.error
                    hint = f" ({error.hint})" if error.hint else ""
                    self._name(f"failed: {event.uri}: {error.stage}: {error.message}{hint}")
                elif not outcome.complete:
                    told = "; ".join(f"page {i.page}: {i.message}" for i in outcome.issues)
                    self._name(f"incomplete: {event.uri}: {told}")
        if self._shows and time.monotonic() - self._shown_s > 0.2:
            self._shown_s = time.monotonic()
            self._live.update(Text(self._line()), refresh=True)

    def _line(self) -> str:
        tally = self._tally
        left = f"{tally.left} left" if tally.listed_all else "listing goes on"
        failed = tally.count_state("failed") + tally.postponed.total()
        causes = describe_causes({**tally.failed, **tally.postponed})
        pace = f"; {describe_pace(tally.reading.as_json())}" if tally.reading else ""
        return (
            f"{tally.count_state('record')} records, {tally.count_state('incomplete')} incomplete, "
            f"{failed} failed{causes}, {left}{pace}"
        )

    def _name(self, message: str) -> None:
        self._named += 1
        if self._named <= _NAMED:
            self._say(message)
        elif self._named == _NAMED + 1:
            self._say("further failures are counted, not named: docai batch status tells their causes")

    def _say(self, message: str) -> None:
        if not self._quiet:
            self._console.print(message, markup=False, soft_wrap=True)

    def print_summary(self) -> None:
        """Counts that add up to the listing."""
        if self._quiet:
            return
        seconds = time.monotonic() - self._started
        tally = self._tally
        table = make_table()
        table.add_row("listed", str(tally.listed))
        _add_states(table, {**tally.describe()})
        again = f", {tally.pages_kept} kept from before" if tally.pages_kept else ""
        asked = f", the model answered {tally.answers} times" if tally.answers else ""
        table.add_row("pages", f"{tally.pages_read} read{again}{asked}")
        rate = f" ({tally.pages_read / seconds:.1f} pages/s)" if tally.pages_read else ""
        table.add_row("time", f"{describe_time(seconds)}{rate}")
        if tally.prompt_tokens:
            table.add_row("tokens", f"{tally.prompt_tokens:,} read, {tally.reply_tokens:,} written")
        cost = describe_cost(tally.reading.as_json()) if tally.reading else ""
        if cost:
            table.add_row("cost", cost.removesuffix(" so far"))
        self._console.print(table)


def print_status(status: Mapping[str, Any]) -> None:
    """A job's status as a table on standard output."""
    table = make_table()
    for name in ("source", "schema", "engine", "recipe", "created"):
        table.add_row(name, str(status[name]))
    _add_states(table, status)
    table.add_row("pages", str(status["pages"]))
    for run in status["running"]:
        left = f"{run.get('left', '?')} left" if run.get("listed_all") else "listing goes on"
        pace = f"; {describe_pace(run['pace'])}" if run.get("pace") else ""
        table.add_row("running", f"{run['run']}: {left}, {run.get('pages_read', 0)} pages read{pace}")
    if not status["running"]:
        table.add_row("running", "nothing")
    Console(highlight=False).print(table)


def make_table() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    return table


def _add_states(table: Table, counts: Mapping[str, Any]) -> None:
    notes = [
        f"{counts[name]} {told}"
        for name, told in (("shared", "by way of another key"), ("unchanged", "done before"))
        if counts.get(name)
    ]
    table.add_row("records", str(counts["records"]))
    table.add_row("incomplete", str(counts["incomplete"]))
    causes = ", ".join(f"{code} {n}" for code, n in sorted(counts["failed"].items()))
    table.add_row("failed", f"{sum(counts['failed'].values())}{f': {causes}' if causes else ''}")
    if counts.get("postponed"):
        causes = ", ".join(f"{code} {n}" for code, n in sorted(counts["postponed"].items()))
        table.add_row("to try again", f"{sum(counts['postponed'].values())}: {causes}")
    if notes:
        table.add_row("of these", ", ".join(notes))
