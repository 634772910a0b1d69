"""A batch job's memory as one thing: what it keeps, under one recipe and one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from docai.batch.store.attempts import Attempts
from docai.batch.store.beats import Beats
from docai.batch.store.claims import Claims
from docai.batch.store.kept import Codec, KeptParts, PartsInFlight
from docai.batch.store.known import KnownItems
from docai.batch.store.layout import digest_item
from docai.batch.store.ledger import Entry, LedgerReader, LedgerWriter
from docai.batch.store.outcomes import BatchOutcomes, Stored
from docai.protocols import ObjectStore
from docai.types import SourceItem


class BatchMemory:
    """Satisfies `Stores` as far as the scheduler needs one; the rest is by name."""

    def __init__(
        self,
        store: ObjectStore,
        recipe: str,
        run: str,
        codec: Codec,
        *,
        process: Mapping[str, Any],
        is_gone: Callable[[Mapping[str, Any]], bool],
        describe: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self.store = store
        self.recipe = recipe
        self.run = run
        self.known = KnownItems()
        self.reader = LedgerReader(store, recipe)
        self.writer = LedgerWriter(store, recipe, run)
        self.outcomes = BatchOutcomes(store, recipe, run)
        self.attempts = Attempts(store, recipe, run)
        self.parts = PartsInFlight(codec)
        self.kept = KeptParts(store, recipe)
        self.beats = Beats(store, recipe, run, process=process, is_gone=is_gone, describe=describe)
        self.claims = Claims(store, recipe, run, self.beats)

    def enter(self, item: SourceItem, stored: Stored, *, attempt: int, shared: bool = False) -> Entry:
        """Note which outcome an item has; `shared`: another key with the same bytes did the work."""
        entry = Entry(
            *(item.uri, item.size, item.version),
            document=stored.document,
            outcome=stored.key,
            state=stored.standing.state,
            code=stored.standing.code,
            pages=stored.pages,
            attempt=max(stored.attempt, attempt),
            shared=shared,
        )
        self.writer.add(entry)
        self.known.add(digest_item(item), entry.standing, entry.attempt)
        return entry

    def begin(self) -> None:
        """Say that this run lives, and learn what failed before. Raises `ServiceError`."""
        self.beats.start()
        self.attempts.load()

    def refresh(self) -> None:
        """Learn what earlier and other runs did."""
        self.reader.update(self.known)

    def end(self, *, tidy: bool) -> None:
        """Write the last lines. `tidy`: everything is done, so if nobody else works here, what only helped on
        the way is removed."""
        self.writer.flush()
        self.beats.look()
        self.beats.stop()
        if not self.beats.look():  # only now: of two runs that end at once, the last one finds nobody
            self.claims.clear()
            if tidy:
                self.kept.sweep()
