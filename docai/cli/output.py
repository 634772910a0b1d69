"""Where outcomes go: a readable table on a terminal, JSON lines into a pipe, or a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from docai.types import FieldValue, Outcome, Record

if TYPE_CHECKING:
    from docai.workspace.export import PageViews

STATUS_STYLE = {
    "grounded": "green",
    "inferred": "cyan",
    "seen": "yellow",
    "corrected": "blue",
    "unsupported": "red",
    "missing": "dim",
}


def write_or_print(
    outcomes: Iterable[Outcome], out: Path | None, *, json_lines: bool, views: PageViews | None = None
) -> None:
    """Consume outcomes as they come; a file is complete or absent, never half.

    `views` renders the page crops that a workbook's cells link to.
    """
    if out is not None:
        from docai.workspace.export import write_outcomes

        write_outcomes(out, outcomes, views)
        return
    from docai.workspace.export import outcome_line

    as_table = sys.stdout.isatty() and not json_lines
    for outcome in outcomes:
        if as_table:
            _print_table(outcome)
        else:
            sys.stdout.write(outcome_line(outcome) + "\n")
            sys.stdout.flush()


def _print_table(outcome: Outcome) -> None:
    from rich.console import Console
    from rich.table import Table

    if not isinstance(outcome, Record):
        return  # Named on standard error as it happens.
    segment = f", pages {outcome.segment.first}–{outcome.segment.last}" if outcome.segment else ""
    table = Table(
        title=f"{outcome.document.uri}{segment}  [{outcome.schema_ref.id}]", title_justify="left", box=None
    )
    for name in ("field", "value", "status", "conf.", "page", "quote"):
        table.add_column(name, overflow="fold" if name in ("value", "quote") else "ellipsis")
    for field in outcome.fields:
        table.add_row(*_row(field), style=STATUS_STYLE.get(field.status, ""))
    Console().print(table)


def _row(field: FieldValue) -> tuple[str, ...]:
    first = next((e for e in field.evidence if e.role == "value"), None) or next(iter(field.evidence), None)
    quote = (first.quote if first else "").replace("[", r"\[")
    value = "" if field.value is None else str(field.value).replace("[", r"\[")
    status = f"{field.status}: {field.reason}" if field.reason else field.status
    confidence = f"{field.confidence:.2f}" if field.value is not None else ""
    unit = f" {field.unit}" if field.unit else ""
    return (
        field.path.lstrip("/"),
        value + unit,
        status,
        confidence,
        str(first.page) if first else "",
        quote if len(quote) <= 80 else quote[:79] + "…",
    )
