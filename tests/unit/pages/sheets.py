"""Small PDFs and images for the tests of pages: scans in every disguise, and digital-born pages."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf as untyped
from PIL import Image, ImageDraw

pymupdf: Any = untyped
WIDTH_PX, HEIGHT_PX = 425, 550
WIDTH_PT, HEIGHT_PT = 153.0, 198.0  # at 200 DPI


def draw_sheet(mode: str = "L", size: tuple[int, int] = (WIDTH_PX, HEIGHT_PX)) -> Image.Image:
    """A page of ruled 'text' with some noise, different in every corner; same at every call."""
    noise = np.random.default_rng(7).integers(0, 24, (size[1], size[0]), dtype=np.uint8)
    sheet = Image.fromarray(255 - noise)
    pen = ImageDraw.Draw(sheet)
    for row in range(20, size[1] - 20, 18):
        pen.rectangle((20, row, size[0] - 20 - row // 4, row + 7), fill=row % 90)
    if mode == "1":
        return sheet.point(lambda v: 255 if v > 128 else 0).convert("1")
    if mode == "P":
        return sheet.quantize(16)
    if mode == "RGB":
        return Image.merge("RGB", (sheet, sheet.point(lambda v: v // 2), sheet))
    return sheet.convert(mode)


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def make_scan(
    data: bytes, *, rotation: int = 0, contents: bytes | None = None, rect: tuple[float, ...] | None = None
) -> Any:
    """A one-page PDF of an image; `contents` replaces the page's operators (the image is /I)."""
    document = pymupdf.open()
    page = document.new_page(width=WIDTH_PT, height=HEIGHT_PT)
    xref = page.insert_image(rect or page.rect, stream=data, keep_proportion=False)
    if contents is not None:
        name = next(i[7] for i in page.get_images() if i[0] == xref)
        stream = page.get_contents()[0]
        document.update_stream(stream, contents.replace(b"/I", b"/" + name.encode()))
        for extra in page.get_contents()[1:]:
            document.update_stream(extra, b" ")
    page.set_rotation(rotation)
    return document


def add_hidden_text(page: Any) -> None:
    page.insert_text((20, 40), "hidden words", render_mode=3)


def save(document: Any, path: Path, **options: Any) -> Path:
    document.save(path, **options)
    document.close()
    return path


def embedded(path: Path) -> np.ndarray[Any, Any]:
    """The first page's image as MuPDF decodes it, two-dimensional if gray."""
    with pymupdf.open(path) as document:
        pixmap = pymupdf.Pixmap(document, document[0].get_images()[0][0])
        rows = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.stride)
        rows = rows[:, : pixmap.width * pixmap.n].reshape(pixmap.height, pixmap.width, pixmap.n)
        return rows[:, :, 0] if pixmap.n == 1 else rows
