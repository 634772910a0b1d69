"""Native means the embedded scan bit for bit, and nothing else on the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sheets import (
    HEIGHT_PT,
    HEIGHT_PX,
    WIDTH_PT,
    WIDTH_PX,
    add_hidden_text,
    draw_sheet,
    embedded,
    encode,
    make_scan,
    pymupdf,
    save,
)

from docai.pages.renderer import DocumentRenderer
from docai.types import Page, PageImage

PNG = encode(draw_sheet())
PLACE = f"q {WIDTH_PT} 0 0 {HEIGHT_PT} 0 0 cm /I Do Q ".encode()


def render(path: Path) -> tuple[Page, PageImage]:
    renderer = DocumentRenderer()
    document = renderer.open(path, path.name)
    page = renderer.page(document, 1)
    return page, renderer.render(page)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize(
    "data",
    [
        PNG,
        encode(draw_sheet("RGB")),
        encode(draw_sheet("1")),
        encode(draw_sheet("P")),
        encode(draw_sheet(), "JPEG"),
        encode(draw_sheet("RGB"), "JPEG"),
        encode(draw_sheet("1"), "TIFF", compression="group4"),
    ],
    ids=["gray", "rgb", "black-and-white", "palette", "gray-jpeg", "colour-jpeg", "fax"],
)
def test_a_scan_is_taken_as_it_is(tmp_path: Path, data: bytes, rotation: int) -> None:
    path = save(make_scan(data, rotation=rotation), tmp_path / "scan.pdf")
    page, image = render(path)
    assert (page.image_kind, image.kind) == ("native", "native")
    assert np.array_equal(image.pixels, np.rot90(embedded(path), -(rotation // 90)))
    assert (image.dpi_x, image.dpi_y) == pytest.approx((200.0, 200.0))
    assert (page.dpi_x, page.dpi_y) == (image.dpi_x, image.dpi_y)
    assert (page.width_pt, page.height_pt) == (
        (HEIGHT_PT, WIDTH_PT) if rotation % 180 else (WIDTH_PT, HEIGHT_PT)
    )


def test_black_and_white_is_0_and_255(tmp_path: Path) -> None:
    _, image = render(save(make_scan(encode(draw_sheet("1"))), tmp_path / "scan.pdf"))
    assert set(np.unique(image.pixels)) == {0, 255}
    assert np.array_equal(image.pixels, np.asarray(draw_sheet("1").convert("L")))


def test_resolutions_across_and_down_may_differ(tmp_path: Path) -> None:
    fax = encode(draw_sheet("1", (425, 275)))
    page, image = render(save(make_scan(fax, rotation=90), tmp_path / "fax.pdf"))
    assert image.kind == "native"
    assert (page.dpi_x, page.dpi_y) == pytest.approx((100.0, 200.0))


def _stamp(page: Any) -> None:
    page.add_freetext_annot(pymupdf.Rect(30, 30, 120, 60), "RECEIVED")


def _redaction(page: Any) -> None:
    page.draw_rect(pymupdf.Rect(30, 60, 100, 70), fill=(0, 0, 0))


def _text(page: Any) -> None:
    page.insert_text((30, 100), "Bates 0001")


def _crop(page: Any) -> None:
    page.set_cropbox(pymupdf.Rect(10, 10, WIDTH_PT - 10, HEIGHT_PT - 10))


def _second_image(page: Any) -> None:
    page.insert_image(pymupdf.Rect(30, 30, 60, 60), stream=encode(Image.new("L", (9, 9), 0)))


@pytest.mark.parametrize("change", [_stamp, _redaction, _text, _crop, _second_image])
def test_what_else_shows_is_drawn(tmp_path: Path, change: Callable[[Any], None]) -> None:
    document = make_scan(PNG)
    change(document[0])
    path = save(document, tmp_path / "scan.pdf")
    page, image = render(path)
    assert (page.image_kind, image.kind) == ("rendered", "rendered")
    assert not np.array_equal(image.pixels, embedded(path))
    # At the scan's own resolution all the same.
    assert (image.dpi_x, image.dpi_y) == pytest.approx((200.0, 200.0), rel=0.01)


@pytest.mark.parametrize(
    "contents",
    [
        b"q 20 20 80 80 re W n " + PLACE + b"Q",
        f"q {-WIDTH_PT} 0 0 {HEIGHT_PT} {WIDTH_PT} 0 cm /I Do Q ".encode(),
        f"q 0 {HEIGHT_PT} {-WIDTH_PT} 0 {WIDTH_PT} 0 cm /I Do Q ".encode(),
        f"q {WIDTH_PT} 3 -3 {HEIGHT_PT} 0 0 cm /I Do Q ".encode(),
        f"q {WIDTH_PT - 20} 0 0 {HEIGHT_PT - 20} 10 10 cm /I Do Q ".encode(),
    ],
    ids=["clipped", "mirrored", "turned", "skewed", "with margins"],
)
def test_an_image_that_is_placed_otherwise_is_drawn(tmp_path: Path, contents: bytes) -> None:
    path = save(make_scan(PNG, contents=contents), tmp_path / "scan.pdf")
    _, image = render(path)
    assert image.kind == "rendered"
    assert not np.array_equal(image.pixels, embedded(path))


@pytest.mark.parametrize(("opacity", "kind"), [("0.3", "rendered"), ("1", "native")])
def test_a_graphics_state_may_tint(tmp_path: Path, opacity: str, kind: str) -> None:
    document = make_scan(PNG, contents=b"q /G gs " + PLACE + b"Q")
    resources = document.xref_get_key(document[0].xref, "Resources")
    owner, key = (document[0].xref, "Resources/ExtGState") if resources[0] == "dict" else (0, "ExtGState")
    owner = owner or int(resources[1].split()[0])
    document.xref_set_key(owner, key, f"<</G<</ca {opacity}>>>>")
    _, image = render(save(document, tmp_path / "scan.pdf"))
    assert image.kind == kind


def test_a_soft_mask_is_drawn(tmp_path: Path) -> None:
    sheet = draw_sheet("RGB").convert("RGBA")
    sheet.putalpha(Image.linear_gradient("L").resize(sheet.size))
    _, image = render(save(make_scan(encode(sheet)), tmp_path / "scan.pdf"))
    assert image.kind == "rendered"


@pytest.mark.parametrize(
    "contents",
    [
        f"q 0 0 {WIDTH_PT} {HEIGHT_PT} re W n ".encode() + PLACE + b"Q",
        f"q 1 1 1 rg 0 0 {WIDTH_PT} {HEIGHT_PT} re f Q ".encode() + PLACE,
        b"q q " + PLACE + b" Q Q",
    ],
    ids=["clipped to itself", "over white paper", "nested"],
)
def test_what_changes_nothing_costs_nothing(tmp_path: Path, contents: bytes) -> None:
    path = save(make_scan(PNG, contents=contents, rotation=90), tmp_path / "scan.pdf")
    _, image = render(path)
    assert image.kind == "native"
    assert np.array_equal(image.pixels, np.rot90(embedded(path), -1))


def test_an_earlier_ocr_layer_is_no_obstacle(tmp_path: Path) -> None:
    document = make_scan(PNG)
    add_hidden_text(document[0])
    path = save(document, tmp_path / "scan.pdf")
    page, image = render(path)
    assert (page.image_kind, image.kind) == ("native", "native")
    assert np.array_equal(image.pixels, embedded(path))


def test_an_ocr_layer_in_a_form_is_no_obstacle(tmp_path: Path) -> None:
    words = pymupdf.open()
    add_hidden_text(words.new_page(width=WIDTH_PT, height=HEIGHT_PT))
    document = make_scan(PNG)
    document[0].show_pdf_page(document[0].rect, words, 0)
    path = save(document, tmp_path / "scan.pdf")
    _, image = render(path)
    assert image.kind == "native"
    assert np.array_equal(image.pixels, embedded(path))


@pytest.mark.parametrize(
    "space",
    [
        "/DeviceGray",
        "[/Separation /Black /DeviceGray <</FunctionType 2 /Domain [0 1] /N 1 /C0 [1] /C1 [0]>>]",
    ],
)
def test_sixteen_bits_and_inks_are_not_native(tmp_path: Path, space: str) -> None:
    document = make_scan(PNG)
    xref = document[0].get_images()[0][0]
    gray = np.asarray(draw_sheet())
    if space == "/DeviceGray":
        document.xref_set_key(xref, "BitsPerComponent", "16")
        gray = gray.astype(">u2") * 257
    document.xref_set_key(xref, "ColorSpace", space)
    document.update_stream(xref, gray.tobytes())
    document.xref_set_key(xref, "DecodeParms", "null")
    _, image = render(save(document, tmp_path / "scan.pdf"))
    assert image.kind == "rendered"
    shown = np.asarray(draw_sheet()) if space == "/DeviceGray" else 255 - np.asarray(draw_sheet())
    assert np.abs(image.pixels.astype(int) - shown).max() <= 1


def test_four_inks_are_drawn_as_rgb(tmp_path: Path) -> None:
    _, image = render(save(make_scan(encode(draw_sheet("CMYK"), "TIFF")), tmp_path / "scan.pdf"))
    assert image.kind == "rendered"
    assert image.pixels.shape[:2] == (HEIGHT_PX, WIDTH_PX)


def test_strips_are_drawn_at_their_own_resolution(tmp_path: Path) -> None:
    sheet = np.asarray(draw_sheet())
    document = pymupdf.open()
    page = document.new_page(width=WIDTH_PT, height=HEIGHT_PT)
    for top in range(0, HEIGHT_PX, 110):
        strip = encode(Image.fromarray(sheet[top : top + 110]))
        place = pymupdf.Rect(0, top * 0.36, WIDTH_PT, (top + 110) * 0.36)
        page.insert_image(place, stream=strip, keep_proportion=False)
    _, image = render(save(document, tmp_path / "strips.pdf"))
    assert image.kind == "rendered"
    assert (image.dpi_x, image.dpi_y) == pytest.approx((200.0, 200.0))
    # Later strips begin off the pixel grid by float32's precision, and MuPDF stretches them by one row.
    assert image.pixels.shape == sheet.shape
    assert np.array_equal(image.pixels[:109], sheet[:109])


def test_a_stencil_is_drawn_at_its_own_resolution(tmp_path: Path) -> None:
    document = make_scan(PNG)
    xref = document[0].get_images()[0][0]
    sheet = np.asarray(draw_sheet("1"))
    size = f"/Width {WIDTH_PX}/Height {HEIGHT_PX}"
    document.update_object(xref, f"<</Subtype/Image{size}/ImageMask true/BitsPerComponent 1/Decode[1 0]>>")
    document.update_stream(xref, np.packbits(~sheet, axis=1).tobytes())
    _, image = render(save(document, tmp_path / "stencil.pdf"))
    assert image.kind == "rendered"
    assert np.array_equal(image.pixels, np.where(sheet, 255, 0))


def test_images_that_all_pages_list_are_told_apart(tmp_path: Path) -> None:
    document = make_scan(PNG)
    other = np.asarray(draw_sheet())[::-1]
    page = document.new_page(width=WIDTH_PT, height=HEIGHT_PT)
    page.insert_image(page.rect, stream=encode(Image.fromarray(other)), keep_proportion=False)
    first, second = (document[i].get_images()[0] for i in (0, 1))
    shared = f"<</XObject<</{first[7]} {first[0]} 0 R/{second[7]}x {second[0]} 0 R>>>>"
    for index in (0, 1):
        document.xref_set_key(document[index].xref, "Resources", shared)
    stream = document[1].get_contents()[0]
    document.update_stream(
        stream, document.xref_stream(stream).replace(second[7].encode(), second[7].encode() + b"x")
    )
    path = save(document, tmp_path / "scan.pdf")
    renderer = DocumentRenderer()
    pages = renderer.pages(renderer.open(path, "scan.pdf"))
    images = [renderer.render(page) for page in pages]
    assert [image.kind for image in images] == ["native", "native"]
    assert np.array_equal(images[0].pixels, np.asarray(draw_sheet()))
    assert np.array_equal(images[1].pixels, other)
