"""Which outcome a listed item has, for millions of them: a table on disk, asked a thousand at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from docai.batch.store.layout import digest_item
from docai.batch.store.ledger import Entry
from docai.types import SourceItem

_ROWS = 1000
_ASKED = 500


class NewestEntries:
    """Lines of a ledger by item, of several attempts the highest. `path`: a file that may be thrown away."""

    def __init__(self, path: Path, entries: Iterable[Entry]) -> None:
        self._table = sqlite3.connect(path, isolation_level=None)
        self._table.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE newest (digest BLOB PRIMARY KEY, uri TEXT, size INTEGER, version TEXT,"
            " outcome TEXT, attempt INTEGER) WITHOUT ROWID"
        )
        rows = (_make_row(entry) for entry in entries)
        while batch := list(islice(rows, _ROWS)):
            self._table.execute("BEGIN")
            self._table.executemany(
                "INSERT INTO newest VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET"
                " outcome = excluded.outcome, attempt = excluded.attempt"
                " WHERE excluded.attempt >= newest.attempt",
                batch,
            )
            self._table.execute("COMMIT")

    def close(self) -> None:
        self._table.close()

    def find(self, items: Iterable[SourceItem]) -> Iterator[tuple[SourceItem, str | None]]:
        """Items with the keys of their outcomes, None for one that has none yet; in the order given."""
        listing = iter(items)
        while batch := list(islice(listing, _ASKED)):
            known = self._look_up([digest_item(item) for item in batch])
            for item in batch:
                yield item, known.get(digest_item(item))

    def all(self) -> Iterator[tuple[SourceItem, str | None]]:
        """Every item that the ledger has an outcome of, also what is no longer listed."""
        for uri, size, version, outcome in self._table.execute(
            "SELECT uri, size, version, outcome FROM newest ORDER BY uri"
        ):
            yield SourceItem(_unpack(uri), size, _unpack(version)), outcome

    def _look_up(self, digests: Sequence[bytes]) -> dict[bytes, str]:
        marks = ",".join("?" * len(digests))
        query = f"SELECT digest, outcome FROM newest WHERE digest IN ({marks})"
        return dict(self._table.execute(query, digests))


def _make_row(entry: Entry) -> tuple[bytes, bytes, int, bytes, str, int]:
    uri, version = _pack(entry.uri), _pack(entry.version)
    return digest_item(entry.item), uri, entry.size, version, entry.outcome, entry.attempt


def _pack(text: str) -> bytes:
    """Names of files may hold what UTF-8 does not."""
    return text.encode("utf-8", "surrogatepass")


def _unpack(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
