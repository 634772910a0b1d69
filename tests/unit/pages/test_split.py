"""First pages in a scanner's batch: found where several signs agree, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.imaging.geometry import from_upright
from docai.pages.split import find_segments
from docai.pages.traits import describe_page, make_rows
from docai.types import Box, Page, Word

WIDTH_PT, HEIGHT_PT = 595.0, 842.0


def make_page(*rows: str, foot: str = "", size: tuple[float, float] = (WIDTH_PT, HEIGHT_PT)) -> Page:
    """Rows from the top, centred if they begin with a tab; `foot` at the bottom."""
    words: list[Word] = []
    placed = [(40 + 14 * i, row) for i, row in enumerate(rows)] + ([(size[1] - 30, foot)] if foot else [])
    for line, (y, row) in enumerate(placed):
        centred = row.startswith("\t")
        x = (size[0] - 6 * len(row.strip())) / 2 if centred else 50.0
        for text in row.split():
            words.append(Word(text, Box(x, y, x + 6 * len(text), y + 10), None, "text-layer", line))
            x += 6 * (len(text) + 1)
    return Page("sha256:0", 1, *size, 200.0, 200.0, "native", words=tuple(words), reader="test")


def prose(foot: str = "", start: str = "The parties agree as follows and intend to be bound") -> Page:
    return make_page(start, *["and so forth with many words on every single row here."] * 20, foot=foot)


def invoice(number: str, name: str, foot: str = "") -> Page:
    rows = (f"{name} GmbH", "Tel 030 123456", "\tINVOICE", f"Invoice No: {number}", "Date 01/02/2024")
    return make_page(*rows, "Item 1 10.00", "Total 10.00", foot=foot)


def test_one_document_stays_one() -> None:
    assert find_segments([prose() for _ in range(5)]) == [(1, 5)]
    assert find_segments([]) == []
    assert find_segments([prose()]) == [(1, 1)]


def test_numbers_of_pages_decide() -> None:
    pages = [prose(f"Page {k} of {n}") for n in (2, 3, 1) for k in range(1, n + 1)]
    assert find_segments(pages) == [(1, 2), (3, 5), (6, 6)]


@pytest.mark.parametrize(
    "style", ["{k}/{n}", "{k} of {n}", "Seite {k} von {n}", "Page {k} / {n}", "page {k} de {n}"]
)
def test_styles_of_numbers(style: str) -> None:
    pages = [prose(style.format(k=k, n=2)) for _ in range(2) for k in (1, 2)]
    assert find_segments(pages) == [(1, 2), (3, 4)]


def test_invoices_of_one_seller_are_told_apart_by_their_numbers() -> None:
    pages = [invoice("2024-0001", "Muster"), invoice("2024-0002", "Muster"), invoice("2024-0003", "Muster")]
    assert find_segments(pages) == [(1, 1), (2, 2), (3, 3)]


def test_the_same_number_keeps_pages_together() -> None:
    pages = [invoice("2024-0001", "Muster"), invoice("2024-0001", "Muster")]
    assert find_segments(pages) == [(1, 2)]


def test_a_new_agreement_after_signatures() -> None:
    signatures = make_page(
        "IN WITNESS WHEREOF the parties have executed this Agreement.", "By:", "Name:", "Title:"
    )
    second = make_page(
        "\tSERVICES AGREEMENT",
        "",
        "This Services Agreement is made as of May 1, 2020 by and between A and B.",
    )
    assert find_segments([prose(), signatures, second, prose()]) == [(1, 2), (3, 4)]


def test_an_exhibit_is_part_of_its_agreement() -> None:
    exhibit = make_page(
        "\tEXHIBIT A", "\tFORM OF SERVICES AGREEMENT", "This Agreement is made as of the day below."
    )
    signatures = make_page("IN WITNESS WHEREOF the parties have executed this Agreement.", "By:", "Name:")
    assert find_segments([prose(), signatures, exhibit, prose()]) == [(1, 4)]


def test_a_cover_and_the_first_page_of_text_are_one_document() -> None:
    cover = make_page("\tLICENSE AGREEMENT", "\tbetween", "\tA Corp", "\tand", "\tB Corp")
    first = make_page(
        "\tLICENSE AGREEMENT", "This License Agreement is made as of May 1, 2020 by and between A and B."
    )
    assert find_segments([cover, first, prose()]) == [(1, 3)]


def test_a_blank_back_is_no_document_and_belongs_to_the_one_before() -> None:
    blank = make_page()
    pages = [invoice("2024-0001", "Muster"), blank, invoice("2024-0002", "Other"), blank]
    assert find_segments(pages) == [(1, 2), (3, 4)]
    assert find_segments([blank, blank, prose()]) == [(1, 3)]


def test_a_page_that_failed_says_nothing() -> None:
    failed = replace(make_page(), reader="")
    assert find_segments([failed, prose(), failed, prose()]) == [(1, 4)]
    assert find_segments([prose("Page 1 of 1"), failed, prose("Page 1 of 1")]) == [(1, 2), (3, 3)]


def test_receipts_of_other_sizes_are_other_documents() -> None:
    receipts = [
        make_page(f"SHOP {name}", "Tel 03 1234567", "Date 01/02/2018", "Total 12.50", size=size)
        for name, size in (("ALPHA", (220.0, 500.0)), ("BETA", (250.0, 700.0)), ("GAMMA", (200.0, 400.0)))
    ]
    assert find_segments(receipts) == [(1, 1), (2, 2), (3, 3)]


def test_a_sentence_that_goes_on_is_the_same_document() -> None:
    pages = [prose(), prose(start="which continues over the page into this other row")]
    assert find_segments(pages) == [(1, 2)]


def test_rows_are_what_stands_on_one_level() -> None:
    left, right = make_page("Total due"), make_page("now")
    apart = tuple(replace(w, box=Box(400, w.box.y0 + 2, 430, w.box.y1 + 2), line=7) for w in right.words)
    page = replace(left, words=(*apart, *left.words))
    assert [row.text for row in make_rows(page)] == ["Total due now"]


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_traits_do_not_depend_on_how_a_page_lies(turned: int) -> None:
    upright = invoice("2024-0001", "Muster", "Page 1 of 2")
    size = (HEIGHT_PT, WIDTH_PT) if turned % 180 else (WIDTH_PT, HEIGHT_PT)
    lying = replace(upright, width_pt=size[0], height_pt=size[1], turned=turned)
    words = tuple(replace(word, box=from_upright(lying, word.box)) for word in upright.words)
    assert describe_page(replace(lying, words=words)) == describe_page(upright)


@given(st.lists(st.lists(st.text("aA1 .:/-INVOICE", max_size=40), max_size=6), max_size=8))
def test_segments_cover_all_pages_in_order(pages: list[list[str]]) -> None:
    segments = find_segments([make_page(*rows) for rows in pages])
    numbers = [number for first, last in segments for number in range(first, last + 1)]
    assert numbers == list(range(1, len(pages) + 1))


def test_long_rows_are_no_trap() -> None:
    traps = (
        "agreement " * 2000,
        "total " * 2000,
        "1" * 20_000,
        "invoice no " * 2000,
        "a" * 20_000,
        "- " * 9000,
    )
    assert find_segments([make_page(*[trap] * 3) for trap in traps])[-1][1] == len(traps)
