"""What a person sees of a record on a terminal."""

from __future__ import annotations

from decimal import Decimal

from rich.console import Console

from docai.cli.table import build_table
from docai.types import Box, DocumentRef, Evidence, FieldValue, Record, Run, SchemaRef


def make_record(*fields: FieldValue) -> Record:
    return Record(
        document=DocumentRef(id="sha256:1", uri="in/[a].pdf", page_count=2),
        schema_ref=SchemaRef(id="invoice", hash="sha256:2"),
        complete=True,
        values={},
        fields=fields,
        run=Run(docai="0", engine="extractive"),
    )


def show(record: Record) -> list[str]:
    console = Console(width=120, color_system=None, record=True, quiet=True)
    console.quiet = False
    with console.capture() as captured:
        console.print(build_table(record))
    return [line.rstrip() for line in captured.get().splitlines()]


def evidence(page: int, quote: str) -> tuple[Evidence, ...]:
    return (Evidence(page=page, quote=quote, match="exact", score=1.0, boxes=(Box(0, 0, 1, 1),)),)


def test_a_field_shows_value_status_confidence_page_and_quote() -> None:
    field = FieldValue(
        path="/total",
        value=Decimal("12.50"),
        unit="EUR",
        status="grounded",
        confidence=0.973,
        evidence=evidence(2, "12,50\n€"),
    )
    title, _, row = show(make_record(field))[:3]
    assert title == "in/[a].pdf  [invoice]"
    assert row.split() == ["total", "12.5", "EUR", "grounded", "0.97", "2", "12,50", "€"]


def test_a_missing_field_says_why() -> None:
    lines = show(make_record(FieldValue(path="/date", status="missing", reason="blank")))
    assert lines[2].split() == ["date", "missing:", "blank"]


def test_rows_of_a_list_stand_side_by_side() -> None:
    cells = [
        FieldValue(
            path="/items/0/name", value="Saddle [x]", status="grounded", evidence=evidence(1, "Saddle")
        ),
        FieldValue(path="/items/0/price", value=Decimal(3), status="grounded", evidence=evidence(2, "3")),
        FieldValue(path="/items/1/name", value="Bell", status="grounded", evidence=evidence(2, "Bell")),
        FieldValue(path="/items/1/price", status="missing", reason="not_found"),
    ]
    lines = show(make_record(*cells))
    assert [line.split() for line in lines[-4:-1]] == [
        ["#", "name", "price", "page"],
        ["1", "Saddle", "[x]", "3", "1,", "2"],
        ["2", "Bell", "–", "2"],
    ]


def test_an_empty_list_says_none() -> None:
    lines = show(make_record(FieldValue(path="/items/*/name", status="missing", reason="not_found")))
    assert lines[-2].split() == ["none"]
