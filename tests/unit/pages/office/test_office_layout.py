"""Blocks on pages: nothing is lost, nothing overlaps, every word has its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.pages.office import layout
from docai.pages.office.content import Block, Part, Piece, table_blocks, text_block
from docai.pages.office.layout import DPI, FlowPage, lay_out
from docai.types import Word

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), max_size=300)


def words(pages: list[FlowPage]) -> list[Word]:
    return [word for page in pages for word in page.words]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.one_of(TEXT, st.lists(TEXT, min_size=1, max_size=6)), max_size=25))
def test_nothing_is_lost_and_nothing_overlaps(contents: list[str | list[str]]) -> None:
    blocks: list[Block] = []
    for number, content in enumerate(contents):
        if isinstance(content, str):
            blocks.append(text_block(content, f"paragraph {number}"))
        else:
            blocks += table_blocks([list(enumerate(content))], f"table {number}")
    pages = lay_out([Part(tuple(blocks))])
    given_text = "".join("".join(p.text.split()) for b in blocks for p in b.pieces)
    assert "".join("".join(word.text.split()) for word in words(pages)) == given_text
    for page in pages:
        boxes = [word.box for word in page.words]
        assert all(0 <= b.x0 <= b.x1 <= page.width_pt and 0 <= b.y0 < b.y1 <= page.height_pt for b in boxes)
        for one, word in enumerate(boxes):
            for other in boxes[one + 1 : one + 40]:
                wide = min(word.x1, other.x1) - max(word.x0, other.x0)
                high = min(word.y1, other.y1) - max(word.y0, other.y0)
                assert wide <= 0.01 or high <= 0.01
        assert all(0 <= word.line < len(page.locators) for word in page.words)
        assert (page.width_pt * DPI / 72).is_integer() or abs(page.width_pt * DPI / 72 % 1) < 1e-6


def test_lines_and_pages() -> None:
    blocks = tuple(text_block(f"Paragraph {n}. " + "word " * 120, f"paragraph {n}") for n in range(30))
    pages = lay_out([Part(blocks), Part((text_block("second", "slide 2"),))])
    assert len(pages) > 3
    for page in pages:
        assert page.height_pt < 1000
        # A paragraph that fits on a page is on one.
        assert all(sum(name in other.locators for other in pages) == 1 for name in page.locators)
    assert pages[-1].locators == ["slide 2"]


def test_cells_stand_below_each_other() -> None:
    rows = [[(0, "Description"), (1, "Amount")], [(0, "A very long description of it"), (1, "45.00")]]
    (page,) = lay_out([Part(tuple(table_blocks(rows, "table 1")))])
    left = {page.locators[word.line]: word.box.x0 for word in reversed(page.words)}
    top = {page.locators[word.line]: word.box.y0 for word in page.words}
    assert left["table 1, row 1, column 2"] == left["table 1, row 2, column 2"]
    assert top["table 1, row 2, column 1"] == top["table 1, row 2, column 2"]
    assert left["table 1, row 2, column 2"] - max(w.box.x1 for w in page.words if w.text == "it") >= 16


def test_a_tab_parts_a_line() -> None:
    (page,) = lay_out([Part((text_block("Total:\t12.00", "line 1"),))])
    label, amount = page.words
    assert amount.box.y0 == label.box.y0
    assert amount.box.x0 - label.box.x1 >= 20


def test_an_empty_part_has_a_page() -> None:
    (page,) = lay_out([Part(())])
    assert (page.words, page.locators) == ([], ["empty"])


def test_a_table_too_wide_for_a_page_has_its_cells_below_each_other() -> None:
    row = Block("row", tuple(Piece("x" * 30, f"Sheet1!{n}", n) for n in range(200)))
    pages = lay_out([Part((row,))])
    assert max(page.width_pt for page in pages) < 1000
    assert sum(len(page.words) for page in pages) == 200


def test_one_long_word_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = 0
    real = layout._columns

    def count(text: str) -> int:
        nonlocal measured
        measured += len(text)
        return real(text)

    monkeypatch.setattr(layout, "_columns", count)
    word = "ä" * 20_000
    lines = layout._wrap(f"a {word} b", 80)
    assert lines[0] == "a"
    assert "".join(lines[1:]).replace(" ", "") == f"{word}b"
    assert measured < 4 * len(word)
