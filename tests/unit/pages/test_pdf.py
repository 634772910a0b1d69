"""Digital-born pages, passwords and limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheets import HEIGHT_PT, WIDTH_PT, draw_sheet, encode, make_scan, pymupdf, save

from docai.errors import DocumentError
from docai.pages.limits import PageLimits, choose_dpi
from docai.pages.renderer import DocumentRenderer


def make_text(
    size_pt: float, width: float = 300, height: float = 400, colour: tuple[float, ...] = (0,)
) -> Any:
    document = pymupdf.open()
    page = document.new_page(width=width, height=height)
    for row in range(10):
        page.insert_text((20, 40 + row * 20), "some words in a row", fontsize=size_pt, color=colour)
    return document


@pytest.mark.parametrize(("size_pt", "dpi"), [(20, 150), (10, 201.6), (6, 336), (2, 400)])
def test_small_print_gets_more_pixels(tmp_path: Path, size_pt: float, dpi: float) -> None:
    renderer = DocumentRenderer()
    document = renderer.open(save(make_text(size_pt), tmp_path / "a.pdf"), "a")
    image = renderer.render(renderer.page(document, 1))
    assert (image.dpi_x, image.dpi_y) == pytest.approx((dpi, dpi), rel=0.002)
    assert image.kind == "rendered"
    assert image.pixels.ndim == 2


def test_a_footnote_mark_does_not_decide(tmp_path: Path) -> None:
    document = make_text(10)
    document[0].insert_text((200, 300), "1", fontsize=3)
    renderer = DocumentRenderer()
    page = renderer.page(renderer.open(save(document, tmp_path / "a.pdf"), "a"), 1)
    assert page.dpi_x == pytest.approx(201.6, rel=0.002)


def test_colour_is_kept(tmp_path: Path) -> None:
    renderer = DocumentRenderer()
    document = renderer.open(save(make_text(10, colour=(1, 0, 0)), tmp_path / "a.pdf"), "a")
    pixels = renderer.render(renderer.page(document, 1)).pixels
    assert pixels.ndim == 3
    assert np.any((pixels[:, :, 0] > 200) & (pixels[:, :, 1] < 50))


def test_text_over_a_coarse_picture_stays_legible(tmp_path: Path) -> None:
    document = make_scan(encode(draw_sheet(size=(90, 117))))
    document[0].insert_text((20, 40), "typed over it, and much of it", fontsize=6)
    renderer = DocumentRenderer()
    page = renderer.page(renderer.open(save(document, tmp_path / "a.pdf"), "a"), 1)
    assert page.dpi_x == pytest.approx(336, rel=0.01)


@given(
    st.none() | st.floats(0.1, 500),
    st.floats(1, 100_000),
    st.floats(1, 100_000),
)
def test_a_page_never_gets_more_pixels_than_allowed(size: float | None, width: float, height: float) -> None:
    limits = PageLimits()
    dpi = choose_dpi(size, width, height, limits)
    assert 0 < dpi <= limits.max_dpi
    assert width * dpi / 72 * height * dpi / 72 <= limits.max_rendered_pixels * 1.0001


def test_a_giant_page_is_drawn_coarser(tmp_path: Path) -> None:
    renderer = DocumentRenderer(limits=PageLimits(max_rendered_pixels=1_000_000))
    document = renderer.open(save(make_text(10, 10_000, 8_000), tmp_path / "a.pdf"), "a")
    assert 900_000 < renderer.render(renderer.page(document, 1)).pixels.size <= 1_010_000


def test_a_scan_above_the_limit_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = save(make_scan(encode(draw_sheet())), tmp_path / "a.pdf")
    renderer = DocumentRenderer(limits=PageLimits(max_scan_pixels=100_000))
    page = renderer.page(renderer.open(path, "a.pdf"), 1)
    with pytest.raises(DocumentError) as caught:
        renderer.render(page)
    assert (caught.value.code, caught.value.page) == ("too-large", 1)
    assert "425×550" in caught.value.message


def test_too_many_pages(tmp_path: Path) -> None:
    document = make_text(10)
    document.new_page()
    path = save(document, tmp_path / "a.pdf")
    with pytest.raises(DocumentError) as caught:
        DocumentRenderer(limits=PageLimits(max_pages=1)).open(path, "a.pdf")
    assert caught.value.code == "too-many-pages"


@pytest.mark.parametrize(
    ("password", "code"),
    [(None, "password-needed"), ("wrong", "password-wrong"), ("open", None), ("own", None)],
)
def test_passwords(tmp_path: Path, password: str | None, code: str | None) -> None:
    path = save(
        make_text(10),
        tmp_path / "a.pdf",
        encryption=pymupdf.PDF_ENCRYPT_AES_256,
        user_pw="open",
        owner_pw="own",
    )
    renderer = DocumentRenderer(password=password)
    if code is None:
        assert renderer.open(path, "a.pdf").page_count == 1
        return
    with pytest.raises(DocumentError) as caught:
        renderer.open(path, "a.pdf")
    assert caught.value.code == code
    assert "--password" in str(caught.value.hint)


def test_a_password_that_is_not_needed_is_ignored(tmp_path: Path) -> None:
    path = save(make_text(10), tmp_path / "a.pdf")
    assert DocumentRenderer(password="x").open(path, "a.pdf").page_count == 1


def test_an_empty_page_is_white(tmp_path: Path) -> None:
    document = pymupdf.open()
    document.new_page(width=WIDTH_PT, height=HEIGHT_PT)
    renderer = DocumentRenderer()
    image = renderer.render(renderer.page(renderer.open(save(document, tmp_path / "a.pdf"), "a"), 1))
    assert set(np.unique(image.pixels)) == {255}
    assert image.dpi_x == pytest.approx(150, rel=0.01)


def test_pages_of_a_document_that_was_never_opened(tmp_path: Path) -> None:
    renderer = DocumentRenderer()
    page = renderer.page(renderer.open(save(make_text(10), tmp_path / "a.pdf"), "a"), 1)
    with pytest.raises(DocumentError) as caught:
        DocumentRenderer().render(page)
    assert caught.value.code == "not-open"
