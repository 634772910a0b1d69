"""Rows against what the document says of them, and lines among rows that are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.extraction.carried import find_sums
from docai.extraction.merge import merge_claims
from docai.extraction.sums import RowCheck, check_rows, describe_check
from docai.schema import load_schema
from docai.types import Box, Claim, FieldValue, Page, Word

MONEY = {"type": "number", "x-docai-kind": "money"}
ORDER = load_schema(
    {
        "title": "Order",
        "type": "object",
        "properties": {
            "net_total": MONEY,
            "tax_total": MONEY,
            "shipping": MONEY,
            "discount": MONEY,
            "grand_total": MONEY,
            "amount_due": MONEY,
            "lines": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "text": {"type": "string", "x-docai-kind": "text"},
                        "count": {"type": "number"},
                        "unit_price": MONEY,
                        "line_total": MONEY,
                    },
                },
            },
        },
    }
)
LINES = [field for field in ORDER.fields if field.group is not None]


def page(text: str, number: int = 1) -> Page:
    words = [
        Word(token, Box(50 + 60 * at, 20 * line, 85 + 60 * at, 20 * line + 9), 0.99, "ocr", line)
        for line, content in enumerate(text.splitlines())
        for at, token in enumerate(content.split())
    ]
    return Page("sha256:x", number, 600, 800, 200, 200, "native", words=tuple(words), reader="test")


def make_fields(rows: Sequence[str], **totals: str) -> list[FieldValue]:
    """A record's fields: rows by their totals, and amounts of the document."""
    lines = [
        FieldValue(path=f"/lines/{n}/line_total", value=Decimal(amount), status="grounded")
        for n, amount in enumerate(rows)
    ]
    amounts = [
        FieldValue(path=f"/{name}", value=Decimal(amount), status="grounded")
        for name, amount in totals.items()
    ]
    return [*lines, *amounts]


def check(rows: Sequence[str], text: str = "", **totals: str) -> RowCheck | None:
    found = check_rows(ORDER, make_fields(rows, **totals), [page(text)])
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    "totals",
    [
        {"net_total": "30"},
        {"net_total": "30.01"},
        {"net_total": "30", "grand_total": "35.70"},
        {"grand_total": "30", "tax_total": "4.79"},
        {"grand_total": "35.70", "tax_total": "5.70"},
        {"grand_total": "40.70", "tax_total": "5.70", "shipping": "5"},
        {"net_total": "27", "discount": "3"},
        {"net_total": "27", "discount": "-3"},
        {"net_total": "-30"},
        {"amount_due": "900"},
        {"tax_total": "5.70"},
        {},
    ],
)
def test_rows_that_come_to_what_the_document_says_are_not_in_doubt(totals: dict[str, str]) -> None:
    assert check(["10", "20"], **totals) is None


def test_a_missing_row_shows_and_what_it_should_come_to() -> None:
    found = check(["10", "20"], net_total="42.50", grand_total="50")
    assert found is not None
    assert found.lacks
    assert found.difference == Decimal("12.50")
    assert describe_check(found) == "the 2 rows of /lines come to 30, by /net_total it is 42.5"


def test_a_row_too_many_is_no_row_missing() -> None:
    found = check(["10", "20", "20"], net_total="30")
    assert found is not None
    assert not found.lacks
    assert describe_check(found)


def test_where_only_a_total_with_tax_is_known_rows_may_come_to_less() -> None:
    assert check(["10", "20"], grand_total="35.70") is None
    found = check(["10", "20"], grand_total="90")
    assert found is not None
    assert found.lacks
    assert found.difference is None


def test_a_printed_sum_of_the_rows_explains_charges_that_no_field_is_about() -> None:
    assert check(["10", "20"], "sum of goods 30.00\ncoupon 4.00", net_total="26") is None
    found = check(["10", "20"], "sum of goods 30.00\nbox 4.00", net_total="34")
    assert found is not None
    assert found.lacks, "4.00 may be a row"
    assert describe_check(found) is None, "and it may be none"
    assert check(["10"], "screw 10.00", net_total="34") is not None, "the row's own amount is no sum"


@pytest.mark.parametrize(
    "text",
    ["Number of items: 3", "Total items 3", "Anzahl der Positionen: 3", "Nombre d'articles : 3"],
)
def test_a_printed_number_of_rows_counts(text: str) -> None:
    found = check(["10", "20"], text)
    assert found is not None
    assert (found.count, found.lacks) == (3, True)
    assert describe_check(found) == "/lines has 2 rows, a page says 3"
    assert check(["10", "20", "5"], text) is None
    pieces = FieldValue(path="/lines/0/count", value=Decimal(3), status="grounded")
    assert check_rows(ORDER, [*make_fields(["10", "20"]), pieces], [page(text)]) == []


def test_what_is_not_proven_does_not_count() -> None:
    doubtful = FieldValue(path="/net_total", value=Decimal(99), status="unsupported")
    assert check_rows(ORDER, [*make_fields(["10", "20"]), doubtful], [page("")]) == []


@given(
    st.lists(st.integers(1, 10**6), min_size=3, max_size=12),
    st.data(),
)
def test_every_row_that_is_left_out_is_told(cents: list[int], data: st.DataObject) -> None:
    amounts = [str(Decimal(value) / 100 + 1) for value in cents]
    total = str(sum(map(Decimal, amounts)))
    assert check(amounts, net_total=total) is None
    left = data.draw(st.integers(0, len(amounts) - 1))
    found = check(amounts[:left] + amounts[left + 1 :], net_total=total)
    assert found is not None
    assert found.lacks
    assert found.difference == Decimal(amounts[left])


def row(text: str | None = None, total: str | None = None, count: int | None = None) -> dict[str, object]:
    cells = {"text": text, "line_total": None if total is None else Decimal(total), "count": count}
    return {f"/lines/*/{name}": value for name, value in cells.items() if value is not None}


def test_sums_among_rows_are_no_rows() -> None:
    rows = [
        row("screw", "2.00", 1),
        row("nut", "1.00", 1),
        row("Übertrag", "3.00"),
        row("Übertrag:", "3.00"),
        row("Total", "9.99"),
        row("bolt", "4.00", 2),
        row("Total", "7.00"),
        row("Report", "50.00"),
        row("carried forward", "1.00", 2),
    ]
    pages = [1, 1, 1, 2, 2, 2, 2, 2, 2]
    found = find_sums(rows, pages, LINES)  # type: ignore[arg-type]
    assert found == {2, 3}, "9.99 is a row of its own, and with it the rows no longer come to 7.00"
    del rows[4], pages[4]
    assert find_sums(rows, pages, LINES) == {2, 3, 5}  # type: ignore[arg-type]


def claim_row(number: int, page_number: int, engine: str = "vlm", **cells: str) -> list[Claim]:
    return [
        Claim(
            f"/lines/{number}/{name}",
            quote,
            quote if name == "text" else Decimal(quote),
            page_number,
            engine,
        )
        for name, quote in cells.items()
    ]


def read_rows(claims: Sequence[Claim], *pages: Page) -> list[dict[str, object]]:
    """Cells that entered, by row."""
    rows: dict[int, dict[str, object]] = {}
    for value in merge_claims(claims, pages, ORDER, complete=True):
        if value.path.startswith("/lines/") and value.status == "grounded":
            _, _, number, name = value.path.split("/")
            rows.setdefault(int(number), {})[name] = value.value
    return [rows[number] for number in sorted(rows)]


def test_a_row_that_a_page_break_cuts_is_one_row() -> None:
    first, second = page("screw 1.00 2.00\nlong bolt"), page("3.00 6.00\nnut 4.00 8.00", 2)
    claims = [
        *claim_row(0, 1, text="screw", unit_price="1.00", line_total="2.00"),
        *claim_row(1, 1, text="long bolt"),
        *claim_row(2, 2, unit_price="3.00", line_total="6.00"),
        *claim_row(3, 2, text="nut", unit_price="4.00", line_total="8.00"),
    ]
    rows = read_rows(claims, first, second)
    assert [r.get("text") for r in rows] == ["screw", "long bolt", "nut"]
    assert rows[1] == {"text": "long bolt", "unit_price": 3, "line_total": 6}
    kept = read_rows([c for c in claims if c.path != "/lines/2/unit_price"], first, second)
    assert len(kept) == 3
    one_page = page("screw 1.00 2.00\nlong bolt\n3.00 6.00")
    assert len(read_rows([replace(c, page=1) for c in claims[:6]], one_page)) == 3, "only a break cuts a row"


def test_a_row_of_the_page_before_that_comes_back_from_the_context_is_no_row() -> None:
    first, second = page("screw 1.00 2.00"), page("nut 4.00 8.00", 2)
    claims = [
        *claim_row(0, 1, text="screw", unit_price="1.00", line_total="2.00"),
        *claim_row(1, 2, text="screw", unit_price="1.00", line_total="2.00"),
        *claim_row(2, 2, text="nut", unit_price="4.00", line_total="8.00"),
    ]
    fields = merge_claims(claims, [first, second], ORDER, complete=True)
    assert [f.value for f in fields if f.path.endswith("/text")] == ["screw", "nut"]
    again = page("screw 1.00 2.00\nnut 4.00 8.00", 2)
    assert len(read_rows(claims, first, again)) == 3, "what the page prints is a row"


def test_a_line_that_is_carried_over_is_no_row() -> None:
    first, second = page("screw 1.00 2.00\nÜbertrag 2.00"), page("Übertrag 2.00\nnut 4.00 8.00", 2)
    claims = [
        *claim_row(0, 1, text="screw", unit_price="1.00", line_total="2.00"),
        *claim_row(1, 1, text="Übertrag", line_total="2.00"),
        *claim_row(2, 2, text="Übertrag", line_total="2.00"),
        *claim_row(3, 2, text="nut", unit_price="4.00", line_total="8.00"),
    ]
    assert [r.get("text") for r in read_rows(claims, first, second)] == ["screw", "nut"]


def test_a_row_that_is_made_up_does_not_enter_by_a_number_that_stands_everywhere() -> None:
    only = page("screw 1 1.00 2.00")
    made_up = [
        Claim("/lines/1/text", "stairs", "stairs", 1, "vlm"),
        Claim("/lines/1/count", "1", Decimal(1), 1, "vlm"),
        *claim_row(1, 1, unit_price="77.00", line_total="77.00"),
    ]
    right = claim_row(0, 1, text="screw", unit_price="1.00", line_total="2.00")
    assert [r.get("text") for r in read_rows([*right, *made_up], only)] == ["screw"]
    fields = merge_claims([*right, *made_up], [only], ORDER, complete=True)
    assert [(f.value, f.reason) for f in fields if f.path == "/lines/1/count"] == [(1, "doubtful")]
