"""Image files: modes, orientation, resolution, frames, broken ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from sheets import draw_sheet, encode

from docai.errors import DocumentError
from docai.pages import media
from docai.pages.limits import PageLimits
from docai.pages.raster import find_dpi
from docai.pages.renderer import DocumentRenderer
from docai.types import Page, PageImage


def render(path: Path, data: bytes, limits: PageLimits | None = None) -> list[tuple[Page, PageImage]]:
    path.write_bytes(data)
    renderer = DocumentRenderer(limits=limits)
    document = renderer.open(path, path.name)
    return [(page, renderer.render(page)) for page in renderer.pages(document)]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_orientation_is_honoured(tmp_path: Path, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    sheet = draw_sheet("RGB")
    ((page, image),) = render(tmp_path / "a", encode(sheet, kind, exif=exif))
    stored = Image.open(tmp_path / "a")
    expected = np.asarray(ImageOps.exif_transpose(stored))
    assert np.array_equal(image.pixels, expected)
    assert image.kind == "native"
    turned = orientation >= 5
    assert (image.pixels.shape[0] < image.pixels.shape[1]) == turned
    assert (page.width_pt > page.height_pt) == turned


def test_resolution_turns_with_the_image(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    ((page, image),) = render(tmp_path / "a", encode(draw_sheet(), "JPEG", exif=exif, dpi=(100, 200)))
    assert (page.dpi_x, page.dpi_y) == pytest.approx((200, 100))
    assert (image.dpi_x, image.dpi_y) == (page.dpi_x, page.dpi_y)


@pytest.mark.parametrize(
    ("mode", "kind", "native"),
    [
        ("1", "PNG", True),
        ("L", "PNG", True),
        ("P", "PNG", True),
        ("RGB", "PNG", True),
        ("RGBA", "PNG", False),
        ("LA", "PNG", False),
        ("CMYK", "JPEG", False),
        ("CMYK", "TIFF", False),
        ("I;16", "PNG", False),
        ("F", "TIFF", False),
        ("1", "BMP", True),
    ],
)
def test_every_mode_becomes_gray_or_rgb(tmp_path: Path, mode: str, kind: str, native: bool) -> None:
    sheet = draw_sheet("L")
    if mode == "I;16":
        sheet = Image.fromarray(np.asarray(sheet, dtype=np.uint16) * 257)
    elif mode == "F":
        sheet = Image.fromarray(np.asarray(sheet, dtype=np.float32))
    else:
        sheet = draw_sheet(mode)
    ((page, image),) = render(tmp_path / "a", encode(sheet, kind))
    assert (image.kind == "native", page.image_kind) == (native, image.kind)
    shown = image.pixels if image.pixels.ndim == 2 else image.pixels[:, :, 0]
    reference = np.asarray(draw_sheet("1" if mode == "1" else "L").convert("L"))
    # JPEG and 16 palette colours lose some levels.
    assert np.abs(shown.astype(int) - reference).mean() < (6 if mode in ("P", "CMYK") else 0.5)


def test_transparency_is_white_paper(tmp_path: Path) -> None:
    sheet = Image.new("RGBA", (40, 30), (255, 0, 0, 0))
    sheet.putpixel((5, 5), (0, 0, 0, 255))
    ((_, image),) = render(tmp_path / "a", encode(sheet))
    assert tuple(image.pixels[0, 0]) == (255, 255, 255)
    assert tuple(image.pixels[5, 5]) == (0, 0, 0)


def test_frames_of_a_tiff_are_pages_with_their_own_resolution(tmp_path: Path) -> None:
    first, second = draw_sheet("1"), draw_sheet("L", (300, 200))
    second.encoderinfo = {"dpi": (100, 100), "compression": "tiff_lzw"}
    first.encoderinfo = {"dpi": (204, 98), "compression": "group4"}
    data = encode(first, "TIFF", save_all=True, append_images=[second], dpi=(204, 98))
    (page_1, image_1), (page_2, image_2) = render(tmp_path / "a", data)
    assert np.array_equal(image_1.pixels, np.asarray(first.convert("L")))
    assert image_2.pixels.shape == (200, 300)
    assert (page_1.dpi_x, page_1.dpi_y) == pytest.approx((204, 98))
    assert (page_1.number, page_2.number) == (1, 2)


@pytest.mark.parametrize(
    ("stated", "size", "media_type", "expected"),
    [
        ((300, 300), (2550, 3300), media.PNG, (300, 300)),
        ((204, 98), (1728, 1100), media.TIFF, (204, 98)),
        ((72, 72), (800, 600), media.TIFF, (72, 72)),
        ((72, 72), (800, 1600), media.JPEG, (200, 200)),
        ((96, 96), (800, 1600), media.BMP, (200, 200)),
        (None, (620, 1400), media.JPEG, (200, 200)),
        (None, (600, 6000), media.JPEG, (200, 200)),
        (None, (3024, 4032), media.JPEG, (4032 / 11.69, 4032 / 11.69)),
        ((0, 0), (620, 1400), media.PNG, (200, 200)),
        ((300, 1), (620, 1400), media.PNG, (200, 200)),
        ((1, 1), (620, 1400), media.TIFF, (200, 200)),
    ],
)
def test_resolution(
    stated: tuple[float, float] | None, size: tuple[int, int], media_type: str, expected: tuple[float, float]
) -> None:
    assert find_dpi(stated, *size, media_type) == pytest.approx(expected)


@given(
    st.none() | st.tuples(st.floats(-10, 1e6), st.floats(-10, 1e6)),
    st.integers(1, 20_000),
    st.integers(1, 20_000),
    st.sampled_from([media.JPEG, media.TIFF]),
)
def test_any_resolution_makes_a_sheet(
    stated: tuple[float, float] | None, width: int, height: int, media_type: str
) -> None:
    x, y = find_dpi(stated, width, height, media_type)
    assert x > 0
    assert y > 0
    # No sheet is longer than 24 inches, unless it is a strip of that many pixels.
    assert max(width / x, height / y) <= 24 or max(width, height) >= 3 * min(width, height)


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    for kind in ("PNG", "TIFF", "WEBP", "BMP"):
        data = encode(Image.new("1", (400, 300)), kind)
        with pytest.raises(DocumentError) as caught:
            render(tmp_path / "bomb", data, PageLimits(max_scan_pixels=100_000))
        assert (caught.value.code, caught.value.page) == ("too-large", 1)


def test_one_page_too_many_pixels_costs_one_page(tmp_path: Path) -> None:
    path = tmp_path / "a"
    sheets = [Image.new("L", size) for size in ((100, 90), (400, 300), (80, 90))]
    path.write_bytes(encode(sheets[0], "TIFF", save_all=True, append_images=sheets[1:]))
    renderer = DocumentRenderer(limits=PageLimits(max_scan_pixels=50_000))
    first, second, third = renderer.pages(renderer.open(path, "a"))
    assert renderer.render(first).pixels.shape == (90, 100)
    with pytest.raises(DocumentError) as caught:
        renderer.render(second)
    assert (caught.value.code, caught.value.page) == ("too-large", 2)
    assert renderer.render(third).pixels.shape == (90, 80)


def test_broken_images_are_damaged(tmp_path: Path) -> None:
    data = encode(draw_sheet("RGB"), "PNG")
    for broken in (data[: len(data) // 2], data[:40] + b"\0" * 200 + data[240:]):
        with pytest.raises(DocumentError) as caught:
            render(tmp_path / "a.png", broken)
        assert caught.value.code == "damaged"
        assert str(tmp_path) not in caught.value.message
