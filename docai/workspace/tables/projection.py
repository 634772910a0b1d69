"""The tables' database: what it holds of the records, and bringing it up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from docai.errors import ConfigError
from docai.types import ColumnKind, Record
from docai.workspace.database import BUSY_TIMEOUT_S, translated
from docai.workspace.outcomes import CurrentRecord
from docai.workspace.tables.columns import RecordRows, field_rows, make_rows, table_name
from docai.workspace.tables.copies import Sketched, find_copies, sketch_text
from docai.workspace.tables.families import Family, find_families, since

DATABASE = "tables.db"
VERSION = 1
"""Goes up when the tables would hold other things; others are made anew."""

_TABLES = """
CREATE TABLE records (
  record_id INTEGER PRIMARY KEY, document_id TEXT, uri TEXT, uris TEXT, schema TEXT, pages TEXT,
  page_count INTEGER, complete INTEGER, copies INTEGER, since TEXT, family_id INTEGER, role TEXT,
  duplicate_of INTEGER, sketch BLOB, slim TEXT
);
CREATE TABLE fields (
  record_id INTEGER, path TEXT, column_name TEXT, value, unit TEXT, status TEXT, reason TEXT,
  confidence REAL, page INTEGER
);
CREATE INDEX fields_by_record ON fields (record_id);
CREATE TABLE columns (
  schema TEXT, list TEXT, column_name TEXT, path TEXT, kind TEXT, PRIMARY KEY (schema, list, column_name)
) WITHOUT ROWID;
"""


class Projection:
    """Keeps the tables in step with the records. Another process may do so at the same time."""

    def __init__(
        self,
        path: Path,
        list_current: Callable[[], Sequence[CurrentRecord]],
        load: Callable[[Sequence[int]], Iterable[tuple[int, Record]]],
        words_of: Callable[[Record], Iterable[str]],
    ) -> None:
        """`list_current`: what the files have now. `load`: records by id. `words_of`: a record's text."""
        self.path = path
        self._list_current = list_current
        self._load = load
        self._words_of = words_of

    def refresh(self) -> None:
        """Bring the tables up to date; does nothing but compare when no record is new or gone."""
        try:
            with self._connected() as db:
                self._refresh(db)
        except ConfigError as error:
            if error.code != "workspace-damaged":
                raise
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            with self._connected() as db:
                self._refresh(db)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with (
            translated(self.path),
            closing(sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as db,
        ):
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA journal_mode = WAL")
            # Losing the last refresh to a power cut costs a refresh.
            db.execute("PRAGMA synchronous = NORMAL")
            yield db

    def _refresh(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        try:
            if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                _recreate(db)
            current = {item.record_id: item for item in self._list_current()}
            known = {
                row["record_id"]: row["uris"] for row in db.execute("SELECT record_id, uris FROM records")
            }
            gone = known.keys() - current.keys()
            new = sorted(current.keys() - known.keys())
            moved = [i for i in current.keys() & known.keys() if known[i] != _join(current[i].uris)]
            self._remove(db, gone)
            for record_id, record in self._load(new):
                self._add(db, current[record_id], record)
            for record_id in moved:
                _set_uris(db, current[record_id])
            if gone or new:
                _relate(db)
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    def _remove(self, db: sqlite3.Connection, record_ids: Iterable[int]) -> None:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 't!_%' ESCAPE '!'"
        tables = [row[0] for row in db.execute(sql)]
        ids = [(i,) for i in record_ids]
        for table in ("records", "fields", *tables) if ids else ():
            db.executemany(f'DELETE FROM "{table}" WHERE record_id = ?', ids)

    def _add(self, db: sqlite3.Connection, current: CurrentRecord, record: Record) -> None:
        segment = record.segment
        first, last = (segment.first, segment.last) if segment else (1, record.document.page_count)
        slim = record.model_copy(update={"fields": (), "issues": ()}).model_dump_json()
        db.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'original', NULL, ?, ?)",
            (
                current.record_id,
                record.document.id,
                current.uris[0],
                _join(current.uris),
                record.schema_ref.id,
                f"{first}-{last}",
                last - first + 1,
                int(record.complete),
                len(current.uris),
                since(record),
                current.record_id,
                sketch_text(self._words_of(record)).tobytes(),
                slim,
            ),
        )
        db.executemany(
            "INSERT INTO fields VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(current.record_id, *row) for row in field_rows(record)],
        )
        _add_rows(db, current.record_id, record.schema_ref.id, make_rows(record))


def _recreate(db: sqlite3.Connection) -> None:
    for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        db.execute(f'DROP TABLE "{row[0]}"')
    for statement in _TABLES.split(";"):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")


def _join(uris: Sequence[str]) -> str:
    return "\n".join(uris)


def _set_uris(db: sqlite3.Connection, current: CurrentRecord) -> None:
    db.execute(
        "UPDATE records SET uri = ?, uris = ?, copies = ? WHERE record_id = ?",
        (current.uris[0], _join(current.uris), len(current.uris), current.record_id),
    )


def stored_table(schema_id: str, group: str = "") -> str:
    """The table that holds a schema's rows, or those of one of its lists."""
    return f"t_{table_name(schema_id)}" + (f"__{group}" if group else "")


def _add_rows(db: sqlite3.Connection, record_id: int, schema_id: str, rows: RecordRows) -> None:
    for (group, column), path in rows.paths.items():
        db.execute(
            "INSERT INTO columns VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET kind = excluded.kind "
            "WHERE excluded.kind IS NOT NULL AND kind IS NOT 'text'",
            (schema_id, group, column, path, rows.kinds.get((group, column))),
        )
    _insert(db, stored_table(schema_id), {"record_id": record_id, **rows.main})
    for group, items in rows.lists.items():
        table = stored_table(schema_id, group)
        _ensure(db, table, ["record_id", "position"])
        for position, item in enumerate(items):
            _insert(db, table, {"record_id": record_id, "position": position, **item})


def _insert(db: sqlite3.Connection, table: str, row: Mapping[str, object]) -> None:
    _ensure(db, table, list(row))
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    db.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(row.values()))


def _ensure(db: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
    """The table with these columns; records of one schema may differ in which they have."""
    have = {row["name"] for row in db.execute(f'PRAGMA table_info("{table}")')}
    if not have:
        db.execute(f'CREATE TABLE "{table}" (record_id INTEGER)')
        db.execute(f'CREATE INDEX "{table}_by_record" ON "{table}" (record_id)')
        have = {"record_id"}
    for column in columns:
        if column not in have:
            db.execute(f'ALTER TABLE "{table}" ADD COLUMN "{column}"')


def _relate(db: sqlite3.Connection) -> None:
    """Families and copies, over all records: a new one may change what an old one belongs to."""
    items = [
        Sketched(
            row["record_id"],
            Record.model_validate_json(row["slim"]),
            np.frombuffer(row["sketch"], np.uint32),
            row["page_count"],
        )
        for row in db.execute("SELECT record_id, slim, sketch, page_count FROM records ORDER BY record_id")
    ]
    copies = find_copies(items)
    families = find_families({i.record_id: i.record for i in items if i.record_id not in copies})
    db.executemany(
        "UPDATE records SET duplicate_of = ?, family_id = ?, role = ? WHERE record_id = ?",
        [(copies.get(i.record_id), *_family(i.record_id, copies, families), i.record_id) for i in items],
    )


def _family(record_id: int, copies: Mapping[int, int], families: Mapping[int, Family]) -> tuple[int, str]:
    family = families[copies.get(record_id, record_id)]
    return family.root_id, family.role


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column of a schema's table, or of one of its lists' (`list` is then not empty)."""

    schema: str
    list: str
    name: str
    path: str
    kind: ColumnKind | None


def describe_columns(db: sqlite3.Connection) -> list[StoredColumn]:
    """Every column there is."""
    sql = "SELECT schema, list, column_name, path, kind FROM columns"
    return [StoredColumn(*row) for row in db.execute(sql)]
