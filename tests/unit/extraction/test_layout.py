"""Words become rows of cells, whichever way the page lies."""

from __future__ import annotations

import pytest
from form_pages import make_page
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.extraction.layout import build_layout, overlap
from docai.types import Box, Page

FORM = """
Invoice No:   4711          Date:   05.06.2018

Description          Quantity     Amount
Green grass 3m wide         3      10,00
Pork steak                  5      27,50
"""


def texts(page: Page) -> list[list[str]]:
    return [[cell.text for cell in row] for row in build_layout(page).rows]


def test_rows_hold_the_cells_that_stand_side_by_side() -> None:
    assert texts(make_page(FORM)) == [
        ["Invoice No:", "4711", "Date:", "05.06.2018"],
        ["Description", "Quantity", "Amount"],
        ["Green grass 3m wide", "3", "10,00"],
        ["Pork steak", "5", "27,50"],
    ]


@pytest.mark.parametrize("turned", [90, 180, 270])
@pytest.mark.parametrize("mark_turn", [True, False])
def test_a_turned_page_reads_as_an_upright_one(turned: int, mark_turn: bool) -> None:
    long = FORM + "Thank you for your order and for your trust in us and in our goods\n" * 2
    assert texts(make_page(long, turned=turned, mark_turn=mark_turn)) == texts(make_page(long))


def test_neighbours_are_found_nearest_first() -> None:
    layout = build_layout(make_page(FORM))
    amount = next(c for c in layout.cells if c.text == "27,50")
    assert [c.text for c in layout.left_of(amount)] == ["5", "Pork steak"]
    assert [c.text for c in layout.above(amount)][:2] == ["10,00", "Amount"]
    header = next(c for c in layout.cells if c.text == "Quantity")
    assert [c.text for c in layout.below(header)] == ["3", "5"]
    assert [c.text for c in layout.right_of(header)] == ["Amount"]


def test_an_empty_page_has_no_rows() -> None:
    layout = build_layout(make_page(""))
    assert layout.rows == ()
    assert layout.cells == []


WORDS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 40), st.text("abcXYZ019-.:", min_size=1, max_size=9)),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(WORDS)
def test_every_word_lies_in_one_cell_and_spans_lead_back_to_words(placed: list[tuple[int, int, str]]) -> None:
    lines = [[" "] * 90 for _ in range(41)]
    for column, row, text in placed:
        for k, char in enumerate(text):
            lines[row][column + k] = char
    page = make_page("\n".join("".join(line) for line in [".", *lines]))
    layout = build_layout(page)
    seen = [w for cell in layout.cells for w in cell.words]
    assert sorted(seen) == list(range(len(page.words)))
    for cell in layout.cells:
        assert cell.text == " ".join(page.words[w].text for w in cell.words)
        for start, word in zip(cell.starts, cell.words, strict=True):
            assert cell.span_words(start, start + len(page.words[word].text)) == (word,)
        assert cell.span_words(0, len(cell.text)) == cell.words
        assert cell.span_words(3, 3) == ()


def test_overlap_is_a_share_of_the_narrower_box() -> None:
    assert overlap(Box(0, 0, 10, 1), Box(5, 0, 25, 1)) == pytest.approx(0.5)
    assert overlap(Box(0, 0, 10, 1), Box(12, 0, 25, 1)) == 0.0
