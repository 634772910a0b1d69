"""A record as rows: one of its schema's table, one for each item of its lists, one for each field."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from docai.types import FieldValue, Record
from docai.workspace.export.table import column_of, leaves

RESERVED = ("records", "fields", "families", "columns", "meta")
LEADING = ("record_id", "document_id", "uri", "pages", "complete", "copies", "since", "family_id", "role")


@dataclass(slots=True)
class RecordRows:
    """`main`: column -> value. `lists`: list's column -> its rows. `paths`: (list or "", column) -> template
    of the JSON Pointer, `/line_items/*/total`. `kinds`: the same -> `boolean`, `number`, `date` or `text`,
    where a value tells."""

    main: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    paths: dict[tuple[str, str], str] = field(default_factory=dict)
    kinds: dict[tuple[str, str], str] = field(default_factory=dict)


def make_rows(record: Record) -> RecordRows:
    """Booleans are 1 and 0, dates ISO text, amounts numbers with their currency in `…_unit`. A list of plain
    values is one text in `main` (joined by `; `) and rows with `value`; empty lists have no rows."""
    rows = RecordRows()
    units = {item.path: item.unit for item in record.fields if item.unit}
    joined: dict[str, list[str]] = {}
    for column, path, value in leaves(record.values):
        found = re.match(r"^(.{1,400}?)/(\d{1,6})(/.{1,400})?$", path)
        if found is None:
            _set(rows.main, rows, "", column, value, units.get(path))
            continue
        name = column_name(column_of(found[1]))
        items = rows.lists.setdefault(name, [])
        while len(items) <= int(found[2]):
            items.append({})
        inner, row = found[3] or "/value", items[int(found[2])]
        nested = re.sub(r"/\d{1,6}$", "", inner)
        if nested != inner:  # a list within a row: one text
            before = row.get(column_name(nested))
            value = value if before is None else f"{before}; {value}"
        _set(row, rows, name, nested, value, units.get(path), column)
        if found[3] is None and value is not None:
            joined.setdefault(column, []).append(str(value))
    for item in record.fields:  # lists without items have columns all the same
        template = column_of(item.path)
        if item.path.endswith("/*") or "/*/" in template:
            continue
        rows.main.setdefault(column_name(template), None)
        rows.paths.setdefault(("", column_name(template)), template)
    for column, texts in joined.items():
        rows.main[column_name(column)] = "; ".join(texts)
        rows.paths[("", column_name(column))] = f"{column}/*"
    return rows


def _set(
    row: dict[str, Any],
    rows: RecordRows,
    group: str,
    column: str,
    value: Any,
    unit: str | None,
    template: str | None = None,
) -> None:
    name = column_name(column)
    row[name] = int(value) if isinstance(value, bool) else value
    rows.paths[(group, name)] = template or column
    if value is not None:
        rows.kinds[(group, name)] = _kind(value)
    if unit:
        row[f"{name}_unit"] = unit
        rows.paths[(group, f"{name}_unit")] = template or column


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "date" if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) else "text"


def column_name(pointer: str) -> str:
    """`/clauses/audit_rights` -> `clauses_audit_rights`; never a name that docai's own columns have."""
    name = re.sub(r"\W+", "_", pointer.replace("/*", "").strip("/")).strip("_").lower() or "value"
    return f"{name}_" if name in LEADING else name


def table_name(schema_id: str) -> str:
    """A schema's table: its id in letters, digits and underscores."""
    name = re.sub(r"\W+", "_", schema_id).strip("_").lower() or "schema"
    return f"{name}_records" if name in RESERVED or name[0].isdigit() else name


def field_rows(record: Record) -> list[tuple[str, str, Any, str | None, str, str | None, float, int | None]]:
    """Path, column, value, unit, status, reason, confidence, page: of every field."""
    return [
        (
            item.path,
            column_name(column_of(item.path)),
            _plain(item.value),
            item.unit,
            item.status,
            item.reason,
            item.confidence,
            _first_page(item),
        )
        for item in record.fields
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _first_page(item: FieldValue) -> int | None:
    return item.lead_evidence.page if item.lead_evidence else None
