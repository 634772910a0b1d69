"""Records as tables: what a query may use, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

ColumnKind: TypeAlias = Literal["boolean", "number", "date", "text"]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column that a query may use. `path`: JSON Pointer template of the field that it holds, or empty.

    `kind`: `boolean` columns hold 1 and 0, dates are ISO text; None where no record has a value. `schema`:
    id of the schema that the table is of.
    """

    table: str
    name: str
    path: str = ""
    kind: ColumnKind | None = None
    schema: str = ""


@dataclass(frozen=True, slots=True)
class TableResult:
    """What a query gave. `record_ids`: for each row the records that it rests on, empty where the query lost
    them; `cut`: there were more rows than are given."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    record_ids: tuple[tuple[int, ...], ...]
    cut: bool = False
    seconds: float = 0.0
