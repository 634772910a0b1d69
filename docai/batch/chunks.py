"""A listing in small parts that every job cuts alike, and the feed of what is still to be done."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from docai.batch.store.known import KnownItems, Standing
from docai.batch.store.layout import digest_item
from docai.types import SourceItem

MOST_ITEMS = 64
_CUT_MASK = 0x0F
"""One item in 16 begins a chunk, by its own digest: an added key moves no border but its own chunk's."""
POLL_S = 1.0


@dataclass(slots=True)
class Chunk:
    """Consecutive items of the listing. `id`: hex of its first item's digest."""

    id: str
    items: list[SourceItem] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)


class TakesClaims(Protocol):
    def take(self, chunk: str) -> bool: ...


class ItemFeed(Protocol):
    """Hands out what is to be done. `next` is called from one thread at a time; `stop` ends one that waits.

    `listed`: items seen so far; `unchanged`: those that were done before, by how they ended.
    """

    listed: int
    listed_all: bool
    unchanged: Counter[Standing]

    def next(self) -> list[SourceItem] | None:
        """The next items, none for the moment, or None at the end."""
        ...

    def stop(self) -> None: ...


def cut_chunks(items: Iterable[SourceItem]) -> Iterator[Chunk]:
    """The listing in parts of 16 items on average, 64 at most."""
    chunk: Chunk | None = None
    for item in items:
        digest = digest_item(item)
        if chunk is None or not digest[0] & _CUT_MASK or len(chunk.items) >= MOST_ITEMS:
            if chunk is not None:
                yield chunk
            chunk = Chunk(digest.hex())
        chunk.items.append(item)
        chunk.digests.append(digest)
    if chunk is not None:
        yield chunk


class Feed:
    """Satisfies `ItemFeed`: items that have no outcome and that no other run works at.

    `refresh` brings `known` up to date with what other runs did; `others` says whether there are any.
    """

    def __init__(
        self,
        listing: Iterable[SourceItem],
        known: KnownItems,
        claims: TakesClaims,
        *,
        refresh: Callable[[], None],
        others: Callable[[], bool],
    ) -> None:
        self._chunks = cut_chunks(listing)
        self._known = known
        self._claims = claims
        self._refresh = refresh
        self._others = others
        self._pending: list[Chunk] = []
        self._stopped = threading.Event()
        self.listed = 0
        self.listed_all = False
        self.unchanged: Counter[Standing] = Counter()

    def next(self) -> list[SourceItem] | None:
        """The next items, none for the moment (other runs are at what is left), or None at the end."""
        for chunk in self._chunks:
            self.listed += len(chunk.items)
            if not self._drop_done(chunk):
                continue
            if items := self._claim(chunk):
                return items
            if chunk.items:
                self._pending.append(chunk)
            if self._stopped.is_set():
                return None
        self.listed_all = True
        return self._revisit()

    def stop(self) -> None:
        """End a `next` that waits."""
        self._stopped.set()

    def _revisit(self) -> list[SourceItem] | None:
        """What other runs had when the listing came by: they did it, or died."""
        if not self._pending or self._stopped.is_set():
            return None
        self._refresh()
        self._pending = [chunk for chunk in self._pending if self._drop_done(chunk)]
        for chunk in list(self._pending):
            if items := self._claim(chunk):
                self._pending.remove(chunk)
                return items
        if self._pending:
            self._stopped.wait(POLL_S)
        return [] if self._pending else None

    def _claim(self, chunk: Chunk) -> list[SourceItem]:
        """The chunk's items if it is ours now; what another run has done meanwhile is left out."""
        if not self._claims.take(chunk.id):
            return []
        if self._others():
            self._refresh()
            self._drop_done(chunk)
        return chunk.items

    def _drop_done(self, chunk: Chunk) -> bool:
        """Leave out what has an outcome; whether something is left."""
        standings = self._known.find(chunk.digests)
        todo = [i for i, standing in enumerate(standings) if standing is None]
        self.unchanged.update(standing for standing in standings if standing is not None)
        if len(todo) < len(chunk.items):
            chunk.items = [chunk.items[i] for i in todo]
            chunk.digests = [chunk.digests[i] for i in todo]
        return bool(todo)
