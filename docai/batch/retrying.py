"""Which documents `docai batch retry` tries again."""

from __future__ import annotations

from collections.abc import Collection

from docai.batch.memory import BatchMemory
from docai.batch.store.ledger import Entry
from docai.types import SourceItem


def choose_entries(
    memory: BatchMemory, *, codes: Collection[str] = (), incomplete: bool = False
) -> dict[SourceItem, int]:
    """Items whose newest outcome is a failure (with one of `codes`, if any are named) and, if `incomplete`,
    those whose record has gaps; each with the number of its next attempt. For a memory that has begun and was
    not refreshed yet. Raises `ServiceError`.
    """
    newest: dict[SourceItem, Entry] = {}
    for entry in memory.reader.entries():
        known = newest.get(entry.item)
        if known is None:
            if entry.state != "record" or entry.attempt:
                newest[entry.item] = entry
        elif known.attempt < entry.attempt:
            newest[entry.item] = entry
    return {
        item: entry.attempt + 1
        for item, entry in newest.items()
        if (entry.state == "failed" and (not codes or entry.code in codes))
        or (entry.state == "incomplete" and incomplete)
    }
