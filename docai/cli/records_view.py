"""What `docai records` prints and draws."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from docai.errors import ConfigError
from docai.types import Outcome, Record

if TYPE_CHECKING:
    from docai.wiring.page_finder import PageFinder
    from docai.workspace import StoredOutcome

_ID_DIGITS = 12
_PICTURES = (".png", ".jpg", ".jpeg", ".webp")


def print_listing(found: Iterable[StoredOutcome]) -> None:
    """A table, one row a record or failure."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None)
    for name in ("id", "file", "schema", "pages", "fields", "when"):
        table.add_column(name, overflow="fold" if name in ("file", "fields") else "ellipsis")
    count = 0
    for stored in found:
        count += 1
        outcome = stored.outcome
        digits = (outcome.document.id or "").removeprefix("sha256:")[:_ID_DIGITS]
        when = stored.created_at[:16].replace("T", " ") + (" (old)" if stored.retired else "")
        table.add_row(
            digits,
            escape(outcome.document.uri),
            *_told(outcome),
            when,
            style="dim" if stored.retired else "" if isinstance(outcome, Record) else "red",
        )
    console = Console()
    console.print(table if count else "no records")


def _told(outcome: Outcome) -> tuple[str, str, str]:
    """Schema, pages, and what became of the fields."""
    from rich.markup import escape

    if not isinstance(outcome, Record):
        return "", "", escape(f"{outcome.error.code}: {outcome.error.message}")
    segment = outcome.segment
    pages = f"{segment.first}–{segment.last}" if segment else str(outcome.document.page_count)
    counts = Counter(item.status for item in outcome.fields)
    fields = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    return outcome.schema_ref.id, pages, fields if outcome.complete else f"{fields} (incomplete)"


def print_records(outcomes: Iterable[Outcome], *, json_lines: bool) -> None:
    """All fields: a table on a terminal, JSON lines into a pipe."""
    from docai.cli.output import write_or_print

    for outcome in outcomes:
        write_or_print([outcome], None, json_lines=json_lines)
        if not isinstance(outcome, Record) and sys.stdout.isatty() and not json_lines:
            sys.stdout.write(f"{outcome.document.uri}: {outcome.error.code}: {outcome.error.message}\n")


def print_fields(outcomes: Iterable[Outcome]) -> None:
    """Fields alone, one JSON line each."""
    for outcome in outcomes:
        for item in outcome.fields if isinstance(outcome, Record) else ():
            sys.stdout.write(item.model_dump_json() + "\n")


def draw_record(outcomes: Sequence[Outcome], target: Path, page: int | None, finder: PageFinder) -> str:
    """Draw the evidence of a document's records on one page; says what was drawn and what else there is."""
    from docai.imaging.drawing import draw_evidence
    from docai.workspace.export.files import replacing, writing

    if target.suffix.lower() not in _PICTURES:
        raise ConfigError(
            "unknown-format", f"{target.name} is no picture", hint=f"use {', '.join(_PICTURES)}"
        )
    records = [outcome for outcome in outcomes if isinstance(outcome, Record)]
    fields = [item for record in records for item in record.fields]
    pages = Counter(e.page for item in fields for e in item.evidence if e.boxes)
    if not records or (not pages and page is None):
        raise ConfigError("no-evidence", "there is no evidence with a place on a page to draw")
    number = page if page is not None else min(pages, key=lambda n: (-pages[n], n))
    document = records[0].document
    if number > document.page_count:
        raise ConfigError(
            "no-such-page", f"{document.uri} has no page {number}, its last is {document.page_count}"
        )
    image = finder.render_page(document, number)
    figure = draw_evidence(image, fields, number, turned=finder.find_turn(document, number))
    with replacing(target) as draft, writing(target), draft.open("wb") as file:
        kind = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}.get(target.suffix.lower(), "PNG")
        figure.save(file, kind, optimize=kind == "PNG")
    others = sorted(set(pages) - {number})
    more = f"; evidence also on page {', '.join(map(str, others))} (--page)" if others else ""
    return f"drew page {number} of {document.uri} as {target}{more}"
