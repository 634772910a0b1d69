"""Workbooks and slides: every cell by its name, every slide by its number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from office_files import INVOICE_ROWS, lines_of, make_workbook, needs_extra, read_pages

from docai.errors import DocumentError
from docai.pages.office import content

pytestmark = needs_extra


def test_cells_by_name(tmp_path: Path) -> None:
    (page,) = read_pages(make_workbook(tmp_path / "a.xlsx"))
    said = lines_of([page])
    assert said["Invoice!C4"] == "INV-2024-0117"
    assert said["Invoice!C5"] == "2024-05-17"
    assert said["Invoice!D14"] == "£246.00"
    assert len(said) == sum(cell is not None for row in INVOICE_ROWS for cell in row)
    left = {page.locators[word.line]: word.box.x0 for word in reversed(page.words)}
    assert left["Invoice!D8"] == left["Invoice!D9"] == left["Invoice!D14"]


def test_sheets_hidden_ones_and_formulas_without_a_result(tmp_path: Path) -> None:
    import openpyxl

    path = make_workbook(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    book["Invoice"]["F2"] = "=D12+D13"
    second = book.create_sheet("Year end")
    second["B2"] = "closing"
    hidden = book.create_sheet("prices")
    hidden["A1"] = "secret"
    hidden.sheet_state = "hidden"
    book.save(path)
    pages = read_pages(path)
    said = lines_of(pages)
    assert said["'Year end'!B2"] == "closing"
    assert len(pages) == 2
    assert "secret" not in said.values()
    assert [issue.code for issue in pages[0].issues] == ["hidden-sheets", "formulas-not-computed"]
    assert "prices" in pages[0].issues[0].message
    assert "F2" in pages[0].issues[1].message


def test_stored_results_of_formulas_count(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sums")
        sheet.write_formula("A1", "=6*7", None, 42)
    (page,) = read_pages(path)
    assert lines_of([page]) == {"Sums!A1": "42"}
    assert page.issues == ()


def test_a_huge_sheet_is_refused_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from docai.pages.office import workbook

    monkeypatch.setattr(workbook, "MOST_CELLS", 20)
    with pytest.raises(DocumentError) as caught:
        read_pages(make_workbook(tmp_path / "a.xlsx"))
    assert caught.value.code == "too-large"
    assert content.MOST_CELLS == 250_000


def test_a_cell_far_out_costs_no_empty_ones(tmp_path: Path) -> None:
    (page,) = read_pages(make_workbook(tmp_path / "a.xlsx", [("a",)] + [()] * 2_000 + [("b",)]))
    assert list(lines_of([page]).values()) == ["a", "b"]


def test_slides_with_notes_and_tables(tmp_path: Path) -> None:
    import pptx
    from pptx.util import Inches

    deck: Any = pptx.Presentation()
    for title, text in (("Annual review", "Revenue was EUR 4.2 million."), ("Outlook", "")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(5), Inches(4), Inches(1)).table
    table.cell(1, 1).text = "EUR 5 million"
    deck.slides.add_slide(deck.slide_layouts[6])
    deck.save(str(tmp_path / "a.pptx"))
    pages = read_pages(tmp_path / "a.pptx")
    assert [page.number for page in pages] == [1, 2, 3]
    assert lines_of([pages[0]]) == {
        "slide 1, paragraph 1": "Annual review",
        "slide 1, paragraph 2": "Revenue was EUR 4.2 million.",
    }
    assert lines_of([pages[1]]) == {
        "slide 2, paragraph 1": "Outlook",
        "slide 2, table 1, row 2, column 2": "EUR 5 million",
        "slide 2, notes": "Say it slowly.",
    }
    assert pages[2].words == ()
    assert pages[2].reader
