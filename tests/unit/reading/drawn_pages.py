"""Pages drawn with PyMuPDF: real fonts, real pixels, the words and boxes known."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import cv2
import numpy as np
import pymupdf
from numpy.typing import NDArray

from docai.reading.router import PageReader
from docai.types import Box, ImageKind, Page, PageImage, Word

PROSE = (
    "This Agreement is made as of the first day of March 2019 by and between",
    "Northern Harbour Supplies Limited and the customer named below, and sets",
    "out the terms on which goods are sold, delivered, invoiced and paid for.",
    "The supplier shall deliver within thirty days after the order was placed.",
    "Every invoice is due within 45 days; a late payment carries interest at",
    "the rate of 4.5 percent a year until the whole amount has been received.",
    "Either party may terminate this Agreement upon sixty days written notice.",
    "This Agreement is governed by the laws of the State of Delaware, without",
    "regard to its rules on the conflict of laws that would lead elsewhere.",
    "No amendment is binding unless it is made in writing and signed by both.",
)


@functools.cache
def page_reader() -> PageReader:
    """Loading the engines costs more than reading a page; a reader keeps nothing of what it read."""
    return PageReader()


def draw_page(
    lines: Sequence[str] = PROSE,
    *,
    dpi: int = 150,
    turned: int = 0,
    skew_deg: float = 0.0,
    kind: ImageKind = "native",
    font: str = "tiro",
    size_pt: float = 12.0,
    shapes: Sequence[tuple[Box, bool]] = (),
) -> tuple[Page, PageImage, list[Word]]:
    """An A4 page that must be turned clockwise by `turned` to be read, its image, and its words' truth.

    `shapes`: filled (True) or outlined boxes in points, drawn before the page is turned. The words' boxes
    are those of the upright page.
    """
    sheet = pymupdf.open().new_page(width=595, height=842)
    for number, line in enumerate(lines):
        sheet.insert_text((72, 100 + number * 1.6 * size_pt), line, fontname=font, fontsize=size_pt)
    for box, filled in shapes:
        sheet.draw_rect(pymupdf.Rect(*box), color=(0, 0, 0), fill=(0, 0, 0) if filled else None, width=1)
    words = [
        Word(text, Box(x0, y0, x1, y1), None, "text-layer", block * 1000 + line)
        for x0, y0, x1, y1, text, block, line, _ in sheet.get_text("words")
    ]
    pixmap = sheet.get_pixmap(dpi=dpi, colorspace="gray")
    upright = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.h, pixmap.w)
    pixels = np.ascontiguousarray(np.rot90(_slope(upright, skew_deg), turned // 90))
    height, width = pixels.shape
    page = Page("sha256:drawn", 1, width * 72 / dpi, height * 72 / dpi, dpi, dpi, kind)
    return page, PageImage(1, pixels, kind, dpi, dpi), words


def _slope(pixels: NDArray[np.uint8], skew_deg: float) -> NDArray[np.uint8]:
    """Turned counter-clockwise, so that turning clockwise by `skew_deg` levels it."""
    if not skew_deg:
        return pixels
    height, width = pixels.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), skew_deg, 1.0)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), borderValue=255), np.uint8)
