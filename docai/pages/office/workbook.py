"""Workbooks (.xlsx): one part a visible sheet, a locator a cell. Formulas count by their stored results.

By openpyxl alone, which comes with the extra: `unstructured` does not tell which cell a value stands in.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docai.pages.office.cells import name_cell, show_value
from docai.pages.office.content import MOST_CELLS, Block, Part, Piece, list_names, note, raise_too_large, tidy
from docai.pages.office.elements import load_extra
from docai.types import Issue

_MOST_ROWS = 1_048_576
_NAMED_CELLS = 10


def read_workbook(path: Path, uri: str) -> list[Part]:
    """Sheets in order. Hidden ones are named in an issue of the first page."""
    openpyxl = load_extra("openpyxl", uri)
    # Formulas and their results come from two readings of the same rows, side by side.
    options = {"read_only": True, "keep_links": False}
    shown = openpyxl.load_workbook(path, data_only=True, **options)
    written = openpyxl.load_workbook(path, data_only=False, **options)
    try:
        sheets = [sheet for sheet in shown.worksheets if sheet.sheet_state == "visible"]
        hidden = [sheet.title for sheet in shown.worksheets if sheet.sheet_state != "visible"]
        counter = _CellCounter(uri)
        parts = [_read_sheet(sheet, written[sheet.title], counter) for sheet in sheets]
    finally:
        shown.close()
        written.close()
    if hidden:
        issue = note("hidden-sheets", f"hidden sheets were not read: {', '.join(hidden)}")
        first = parts[0] if parts else Part(())
        parts[:1] = [Part(first.blocks, (issue, *first.issues))]
    return parts or [Part(())]


class _CellCounter:
    """Cells of all sheets, so that a workbook has one limit."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._count = 0

    def add(self, sheet: str, count: int) -> None:
        """Raises `DocumentError` `too-large` beyond the limit."""
        self._count += count
        if self._count > MOST_CELLS:
            raise_too_large(f"has more than {MOST_CELLS:,} cells with a value (by sheet {sheet})", self._uri)


def _read_sheet(sheet: Any, written: Any, counter: _CellCounter) -> Part:
    blocks: list[Block] = []
    unknown: list[str] = []
    after_gap = False
    # Names that are more than a word stand in quotes, as in formulas.
    prefix = sheet.title if sheet.title.isalnum() else f"'{sheet.title}'"
    # A sheet may state a size that it does not have; what counts is what comes.
    for one in (sheet, written):
        one.reset_dimensions()
    for cells, formulas in zip(_rows(sheet), _rows(written), strict=False):
        pieces = []
        for cell, formula in zip(cells, formulas, strict=False):
            if cell.value is None:
                if getattr(formula, "data_type", "") == "f":
                    unknown.append(name_cell(formula.column - 1, formula.row))
                continue
            text = " ".join(tidy(show_value(cell.value, cell.number_format)).split())
            if text:
                column, row = cell.column - 1, cell.row
                pieces.append(Piece(text, f"{prefix}!{name_cell(column, row)}", column))
        counter.add(sheet.title, len(pieces))
        if pieces:
            blocks.append(Block("row", tuple(pieces), opens=after_gap))
        after_gap = not pieces
    return Part(tuple(blocks), _formula_issues(sheet.title, unknown))


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    yield from sheet.iter_rows(max_row=_MOST_ROWS)


def _formula_issues(title: str, cells: list[str]) -> tuple[Issue, ...]:
    if not cells:
        return ()
    told = f"sheet {title}: formulas without a stored result in {list_names(cells, _NAMED_CELLS)}"
    return (note("formulas-not-computed", f"{told}; open it in an office program and save it again"),)
