"""A record as a person reads it: its fields, then one table for each list of rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from docai.answering.showing.words import show_value
from docai.types import FieldValue, Record

STATUS_STYLE = {
    "grounded": "green",
    "inferred": "cyan",
    "seen": "yellow",
    "corrected": "blue",
    "unsupported": "red",
    "missing": "dim",
}
_ROW_LEAF = re.compile(r"^(/.{1,200}?)/(\d{1,6}|\*)/(.{1,200})$")
_QUOTE_CHARACTERS = 70


def print_record(record: Record, console: Console | None = None) -> None:
    """Print one record to standard output."""
    (console or Console()).print(build_table(record))


def build_table(record: Record) -> RenderableType:
    """Scalars with status, confidence, page and quote; the rows of a list side by side."""
    segment = f", pages {record.segment.first}–{record.segment.last}" if record.segment else ""
    title = f"{record.document.uri}{segment}  [{record.schema_ref.id}]"
    scalars = Table(title=Text(title, style="bold"), title_justify="left", box=None, pad_edge=False)
    for name in ("field", "value", "status", "conf.", "page", "quote"):
        scalars.add_column(name, overflow="fold", header_style="dim", no_wrap=name in ("field", "status"))
    groups: dict[str, list[FieldValue]] = {}
    for field in record.fields:
        row = _ROW_LEAF.match(field.path)
        if row:
            groups.setdefault(row[1], []).append(field)
        else:
            scalars.add_row(*_describe(field))
    return Group(scalars, *(_build_rows(path, fields) for path, fields in groups.items()), "")


def _describe(field: FieldValue) -> tuple[str, ...]:
    first = field.lead_evidence
    quote = " ".join(first.quote.split()) if first else ""
    if len(quote) > _QUOTE_CHARACTERS:
        quote = quote[: _QUOTE_CHARACTERS - 1] + "…"
    style = STATUS_STYLE.get(field.status, "")
    status = f"{field.status}: {field.reason}" if field.reason else field.status
    return (
        escape(field.path.lstrip("/")),
        f"[bold]{escape(show_value(field.value, field.unit))}[/bold]",
        f"[{style}]{escape(status)}[/{style}]",
        f"{field.confidence:.2f}" if field.value is not None else "",
        escape(first.locator or str(first.page)) if first else "",
        f"[dim]{escape(quote)}[/dim]",
    )


def _build_rows(path: str, fields: Sequence[FieldValue]) -> Table:
    table = Table(title=Text(path.lstrip("/")), title_justify="left", box=None, pad_edge=False)
    rows: dict[str, dict[str, FieldValue]] = {}
    columns: dict[str, None] = {}
    for field in fields:
        match = _ROW_LEAF.match(field.path)
        if match and match[2] != "*":
            rows.setdefault(match[2], {})[match[3]] = field
        if match:
            columns.setdefault(match[3])
    table.add_column("#", header_style="dim", style="dim", justify="right")
    for column in columns:
        numeric = all(_is_number(row[column].value) for row in rows.values() if column in row)
        table.add_column(column, header_style="dim", overflow="fold", justify="right" if numeric else "left")
    table.add_column("page", header_style="dim", justify="right")
    for number, row in rows.items():
        pages = sorted({e.page for field in row.values() for e in field.evidence})
        cells = [_cell(row[column]) if column in row else "" for column in columns]
        table.add_row(str(int(number) + 1), *cells, ", ".join(map(str, pages)))
    if not rows:
        table.add_row("", *["none" if i == 0 else "" for i in range(len(columns))], "")
    return table


def _cell(field: FieldValue) -> str:
    text = escape(show_value(field.value, field.unit)) or "–"
    style = STATUS_STYLE.get(field.status, "")
    return text if field.status == "grounded" or not style else f"[{style}]{text}[/{style}]"


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
