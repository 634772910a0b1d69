"""Writing outcomes to a file whose name says the format."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from docai.errors import ConfigError
from docai.types import Outcome
from docai.values.surrogates import replace_surrogates
from docai.workspace.export.files import replacing, writing
from docai.workspace.export.lines import outcome_line, parse_line
from docai.workspace.export.table import LEADING, Columns, joined, leading_cells, text_of, value_cells
from docai.workspace.export.views import PageViews

FORMATS = (".jsonl", ".csv", ".xlsx", ".parquet")


def write_outcomes(path: Path, outcomes: Iterable[Outcome], views: PageViews | None = None) -> int:
    """Write outcomes as they come, to `.jsonl`, `.csv`, `.xlsx` or `.parquet`; returns how many.

    The file appears when all are written. Memory stays flat: tables are spooled to disk first, since their
    columns are known at the end only. `views` gives the page pictures that a workbook's cells link to.
    Raises ConfigError for another ending, a missing extra or a place that cannot be written (before the first
    outcome is taken), DocaiError for a full disk.
    """
    check_format(path)
    with replacing(path) as draft:
        if path.suffix == ".jsonl":
            return _write_lines(draft, path, outcomes)
        with _spooled(path, outcomes) as (columns, count, rows):
            if path.suffix == ".csv":
                _write_csv(draft, path, columns, rows)
            elif path.suffix == ".parquet":
                from docai.workspace.export.parquet import write_parquet

                write_parquet(draft, path, columns, rows)
            else:
                from docai.workspace.export.workbook import write_workbook

                write_workbook(draft, path, columns, rows, views)
        return count


def check_format(path: Path) -> None:
    """Raise ConfigError for a file name that `write_outcomes` cannot serve, before any work is done."""
    if path.suffix not in FORMATS:
        raise ConfigError(
            "unknown-format",
            f"{path.name} has no ending that docai writes",
            stage="export",
            hint=f"use one of {', '.join(FORMATS)}",
        )
    if path.suffix == ".parquet":
        from docai.workspace.export.parquet import check_pyarrow

        check_pyarrow()
    with writing(path):
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder", str(path))


def _write_lines(draft: Path, path: Path, outcomes: Iterable[Outcome]) -> int:
    count = 0
    with writing(path):
        file = draft.open("w", encoding="utf-8", newline="\n")
    with _closing(file, path):
        for outcome in outcomes:
            line = outcome_line(outcome)
            with writing(path):
                file.write(line + "\n")
            count += 1
    return count


@contextmanager
def _closing(file: IO[str], path: Path) -> Iterator[None]:
    try:
        yield
    finally:
        with writing(path):  # closing flushes, and a full disk shows here
            file.close()


@contextmanager
def _spooled(path: Path, outcomes: Iterable[Outcome]) -> Iterator[tuple[Columns, int, Iterator[Outcome]]]:
    """Columns, count and outcomes again, after the first pass over them."""
    columns, count = Columns(), 0
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as spool:
        for outcome in outcomes:
            columns.add(outcome)
            with writing(path):
                spool.write(outcome_line(outcome) + "\n")
            count += 1
        with writing(path):
            spool.seek(0)
        yield columns, count, map(parse_line, spool)


def _write_csv(draft: Path, path: Path, columns: Columns, rows: Iterable[Outcome]) -> None:
    names = columns.names()
    with writing(path), draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*LEADING, *names])
        for outcome in rows:
            leading, values = leading_cells(outcome), value_cells(outcome)
            cells = [_csv_cell(leading.get(name)) for name in LEADING]
            for name in names:
                pairs = values.get(name, [])
                many = name in columns.lists
                cells.append(_csv_cell(joined(pairs) if many else pairs[0][1] if pairs else None))
            writer.writerow(cells)


def _csv_cell(value: Any) -> str:
    """Text that a spreadsheet would run as a formula gets an apostrophe (OWASP, "CSV injection"): what is
    in a cell may stem from a stranger's document."""
    if value is None:
        return ""
    text = replace_surrogates(text_of(value))
    starts_formula = isinstance(value, str) and text[:1] in ("=", "@", "\t", "\r")
    return "'" + text if starts_formula or _is_signed_formula(value) else text


def _is_signed_formula(value: Any) -> bool:
    """`+cmd|…` and `-1+cmd|…`, but not `-12,50` or `+49 30 1234`."""
    if not isinstance(value, str) or value[:1] not in ("+", "-"):
        return False
    return any(c not in "0123456789 .,/()-" for c in value[1:])
