"""Outcomes by key, written once; and the records that the files in the workspace have now."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docai.types import Outcome, Record, under_uri
from docai.workspace.codec import decode_outcome, encode_outcome
from docai.workspace.database import Database, now

_BATCH = 100


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """An outcome under one of its uris. `retired`: the file is no longer what gave it, or it was redone."""

    outcome: Outcome
    key: str
    created_at: str
    run_id: int | None
    retired: bool


@dataclass(frozen=True, slots=True)
class CurrentRecord:
    """A record that a file has now, and every uri that holds the same bytes, in order."""

    record_id: int
    uris: tuple[str, ...]


class MemoryOutcomeStore:
    """The `OutcomeStore` for tests and for runs that keep nothing."""

    def __init__(self) -> None:
        self._outcomes: dict[str, list[Outcome]] = {}

    def create(self, key: str, outcomes: Sequence[Outcome]) -> bool:
        kept = list(outcomes)  # a new object each time, which `setdefault` gives back if this call was first
        return self._outcomes.setdefault(key, kept) is kept

    def get(self, key: str) -> Sequence[Outcome] | None:
        return self._outcomes.get(key)

    def exists(self, key: str) -> bool:
        return key in self._outcomes


class SqliteOutcomeStore:
    """The `OutcomeStore` of a workspace."""

    def __init__(self, database: Database, run_id: Callable[[], int | None] = lambda: None) -> None:
        self._database = database
        self._run_id = run_id

    def create(self, key: str, outcomes: Sequence[Outcome]) -> bool:
        """Write once, whole or not at all; False if another call or process has written this key."""
        with self._database.transaction() as db:
            if db.execute("SELECT 1 FROM outcomes WHERE key = ? AND replaced_at IS NULL", (key,)).fetchone():
                return False
            self._insert(db, key, outcomes)
        return True

    def replace(self, key: str, outcomes: Sequence[Outcome]) -> None:
        """Write in place of what the key holds, which stays as history (`--force`)."""
        with self._database.transaction() as db:
            db.execute(
                "UPDATE outcomes SET replaced_at = ? WHERE key = ? AND replaced_at IS NULL", (now(), key)
            )
            self._insert(db, key, outcomes)

    def get(self, key: str, uri: str | None = None) -> Sequence[Outcome] | None:
        """What a key holds, under the uri that asks (the same bytes may lie under several).

        Work that is asked for again speaks for its document again: back from an edited schema or another
        engine, `records` lists this outcome and not the one in between.
        """
        rows = self._database.select(
            "SELECT records.body, outcomes.superseded_at FROM outcomes "
            "JOIN records ON records.outcome_id = outcomes.id "
            "WHERE outcomes.key = ? AND outcomes.replaced_at IS NULL ORDER BY records.position",
            (key,),
        )
        if not rows:
            return None
        outcomes = [decode_outcome(row["body"]) for row in rows]
        if rows[0]["superseded_at"] is not None:
            self._revive(key, outcomes)
        return tuple(outcomes if uri is None else [under_uri(outcome, uri) for outcome in outcomes])

    def exists(self, key: str) -> bool:
        sql = "SELECT 1 FROM outcomes WHERE key = ? AND replaced_at IS NULL"
        return bool(self._database.select(sql, (key,)))

    def records(
        self,
        document: str | None = None,
        *,
        document_id: str | None = None,
        schema_id: str | None = None,
        include_retired: bool = False,
    ) -> Iterator[StoredOutcome]:
        """Outcomes of the files as they are now, one for each uri, by uri.

        `document`: the start of a document id (with or without `sha256:`), a uri, or the end of one from a
        `/` on (a file name); looks at every outcome. `document_id`: a whole id, which an index finds.
        `include_retired` adds the history: what edited or deleted files gave, what was
        redone, other engines' outcomes.
        """
        where, parameters = _where(document, schema_id, include_retired, document_id)
        sql = f"{_LISTING} {where} ORDER BY 2, outcomes.id, records.position"
        rows = self._database.select(sql, tuple(parameters))
        for start in range(0, len(rows), _BATCH):
            yield from self._load(rows[start : start + _BATCH])

    def list_current(self) -> list[CurrentRecord]:
        """Ids of the records that the files have now (no failures among them), without reading them."""
        where, parameters = _where(None, None, False)
        sql = f"{_LISTING} {where} AND outcomes.schema_id IS NOT NULL ORDER BY 2"
        uris: dict[int, dict[str, None]] = {}
        for row in self._database.select(sql, tuple(parameters)):
            uris.setdefault(row["record_id"], {})[row["uri"]] = None
        return [CurrentRecord(record_id, tuple(names)) for record_id, names in uris.items()]

    def list_schemas(self) -> list[tuple[str, str]]:
        """Id and hash of each schema that a current record was made with; of several hashes the newest."""
        where, parameters = _where(None, None, False)
        sql = (
            f"SELECT l.schema_id, max(l.record_id) AS newest FROM ({_LISTING} {where} AND "
            "outcomes.schema_id IS NOT NULL) l GROUP BY 1"
        )
        rows = self._database.select(sql, tuple(parameters))
        return [
            (r.schema_ref.id, r.schema_ref.hash) for _, r in self.load_records([x["newest"] for x in rows])
        ]

    def load_records(self, record_ids: Sequence[int]) -> Iterator[tuple[int, Record]]:
        """Records by id, in the order asked for; failures are left out."""
        for start in range(0, len(record_ids), _BATCH):
            batch = record_ids[start : start + _BATCH]
            marks = ",".join("?" * len(batch))
            rows = self._database.select(f"SELECT id, body FROM records WHERE id IN ({marks})", tuple(batch))
            bodies = {row["id"]: row["body"] for row in rows}
            for record_id in batch:
                outcome = decode_outcome(bodies[record_id]) if record_id in bodies else None
                if isinstance(outcome, Record):
                    yield record_id, outcome

    def _load(self, rows: Sequence[sqlite3.Row]) -> Iterator[StoredOutcome]:
        marks = ",".join("?" * len(rows))
        bodies = {
            row["id"]: row["body"]
            for row in self._database.select(
                f"SELECT id, body FROM records WHERE id IN ({marks})", tuple(row["record_id"] for row in rows)
            )
        }
        for row in rows:
            outcome = under_uri(decode_outcome(bodies[row["record_id"]]), row["uri"])
            yield StoredOutcome(outcome, row["key"], row["created_at"], row["run_id"], bool(row["retired"]))

    def _insert(self, db: sqlite3.Connection, key: str, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            raise ValueError("a document ends as one outcome at least")
        at, first = now(), outcomes[0].document
        _supersede(db, at, outcomes)
        if first.id is None:
            # The file cannot be opened, so it does not hold the bytes that gave its earlier records.
            db.execute(
                "UPDATE items SET retired_at = ? WHERE uri = ? AND retired_at IS NULL", (at, first.uri)
            )
        cursor = db.execute(
            "INSERT INTO outcomes (key, document_id, schema_id, uri, run_id, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (key, first.id, _schema_id(outcomes), first.uri, self._run_id(), at),
        )
        db.executemany(
            "INSERT INTO records (outcome_id, position, body) VALUES (?, ?, ?)",
            [(cursor.lastrowid, i, encode_outcome(outcome)) for i, outcome in enumerate(outcomes)],
        )

    def _revive(self, key: str, outcomes: Sequence[Outcome]) -> None:
        with self._database.transaction() as db:
            _supersede(db, now(), outcomes)
            db.execute(
                "UPDATE outcomes SET superseded_at = NULL WHERE key = ? AND replaced_at IS NULL", (key,)
            )


def _schema_id(outcomes: Sequence[Outcome]) -> str | None:
    return next((o.schema_ref.id for o in outcomes if isinstance(o, Record)), None)


def _supersede(db: sqlite3.Connection, at: str, outcomes: Sequence[Outcome]) -> None:
    """The newest outcome speaks for a document: a record for those of its schema and for all failures, a
    failure for failures alone."""
    first = outcomes[0].document
    db.execute(
        "UPDATE outcomes SET superseded_at = ? WHERE superseded_at IS NULL AND ("
        " (document_id = ? AND (schema_id IS NULL OR schema_id = ?)) OR (document_id IS NULL AND uri = ?))",
        (at, first.id, _schema_id(outcomes), first.uri),
    )


# An outcome shows once under every uri that holds its document; one whose bytes no item holds (never
# listed, or unreadable) shows under its own.
_LISTING = """
  SELECT records.id AS record_id, COALESCE(items.uri, outcomes.uri) AS uri, outcomes.key AS key,
    outcomes.schema_id AS schema_id,
    outcomes.created_at AS created_at, outcomes.run_id AS run_id,
    (items.retired_at IS NOT NULL OR outcomes.replaced_at IS NOT NULL OR outcomes.superseded_at IS NOT NULL)
      AS retired
  FROM outcomes JOIN records ON records.outcome_id = outcomes.id
    LEFT JOIN items ON items.document_id = outcomes.document_id
"""


def _where(
    document: str | None, schema_id: str | None, include_retired: bool, document_id: str | None = None
) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    parameters: list[Any] = []
    if not include_retired:
        conditions.append(
            "items.retired_at IS NULL AND outcomes.replaced_at IS NULL AND outcomes.superseded_at IS NULL"
        )
    if schema_id is not None:
        conditions.append("outcomes.schema_id = ?")
        parameters.append(schema_id)
    if document_id is not None:
        conditions.append("outcomes.document_id = ?")
        parameters.append(document_id)
    if document is not None:
        uri = "COALESCE(items.uri, outcomes.uri)"
        conditions.append(
            f"({uri} = ? OR substr({uri}, -length(?)) = ? OR "
            "(length(?) >= 4 AND (outcomes.document_id LIKE ? OR outcomes.document_id LIKE ?)))"
        )
        prefix = document if set(document) <= set("sha256:0123456789abcdefABCDEF") else "-"
        tail = "/" + document
        parameters += [document, tail, tail, document, f"{prefix}%", f"sha256:{prefix}%"]
    return ("WHERE " + " AND ".join(conditions) if conditions else ""), parameters
