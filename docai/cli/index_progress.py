"""Progress of indexing, on standard error: the same bar, another summary."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.table import Table

from docai.cli.progress import Progress

if TYPE_CHECKING:
    from docai.batch.events import Event


class IndexProgress(Progress):
    """Counts documents instead of records; names those with pages that could not be read."""

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__(quiet=quiet)
        self._indexed = 0
        self._gaps = 0

    @property
    def exit_code(self) -> int:
        """0 when every page of every document can be asked about, else 1."""
        return 1 if self._failures or self._gaps else 0

    def on_event(self, event: Event) -> None:
        if event.kind == "indexed":
            self._indexed += 1
            if event.unread:
                self._gaps += 1
                pages = ", ".join(map(str, event.unread))
                self._say(f"incomplete: {event.uri}: pages that could not be read: {pages}")
        elif event.kind == "notice" and event.text.startswith("not indexed"):
            self._gaps += 1
        super().on_event(event)

    def print_summary(self, note: str | None) -> None:
        """Documents, pages, seconds."""
        if self._quiet:
            return
        seconds = time.monotonic() - self._started
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="bold")
        table.add_column()
        known = f", {self._cached} known from before" if self._cached else ""
        table.add_row("indexed", f"{self._indexed}{known}")
        if self._failures or self._gaps:
            table.add_row("failed", f"{len(self._failures)}, incomplete {self._gaps}")
        kept = f", {self._pages_kept} kept from before" if self._pages_kept else ""
        table.add_row("pages", f"{self._pages_read} read{kept}")
        table.add_row("time", f"{seconds:.1f} s")
        self._console.print(table)
        if note:
            self._console.print(note, markup=False, soft_wrap=True)
