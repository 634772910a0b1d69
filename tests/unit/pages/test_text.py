"""The text layer: words where they are seen, in the order in which they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheets import add_hidden_text, draw_sheet, encode, make_scan, pymupdf, save

from docai.pages.file import TextLayer
from docai.pages.order import order_blocks
from docai.pages.renderer import DocumentRenderer
from docai.pages.text import clean_text
from docai.types import Box


def read(document: Any, path: Path) -> TextLayer:
    renderer = DocumentRenderer()
    opened = renderer.open(save(document, path / "a.pdf"), "a")
    return renderer.text_layer(renderer.page(opened, 1))


def lines(layer: TextLayer) -> list[str]:
    out: dict[int, list[str]] = {}
    for word in layer:
        out.setdefault(word.line, []).append(word.text)
    assert list(out) == list(range(len(out)))
    return [" ".join(words) for words in out.values()]


def make_page(*places: tuple[float, float, str], width: float = 400, height: float = 300) -> Any:
    document = pymupdf.open()
    page = document.new_page(width=width, height=height)
    for x, y, text in places:
        page.insert_text((x, y), text, fontsize=10)
    return document


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_boxes_are_on_the_ink(tmp_path: Path, rotation: int) -> None:
    document = make_page((60, 80, "Where"), (200, 250, "there"))
    document[0].set_cropbox(pymupdf.Rect(40, 30, 380, 280))
    document[0].set_rotation(rotation)
    path = save(document, tmp_path / "a.pdf")
    renderer = DocumentRenderer()
    page = renderer.page(renderer.open(path, "a"), 1)
    image, layer = renderer.render(page), renderer.text_layer(page)
    assert sorted(w.text for w in layer) == ["Where", "there"]
    left = image.pixels.copy()
    for word in layer:
        x0, x1 = (round(v * image.dpi_x / 72) for v in (word.box.x0, word.box.x1))
        y0, y1 = (round(v * image.dpi_y / 72) for v in (word.box.y0, word.box.y1))
        assert image.pixels[y0:y1, x0:x1].min() < 128
        left[y0:y1, x0:x1] = 255
    assert left.min() > 128
    assert layer.turned == (0 if rotation == 0 else 360 - rotation)


def test_turned_text_on_a_turned_page_is_level(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=300, height=400)
    for row in range(3):
        page.insert_text((100 + 20 * row, 300), f"row {row}", rotate=90)
    page.set_rotation(90)
    layer = read(document, tmp_path)
    assert layer.turned == 0
    assert lines(layer) == ["row 0", "row 1", "row 2"]


def test_hidden_words_are_read_and_said_to_be_hidden(tmp_path: Path) -> None:
    document = make_scan(encode(draw_sheet()))
    add_hidden_text(document[0])
    layer = read(document, tmp_path)
    assert [w.text for w in layer] == ["hidden", "words"]
    assert layer.invisible_share == 1.0
    assert read(make_page((20, 40, "plain")), tmp_path).invisible_share == 0.0


def test_words_under_an_image_do_not_show(tmp_path: Path) -> None:
    document = make_page((20, 40, "below the scan"))
    page = document[0]
    page.insert_image(page.rect, stream=encode(draw_sheet()), keep_proportion=False)
    assert read(document, tmp_path).invisible_share == 1.0


def test_forms_and_notes_on_the_page_count_and_hidden_ones_do_not(tmp_path: Path) -> None:
    document = make_page((20, 40, "Name:"))
    page = document[0]
    widget = pymupdf.Widget()
    widget.field_type, widget.field_name = pymupdf.PDF_WIDGET_TYPE_TEXT, "name"
    widget.field_value, widget.rect = "Mustermann", pymupdf.Rect(60, 28, 200, 44)
    page.add_widget(widget)
    page.add_freetext_annot(pymupdf.Rect(20, 100, 200, 120), "approved")
    hidden = page.add_freetext_annot(pymupdf.Rect(20, 200, 200, 220), "secret")
    hidden.set_flags(pymupdf.PDF_ANNOT_IS_HIDDEN)
    hidden.update()
    assert sorted(w.text for w in read(document, tmp_path)) == ["Mustermann", "Name:", "approved"]


def test_attachments_are_never_read(tmp_path: Path) -> None:
    document = make_page((20, 40, "invoice"))
    document.embfile_add("factur-x.xml", b"<total>42</total>")
    document[0].add_file_annot((300, 200), b"<total>43</total>", "more.xml")
    assert [w.text for w in read(document, tmp_path)] == ["invoice"]


def test_words_off_the_page_are_dropped(tmp_path: Path) -> None:
    document = make_page((20, 40, "on"), (500, 100, "off"), (20, 600, "below"))
    assert [w.text for w in read(document, tmp_path)] == ["on"]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("oﬀice", "office"),
        ("ﬁnal ", "final"),
        ("a\u00a0b", "a b"),
        ("\u200b", ""),
        ("co\u00adop", "co-op"),
        ("№", "№"),
    ],
)
def test_clean_text(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


def test_columns_of_prose_are_read_one_after_the_other(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=400, height=300)
    page.insert_text((120, 30), "A heading over both", fontsize=10)
    for column, x in (("left", 20), ("right", 220)):
        text = "\n".join(f"{column} column line {i} of the paragraph" for i in range(6))
        page.insert_text((x, 60), text, fontsize=8)
    found = lines(read(document, tmp_path))
    assert found[0] == "A heading over both"
    assert [line.split()[0] for line in found[1:]] == ["left"] * 6 + ["right"] * 6


def test_rows_of_a_table_stay_together(tmp_path: Path) -> None:
    cells = [(20 + 130 * c, 60 + 30 * r, f"r{r}c{c}") for c in range(3) for r in range(4)]
    found = " ".join(lines(read(make_page(*cells), tmp_path)))
    assert found.split() == [f"r{r}c{c}" for r in range(4) for c in range(3)]


def test_order_does_not_depend_on_the_order_of_painting(tmp_path: Path) -> None:
    places = [(20.0, 40.0 + 25 * i, f"line {i}") for i in range(8)]
    assert lines(read(make_page(*places[::-1]), tmp_path)) == [f"line {i}" for i in range(8)]


_BOX = st.tuples(st.floats(0, 500), st.floats(0, 700), st.floats(0, 100), st.floats(0, 30)).map(
    lambda v: Box(v[0], v[1], v[0] + v[2], v[1] + v[3])
)


@given(st.lists(st.lists(_BOX, max_size=4), max_size=25))
def test_every_line_comes_once_and_blocks_stay_whole(blocks: list[list[Box]]) -> None:
    keyed = [[((b, i), box) for i, box in enumerate(block)] for b, block in enumerate(blocks)]
    order = order_blocks(keyed)
    assert sorted(order) == sorted(key for block in keyed for key, _ in block)
    firsts = [order.index((b, 0)) for b, block in enumerate(blocks) if block]
    for b, first in zip((b for b, block in enumerate(blocks) if block), firsts, strict=True):
        assert order[first : first + len(blocks[b])] == [(b, i) for i in range(len(blocks[b]))]
