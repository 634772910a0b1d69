"""Passages and their vectors: the truth that every vector index is made from, and which of them it has.

A document's passages are replaced in one transaction; their vectors follow in batches, so that a killed run
repeats only what was in flight. A set of passages has a revision, which an index that took them over repeats.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from docai.types import Box, Passage, PassageKind
from docai.workspace.database import Database, now

_UNITS_PER_POINT = 100.0


@dataclass(frozen=True, slots=True)
class PassageSet:
    """A document's passages, without them. `key`: what they depend on beside the bytes (reading, how passages
    are made). `context`: title and parties. `unread`: pages that could not be read. `count`: passages.
    """

    document_id: str
    revision: int
    key: str
    context: str
    page_count: int
    unread: tuple[int, ...]
    count: int


class PassageStore:
    """Passages of documents and their vectors, by the fingerprint of the model that made those."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_passages(
        self,
        document_id: str,
        key: str,
        passages: Sequence[Passage],
        *,
        page_count: int,
        unread: Sequence[int] = (),
    ) -> PassageSet:
        """Put these in place of what the document has, at once. The same passages again change nothing:
        they keep their revision and their vectors."""
        rows = [_to_row(passage) for passage in passages]
        context = next((p.context for p in passages if p.context), "")
        facts = (key, page_count, json.dumps(sorted(unread)))
        digest = hashlib.sha256(repr((facts, [p.context for p in passages], rows)).encode()).hexdigest()
        with self._database.transaction() as db:
            known = db.execute(
                "SELECT digest FROM passage_sets WHERE document_id = ?", (document_id,)
            ).fetchone()
            if known is None or known["digest"] != digest:
                _forget(db, document_id)
                revision = db.execute("SELECT value + 1 FROM counters WHERE name = 'revision'").fetchone()[0]
                db.execute("UPDATE counters SET value = ? WHERE name = 'revision'", (revision,))
                db.execute(
                    "INSERT INTO passage_sets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (document_id, revision, digest, facts[0], context, facts[1], facts[2], len(rows), now()),
                )
                db.executemany("INSERT INTO passages VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        found = self.get_set(document_id)
        assert found is not None
        return found

    def get_set(self, document_id: str) -> PassageSet | None:
        sql = "SELECT * FROM passage_sets WHERE document_id = ?"
        for row in self._database.select(sql, (document_id,)):
            return _to_set(row)
        return None

    def list_sets(self) -> list[PassageSet]:
        """Those of documents that a file holds now, in the order in which they were made."""
        sql = f"SELECT * FROM passage_sets WHERE document_id IN ({CURRENT}) ORDER BY revision"
        return [_to_set(row) for row in self._database.select(sql)]

    def get_passages(self, document_id: str, first: int = 0, count: int | None = None) -> list[Passage]:
        """Passages in reading order: all, or `count` from the ordinal `first`."""
        last = -1 if count is None else count
        rows = self._database.select(
            "SELECT p.*, s.context FROM passages p JOIN passage_sets s ON s.document_id = p.document_id "
            "WHERE p.document_id = ? AND p.ordinal >= ? ORDER BY p.ordinal LIMIT ?",
            (document_id, first, last),
        )
        return [_from_row(row) for row in rows]

    def put_vectors(
        self, document_id: str, revision: int, fingerprint: str, first: int, vectors: NDArray[np.float32]
    ) -> bool:
        """Keep vectors of the passages from ordinal `first`, as float16. False if the document has other
        passages by now."""
        body = vectors.astype("<f2").tobytes()
        with self._database.transaction() as db:
            known = db.execute(
                "SELECT revision FROM passage_sets WHERE document_id = ?", (document_id,)
            ).fetchone()
            if known is None or known["revision"] != revision:
                return False
            db.execute(
                "INSERT OR IGNORE INTO vectors VALUES (NULL, ?, ?, ?, ?, ?)",
                (document_id, fingerprint, first, len(vectors), body),
            )
        return True

    def get_vectors(self, document_id: str, fingerprint: str, dimension: int) -> NDArray[np.float32] | None:
        """(passages, dimension) of length 1, in reading order; None unless every passage has its vector."""
        found = self.get_set(document_id)
        if found is None:
            return None
        vectors = np.zeros((found.count, dimension), dtype=np.float32)
        filled = 0
        for row in self._list_batches(document_id, fingerprint):
            batch = np.frombuffer(row["body"], dtype="<f2").reshape(row["count"], dimension)
            vectors[row["first"] : row["first"] + row["count"]] = batch
            filled += row["count"]
        if filled != found.count:
            return None
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)

    def list_missing(self, document_id: str, fingerprint: str, batch: int) -> list[tuple[int, int]]:
        """(first ordinal, count) of passages without a vector, `batch` at most in each."""
        found = self.get_set(document_id)
        if found is None:
            return []
        have = {
            ordinal
            for row in self._list_batches(document_id, fingerprint)
            for ordinal in range(row["first"], row["first"] + row["count"])
        }
        missing: list[tuple[int, int]] = []
        for ordinal in range(found.count):
            if ordinal in have:
                continue
            first, count = missing[-1] if missing else (0, 0)
            if missing and first + count == ordinal and count < batch:
                missing[-1] = (first, count + 1)
            else:
                missing.append((ordinal, 1))
        return missing

    def list_ready(self, key: str, fingerprint: str) -> frozenset[str]:
        """Documents with all passages of this key and all their vectors, and no page unread."""
        rows = self._database.select(
            f"SELECT document_id FROM ({COMPLETE}) WHERE key = ? AND unread = '[]'", (fingerprint, key)
        )
        return frozenset(row["document_id"] for row in rows)

    def forget_vectors(self, fingerprint: str | None = None) -> None:
        """Drop vectors of all models but this one (of every model, if there is none)."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM vectors WHERE fingerprint IS NOT ?", (fingerprint,))

    def forget_all(self) -> None:
        """Drop all passages, so that they are made again."""
        with self._database.transaction() as db:
            for table in ("vectors", "passages", "passage_sets", "published"):
                db.execute(f"DELETE FROM {table}")

    def _list_batches(self, document_id: str, fingerprint: str) -> Iterator[sqlite3.Row]:
        sql = 'SELECT "first", "count", body FROM vectors WHERE document_id = ? AND fingerprint = ?'
        return iter(self._database.select(sql, (document_id, fingerprint)))


# Documents that a file holds now.
CURRENT = "SELECT document_id FROM items WHERE retired_at IS NULL"
# Sets of passages of which each has its vector; takes the fingerprint.
COMPLETE = """
  SELECT s.* FROM passage_sets s LEFT JOIN (
    SELECT document_id, SUM("count") AS have FROM vectors WHERE fingerprint = ? GROUP BY document_id
  ) v ON v.document_id = s.document_id WHERE COALESCE(v.have, 0) = s."count"
"""


def _forget(db: sqlite3.Connection, document_id: str) -> None:
    for table in ("vectors", "passages", "passage_sets"):
        db.execute(f"DELETE FROM {table} WHERE document_id = ?", (document_id,))


def _to_set(row: sqlite3.Row) -> PassageSet:
    return PassageSet(
        row["document_id"],
        row["revision"],
        row["key"],
        row["context"],
        row["page_count"],
        tuple(json.loads(row["unread"])),
        row["count"],
    )


def _to_row(passage: Passage) -> tuple[object, ...]:
    """Boxes to 1/100 pt as words are kept; whether the document's context belongs to the passage."""
    boxes = np.rint(np.array(passage.boxes, dtype=np.float64).reshape(-1, 4) * _UNITS_PER_POINT)
    return (
        passage.document_id,
        passage.ordinal,
        passage.id,
        passage.page,
        passage.kind,
        passage.text,
        passage.heading,
        bool(passage.context),
        boxes.astype("<i4").tobytes(),
        passage.locator,
    )


def _from_row(row: sqlite3.Row) -> Passage:
    boxes = np.frombuffer(row["boxes"], dtype="<i4").reshape(-1, 4) / _UNITS_PER_POINT
    return Passage(
        id=row["passage_id"],
        document_id=row["document_id"],
        page=row["page"],
        ordinal=row["ordinal"],
        text=row["text"],
        boxes=tuple(Box(*box) for box in boxes.tolist()),
        heading=row["heading"],
        context=row["context"] if row["in_context"] else "",
        kind=cast(PassageKind, row["kind"]),
        locator=row["locator"],
    )
