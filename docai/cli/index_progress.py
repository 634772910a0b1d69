"""Progress of indexing, on standard error: the same bar, another summary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

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

    def _results(self) -> Iterator[tuple[str, str]]:
        """Lines of the summary: documents."""
        known = f", {self._cached} known from before" if self._cached else ""
        yield "indexed", f"{self._indexed}{known}"
        if self._failures or self._gaps:
            yield "failed", f"{len(self._failures)}, incomplete {self._gaps}"

    def _rate(self, seconds: float) -> str:
        """Not of pages alone: most of the time is the vectors'."""
        return ""
