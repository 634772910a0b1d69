"""An Excel workbook: a row a record, a sheet a list, and every value linked to a picture of its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from docai.imaging.drawing import STATUS_COLOURS
from docai.imaging.labels import STATUS_MEANINGS
from docai.types import FieldValue, Outcome, Record, Status
from docai.values.surrogates import replace_surrogates
from docai.workspace.export.crops import CropFolder
from docai.workspace.export.files import replacing_folder, writing
from docai.workspace.export.table import (
    LEADING,
    Columns,
    fields_by_path,
    joined,
    leading_cells,
    leaves,
    text_of,
    value_cells,
)
from docai.workspace.export.views import PageViews

_MAX_LINKS = 65_530  # of one sheet; Excel repairs a workbook that has more
_MAX_TEXT = 32_767  # letters of one cell
_MAX_ROWS = 1_048_576
_FIELD_HEADS = (
    "document_id",
    "uri",
    "path",
    "value",
    "unit",
    "status",
    "reason",
    "confidence",
    "page",
    "quote",
    "match",
)
_TINT = 0.16


@dataclass(slots=True)
class _Sheet:
    """A sheet that is filled row by row."""

    sheet: Worksheet
    row: int = 1
    links: int = 0
    widths: dict[int, int] = field(default_factory=dict)


class _Book:
    def __init__(self, draft: Path) -> None:
        # constant_memory: each row goes to disk as it is written, so that memory stays flat.
        self.book = xlsxwriter.Workbook(str(draft), {"constant_memory": True, "strings_to_urls": False})
        # By the author a later listing of the folder leaves it alone.
        self.book.set_properties({"author": "docai"})
        self.head = self.book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF1F5"})
        self.plain = self.book.add_format({"valign": "top"})
        self.failed = self.book.add_format({"valign": "top", "font_color": STATUS_COLOURS["unsupported"]})
        self.formats = {status: self._format(status, False) for status in STATUS_COLOURS}
        self.linked = {status: self._format(status, True) for status in STATUS_COLOURS}
        self._names: set[str] = set()

    def add_sheet(self, name: str, heads: Sequence[str]) -> _Sheet:
        sheet = self.book.add_worksheet(self._sheet_name(name))
        sheet.write_row(0, 0, heads, self.head)
        sheet.freeze_panes(1, 0)
        return _Sheet(sheet, widths={i: len(head) for i, head in enumerate(heads)})

    def write(self, to: _Sheet, column: int, value: Any, cell: Format, link: str | None = None) -> None:
        if to.row >= _MAX_ROWS:
            return
        text = None if value is None else replace_surrogates(text_of(value))[:_MAX_TEXT]
        if link and to.links < _MAX_LINKS:
            to.links += 1
            to.sheet.write_url(to.row, column, f"external:{link}", cell, string=text or "")
        if value is None:
            to.sheet.write_blank(to.row, column, None, cell)
        elif isinstance(value, bool):
            to.sheet.write_boolean(to.row, column, value, cell)
        elif isinstance(value, int | float):
            to.sheet.write_number(to.row, column, value, cell)
        else:
            to.sheet.write_string(to.row, column, text, cell)  # never a formula, whatever a document says
        to.widths[column] = max(to.widths.get(column, 0), min(len(text or ""), 60))

    def finish(self, sheets: Iterable[_Sheet]) -> None:
        for sheet in sheets:
            for column, width in sheet.widths.items():
                sheet.sheet.set_column(column, column, width + 3)
            if sheet.row > 1:
                sheet.sheet.autofilter(0, 0, min(sheet.row, _MAX_ROWS) - 1, max(sheet.widths))
        self._write_legend()

    def _write_legend(self) -> None:
        sheet = self.book.add_worksheet(self._sheet_name("Legend"))
        sheet.write_row(0, 0, ("status", "means"), self.head)
        for row, (status, meaning) in enumerate(STATUS_MEANINGS.items(), start=1):
            sheet.write_string(row, 0, status, self.formats[status])
            sheet.write_string(row, 1, meaning, self.plain)
        sheet.write_string(
            len(STATUS_MEANINGS) + 2, 0, "A blue, underlined value opens the place in its page."
        )
        sheet.set_column(0, 1, 32)

    def _format(self, status: Status, linked: bool) -> Format:
        colour = STATUS_COLOURS[status].lstrip("#")
        tint = "".join(f"{round(255 - (255 - int(colour[i : i + 2], 16)) * _TINT):02X}" for i in (0, 2, 4))
        options: dict[str, Any] = {
            "bg_color": f"#{tint}",
            "valign": "top",
            "border": 1,
            "border_color": "#E2E8F0",
        }
        if linked:
            options |= {"font_color": "#1D4ED8", "underline": 1}
        return self.book.add_format(options)

    def _sheet_name(self, name: str) -> str:
        """Excel: 31 letters, some forbidden, all different whatever their case."""
        base = re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:28] or "list"
        unique, number = base, 2
        while unique.casefold() in self._names or unique.casefold() == "history":
            unique, number = f"{base} {number}", number + 1
        self._names.add(unique.casefold())
        return unique


def write_workbook(
    draft: Path, path: Path, columns: Columns, rows: Iterable[Outcome], views: PageViews | None
) -> None:
    """Write the workbook to `draft`; with `views` the crops go to `<path>.evidence/`, where cells link to."""
    with writing(path):
        book = _Book(draft)
    try:
        if views is None:
            _fill(book, columns, rows, None)
        else:
            with replacing_folder(path.with_name(path.name + ".evidence")) as folder:
                _fill(book, columns, rows, CropFolder(folder, path.name + ".evidence", views))
    finally:
        with writing(path):
            _close(book.book)


def _close(book: xlsxwriter.Workbook) -> None:
    try:
        book.close()
    except FileCreateError as error:  # wraps the system's error
        raise error.args[0] if isinstance(error.args[0], OSError) else error from error


def _fill(book: _Book, columns: Columns, rows: Iterable[Outcome], crops: CropFolder | None) -> None:
    names = columns.names()
    flat = [name for name in names if "*" not in name]
    groups: dict[str, list[str]] = {}
    for name in names:
        if "*" in name:
            groups.setdefault(name.split("/*/")[0], []).append(name)
    main = book.add_sheet("Records", [*LEADING, *(name.lstrip("/") for name in flat)])
    lists = {
        group: book.add_sheet(group.lstrip("/"), ["uri", "row", *(m[len(group) + 3 :] for m in members)])
        for group, members in groups.items()
    }
    every = book.add_sheet("Fields", _FIELD_HEADS)
    for outcome in rows:
        links = crops.add(outcome) if crops and isinstance(outcome, Record) else {}
        _write_record(book, main, outcome, flat, links)
        if isinstance(outcome, Record):
            for group, members in groups.items():
                _write_list(book, lists[group], outcome, group, members, links)
            _write_fields(book, every, outcome, links)
    book.finish([main, *lists.values(), every])


def _write_record(
    book: _Book, to: _Sheet, outcome: Outcome, names: Sequence[str], links: dict[str, str]
) -> None:
    fields = fields_by_path(outcome) if isinstance(outcome, Record) else {}
    leading, values = leading_cells(outcome), value_cells(outcome)
    for column, name in enumerate(LEADING):
        cell = book.failed if name == "error" else book.plain
        if leading.get(name) is not None:
            book.write(to, column, leading[name], cell)
    for column, name in enumerate(names, start=len(LEADING)):
        pairs = values.get(name, [])
        many = any(path != name for path, _ in pairs)
        paths = [path for path, _ in pairs] or [name]
        value = joined(pairs) if many else pairs[0][1] if pairs else None
        _write_value(book, to, column, value, [fields[path] for path in paths if path in fields], links)
    to.row += 1


def _write_list(
    book: _Book, to: _Sheet, record: Record, group: str, members: Sequence[str], links: dict[str, str]
) -> None:
    fields = fields_by_path(record)
    items: dict[int, dict[str, list[tuple[str, Any]]]] = {}
    for name, path, value in leaves(record.values):
        step = path[len(group) + 1 :].split("/")[0]
        if path.startswith(group + "/") and step.isdigit():
            items.setdefault(int(step), {}).setdefault(name, []).append((path, value))
    for index, cells in sorted(items.items()):
        book.write(to, 0, record.document.uri, book.plain)
        book.write(to, 1, index + 1, book.plain)
        for column, member in enumerate(members, start=2):
            pairs = cells.get(member, [])
            value = pairs[0][1] if len(pairs) == 1 else joined(pairs) or None
            _write_value(
                book, to, column, value, [fields[path] for path, _ in pairs if path in fields], links
            )
        to.row += 1


def _write_value(
    book: _Book, to: _Sheet, column: int, value: Any, found: Sequence[FieldValue], links: dict[str, str]
) -> None:
    if not found:
        book.write(to, column, value, book.plain)
        return
    order = list(STATUS_COLOURS)
    weakest = max(
        found, key=lambda item: (item.status in ("unsupported", "missing"), order.index(item.status))
    )
    link = next((links[item.path] for item in found if item.path in links), None)
    book.write(to, column, value, (book.linked if link else book.formats)[weakest.status], link)


def _write_fields(book: _Book, to: _Sheet, record: Record, links: dict[str, str]) -> None:
    for item in record.fields:
        first = item.evidence[0] if item.evidence else None
        link = links.get(item.path)
        cells = (record.document.id, record.document.uri, item.path)
        for column, text in enumerate(cells):
            book.write(to, column, text, book.plain)
        value = item.value if isinstance(item.value, str | int | float | bool | None) else text_of(item.value)
        book.write(to, 3, value, (book.linked if link else book.formats)[item.status], link)
        told = (item.unit, item.status, item.reason, round(item.confidence, 3))
        place = (first.locator or first.page, first.quote, first.match) if first else (None, None, None)
        for column, text_or_number in enumerate((*told, *place), start=4):
            if text_or_number is not None:
                book.write(to, column, text_or_number, book.plain)
        to.row += 1
