"""SQL over the records: read only, within limits, and with the records that each row rests on."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from docai.errors import ConfigError
from docai.types import TableColumn, TableResult
from docai.workspace.tables.columns import LEADING, table_name
from docai.workspace.tables.projection import StoredColumn, describe_columns, stored_table

MAX_SQL_CHARACTERS = 20_000
MAX_ROWS = 10_000
MAX_SECONDS = 10.0
_STEPS_BETWEEN_CHECKS = 20_000
_MAX_RESULT_BYTES = 64 << 20
_READS = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, 33))
"""33 is SQLITE_RECURSIVE, which the module does not name."""
_REFUSED_FUNCTIONS = frozenset(("load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"))
_LEADING_COLUMNS = ", ".join(f"r.{name}" for name in LEADING)


class RecordQueries:
    """A read-only connection with one view a schema (copies counted once), its lists and its families."""

    def __init__(
        self, path: Path, as_of: str | None = None, document_ids: frozenset[str] | None = None
    ) -> None:
        """`as_of`: ISO date; documents that speak from a later day are left out. `document_ids`: only the
        records of these documents."""
        self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        self._db.create_aggregate("sum", 1, _make_sum)
        self._db.create_aggregate("total", 1, _make_sum)
        self.columns = _make_views(self._db, _restrict(self._db, as_of, document_ids))
        self._db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_RESULT_BYTES)
        self._db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        self._db.execute("PRAGMA query_only = ON")
        self._db.set_authorizer(_authorize)
        self.max_seconds = MAX_SECONDS

    def close(self) -> None:
        self._db.close()

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> TableResult:
        """One SELECT. A column `record_id`, or `record_ids` made by `group_concat(record_id)`, says which
        records a row rests on. Raises ConfigError `bad-sql` for anything that does not only read, is not
        valid, or takes longer than `max_seconds`."""
        if len(sql) > MAX_SQL_CHARACTERS:
            raise _refused(f"the query has {len(sql)} characters", f"at most {MAX_SQL_CHARACTERS}")
        started = time.monotonic()
        self._db.set_progress_handler(_deadline(started + self.max_seconds), _STEPS_BETWEEN_CHECKS)
        try:
            cursor = self._db.execute(sql, tuple(parameters))
            if cursor.description is None:
                raise _refused("it is not a query", "records are read with SELECT, never changed")
            names = tuple(item[0] for item in cursor.description)
            rows = cursor.fetchmany(MAX_ROWS + 1)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise self._explain(error, started) from error
        finally:
            self._db.set_progress_handler(None, 0)
        kept = tuple(tuple(row) for row in rows[:MAX_ROWS])
        ids = tuple(_record_ids(names, row) for row in kept)
        return TableResult(names, kept, ids, len(rows) > MAX_ROWS, time.monotonic() - started)

    def _explain(self, error: sqlite3.Error | sqlite3.Warning, started: float) -> ConfigError:
        text = str(error)
        if "interrupted" in text:
            took = time.monotonic() - started
            return _refused(f"it was stopped after {took:.0f} s", "narrow it with WHERE or LIMIT")
        if "not authorized" in text or "prohibited" in text or "readonly" in text:
            return _refused("it does more than read", "records are read with SELECT, never changed")
        if "one statement" in text:
            return _refused("it holds more than one statement", "ask one SELECT at a time")
        hint = None
        if "no such table" in text:
            hint = f"there are {', '.join(dict.fromkeys(c.table for c in self.columns))}"
        if "no such column" in text:
            hint = "docai records query --tables shows the columns"
        return _refused(text, hint)


def _refused(reason: str, hint: str | None = None) -> ConfigError:
    return ConfigError("bad-sql", f"the query cannot be run: {reason}", hint=hint)


def _deadline(at: float) -> Callable[[], int]:
    return lambda: int(time.monotonic() > at)


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action not in _READS:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and second in _REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


class _Sum:
    """A sum that adds amounts as the decimals that they are: ten times .1 is 1."""

    def __init__(self) -> None:
        self._total: Decimal | None = None

    def step(self, value: object) -> None:
        if value is None:
            return
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            return  # text adds nothing, as in SQLite's own
        if number.is_finite():
            self._total = (self._total or Decimal(0)) + number

    def finalize(self) -> int | float | None:
        total = self._total
        if total is None:
            return None
        return int(total) if total == total.to_integral_value() and abs(total) < 2**53 else float(total)


def _make_sum() -> Any:
    return _Sum()


def _record_ids(names: Sequence[str], row: Sequence[Any]) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for name, value in zip(names, row, strict=True):
        if name == "record_id" and isinstance(value, int):
            found[value] = None
        if name == "record_ids" and value is not None:
            found.update((int(part), None) for part in str(value).split(",") if part.strip().isdecimal())
    return tuple(found)


def _restrict(db: sqlite3.Connection, as_of: str | None, document_ids: frozenset[str] | None) -> str:
    """Conditions of every view."""
    parts = [f"AND (r.since IS NULL OR r.since <= {_literal(as_of)})"] if as_of else []
    if document_ids is not None:
        db.execute("CREATE TEMP TABLE scope (document_id TEXT PRIMARY KEY) WITHOUT ROWID")
        db.executemany("INSERT INTO scope VALUES (?)", [(i,) for i in document_ids])
        parts.append("AND r.document_id IN (SELECT document_id FROM scope)")
    return " ".join(parts)


def _make_views(db: sqlite3.Connection, condition: str) -> tuple[TableColumn, ...]:
    """Temporary views: `contract`, `all_contract` (copies too), `contract_parties`, `contract_family`."""
    tables: dict[tuple[str, str], list[StoredColumn]] = {}
    for item in describe_columns(db):
        tables.setdefault((item.schema, item.list), []).append(item)
    columns: list[TableColumn] = []
    for (schema, group), stored in sorted(tables.items()):
        view = table_name(schema) + (f"_{group}" if group else "")
        names = ", ".join(f't."{item.name}"' for item in stored)
        leading = "r.record_id, r.uri, t.position" if group else _LEADING_COLUMNS
        own = ("record_id", "uri", "position") if group else LEADING
        source = (
            f'FROM "{stored_table(schema, group)}" t JOIN records r USING (record_id) WHERE 1 {condition}'
        )
        db.execute(
            f'CREATE TEMP VIEW "{view}" AS SELECT {leading}, {names} {source} AND duplicate_of IS NULL'
        )
        columns += _columns(view, own, stored)
        if not group:
            db.execute(f'CREATE TEMP VIEW "all_{view}" AS SELECT {leading}, duplicate_of, {names} {source}')
            columns += _columns(f"all_{view}", (*LEADING, "duplicate_of"), stored)
            _make_family_view(db, view, stored)
            columns += _columns(f"{view}_family", _FAMILY, stored)
    return tuple(columns)


_FAMILY = ("family_id", "members", "record_ids", "uri", "since")


def _columns(table: str, own: Sequence[str], stored: Sequence[StoredColumn]) -> list[TableColumn]:
    schema = stored[0].schema
    leading = [TableColumn(table, name, schema=schema) for name in own]
    return leading + [TableColumn(table, item.name, item.path, item.kind, schema) for item in stored]


def _make_family_view(db: sqlite3.Connection, view: str, stored: Sequence[StoredColumn]) -> None:
    """One row an agreement: what its newest member says of each field; yes if any member says yes."""
    newest = "ORDER BY m.since IS NULL, m.since DESC, m.record_id DESC LIMIT 1"
    cells = [
        f'max(f."{item.name}") AS "{item.name}"'
        if item.kind == "boolean"
        else f'(SELECT m."{item.name}" FROM "{view}" m WHERE m.family_id = f.family_id '
        f'AND m."{item.name}" IS NOT NULL {newest}) AS "{item.name}"'
        for item in stored
    ]
    own = (
        "f.family_id, count(*) AS members, group_concat(f.record_id) AS record_ids, "
        "min(CASE WHEN f.record_id = f.family_id THEN f.uri END) AS uri, max(f.since) AS since"
    )
    db.execute(
        f'CREATE TEMP VIEW "{view}_family" AS SELECT {", ".join((own, *cells))} '
        f'FROM "{view}" f GROUP BY f.family_id'
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
