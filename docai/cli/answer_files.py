"""Rows of an answer as a CSV file or a workbook."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docai.answering.showing.words import show_value
from docai.errors import ConfigError
from docai.types import Answer
from docai.workspace.export.files import replacing, writing

_EACH = ("document", "answer", "text", "reason", "confidence", "pages", "quotes")


def write_rows(answer: Answer, path: Path) -> int:
    """Write the rows of `--each`, or of an answer over records; returns how many. Raises ConfigError for an
    answer without rows."""
    if not answer.rows and not answer.columns:
        raise ConfigError(
            "no-rows", "this answer has no rows to write", hint="use .html or .json, or ask with --each"
        )
    names = list(_EACH if answer.rows else answer.columns)
    rows = list(_each_rows(answer)) if answer.rows else [list(row) for row in answer.table]
    with replacing(path) as draft, writing(path):
        (_write_csv if path.suffix == ".csv" else _write_workbook)(draft, names, rows)
    return len(rows)


def _each_rows(answer: Answer) -> Iterator[list[Any]]:
    for row in answer.rows:
        cited = [answer.citations[number] for number in row.citations]
        pages = ", ".join(dict.fromkeys(str(c.page) for c in cited))
        quotes = " … ".join(" ".join(c.quote.split()) for c in cited)
        said = row.verdict or show_value(row.value) or "unknown"
        yield [row.uri, said, row.text, row.reason or "", round(row.confidence, 3), pages, quotes]


def _write_csv(path: Path, names: list[str], rows: list[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([[_safe(cell) for cell in row] for row in rows])


def _safe(cell: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe: it stems from a document."""
    return "'" + cell if isinstance(cell, str) and cell[:1] in ("=", "@", "+", "-", "\t", "\r") else cell


def _write_workbook(path: Path, names: list[str], rows: list[list[Any]]) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("answer")
    head = book.add_format({"bold": True, "bottom": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.write_row(0, 0, names, head)
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell, wrap)
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, len(names) - 1, 24)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(1, len(rows)), len(names) - 1)
    book.close()
