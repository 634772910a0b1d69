"""Rows of an engine that knows no words: each quote is taken from its own line."""

from __future__ import annotations

from decimal import Decimal

from docai.extraction.anchors import hint_rows
from docai.grounding.text_index import PageIndexes
from docai.types import Box, Claim, Page, Word

LINES = ["invoice 2.00 off", "screw 2 2.00", "nut 2 1.00", "screw 2 2.00", "wide", "bolt 2 1.00"]


def make_page() -> Page:
    words: list[Word] = []
    for line, content in enumerate(LINES):
        for at, token in enumerate(content.split()):
            box = Box(50 + 60 * at, 20 * line, 85 + 60 * at, 20 * line + 9)
            words.append(Word(token, box, 0.9, "ocr", line))
    return Page("sha256:x", 1, 600, 800, 200, 200, "native", words=tuple(words), reader="test")


def row(number: int, name: str, price: str, words: tuple[int, ...] = ()) -> list[Claim]:
    return [
        Claim(f"/items/{number}/price", price, Decimal(price), 1, "vlm", words=words),
        Claim(f"/items/{number}/name", name, name, 1, "vlm"),
        Claim(f"/items/{number}/count", "2", 2, 1, "vlm"),
    ]


def lines_of(claims: list[Claim], page: Page) -> list[list[int]]:
    hinted = hint_rows(claims, PageIndexes([page]))
    return [[page.words[n].line for n in claim.words] for claim in hinted]


def test_each_quote_is_taken_from_its_rows_line() -> None:
    page = make_page()
    claims = (
        row(0, "screw", "2.00") + row(1, "nut", "1.00") + row(2, "screw", "2.00") + row(3, "bolt", "1.00")
    )
    assert lines_of(claims, page) == [[1]] * 3 + [[2]] * 3 + [[3]] * 3 + [[5]] * 3


def test_words_that_an_engine_knows_are_kept_and_anchor_the_row() -> None:
    page = make_page()
    claims = row(0, "screw", "2.00", words=(11,))
    assert lines_of(claims, page) == [[3], [3], [3]]


def test_what_is_not_on_the_page_or_in_no_row_is_left_alone() -> None:
    page = make_page()
    claims = [
        Claim("/total", "2.00", Decimal(2), 1, "vlm"),
        Claim("/items/0/name", "gear", "gear", 1, "vlm"),
        Claim("/items/0/price", "9.99", Decimal("9.99"), 1, "vlm"),
        Claim("/items/1/name", "nut", "nut", 7, "vlm"),
        Claim("/items/1/price", "1.00", Decimal(1), 7, "vlm"),
    ]
    assert hint_rows(claims, PageIndexes([page])) == claims
