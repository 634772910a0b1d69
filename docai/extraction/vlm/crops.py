"""Places of a page cut out of its own pixels, for readers that see nothing else of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.extraction.vlm.looks import Look
from docai.imaging.encoding import encode_png
from docai.imaging.geometry import pixel_box
from docai.types import Box, Page, PageImage

TIGHT, WIDE = (1.0, 0.3), (2.5, 0.9)
"""Margins beside and above a place, in heights of its lines: two crops that differ are read apart. OCR may
have missed the first or last character of what is written there."""
_TALLEST_LINE_IN = 0.3
_LONGEST = 6
"""Sides of a crop: models see a longer strip badly, so that white is added."""
_OCR_SCALE = 2
_OCR_BORDER_PX = 24

ReadPage = Callable[[Page, PageImage], Page]


@dataclass(frozen=True, slots=True)
class Crop:
    """One place upright: as PNG with a narrow and a wider margin, and what docai's own OCR reads of it."""

    tight: bytes = field(repr=False)
    wide: bytes = field(repr=False)
    text: str


def make_crops(page: Page, image: PageImage, looks: Sequence[Look], read: ReadPage) -> tuple[Crop, ...]:
    """Crops of a page's image, in the order of `looks`. `read`: reads a page that is the crop alone."""
    crops = []
    for look in looks:
        tight, wide = (cut_place(page, image, look, margin) for margin in (TIGHT, WIDE))
        crops.append(
            Crop(
                encode_png(pad_strip(tight)),
                encode_png(pad_strip(wide)),
                _read_large(page, image, tight, read),
            )
        )
    return tuple(crops)


def cut_place(page: Page, image: PageImage, look: Look, margins: tuple[float, float]) -> NDArray[np.uint8]:
    """Pixels of a place, the page's turn undone; `margins` beside and above it, within the page."""
    x0, y0, x1, y1 = frame_place(page, look.box, (image.dpi_x, image.dpi_y), margins)
    height, width = image.pixels.shape[:2]
    top, bottom = max(0, int(y0)), min(height, int(y1) + 1)
    left, right = max(0, int(x0)), min(width, int(x1) + 1)
    return np.ascontiguousarray(np.rot90(image.pixels[top:bottom, left:right], -(page.turned // 90)))


def frame_place(
    page: Page, box: Box, dpi: tuple[float, float], margins: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Edges of a crop (left, top, right, bottom) in pixels; they may lie beyond the page."""
    x0, y0, x1, y1 = pixel_box(box, *dpi)
    line = min(x1 - x0, y1 - y0, _TALLEST_LINE_IN * dpi[1])
    beside, above = (margin * line + 2 for margin in margins)
    if page.turned % 180:
        beside, above = above, beside
    return x0 - beside, y0 - above, x1 + beside, y1 + above


def pad_strip(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The crop with white added to its short side, so that no side is `_LONGEST` times the other."""
    height, width = pixels.shape[:2]
    more_y = max(0, -(-width // _LONGEST) - height)
    more_x = max(0, -(-height // _LONGEST) - width)
    if not more_x and not more_y:
        return pixels
    pads = [(more_y // 2, more_y - more_y // 2), (more_x // 2, more_x - more_x // 2)]
    return np.pad(pixels, [*pads, (0, 0)] if pixels.ndim == 3 else pads, constant_values=255)


def _read_large(page: Page, image: PageImage, pixels: NDArray[np.uint8], read: ReadPage) -> str:
    """docai's own reading of a crop at twice its size, in reading order."""
    scale = _OCR_SCALE
    large = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    white = 255 if large.ndim == 2 else (255, 255, 255)
    b = _OCR_BORDER_PX
    framed = np.asarray(
        cv2.copyMakeBorder(large, b, b, b, b, cv2.BORDER_CONSTANT, value=white), dtype=np.uint8
    )
    dpi = max(image.dpi_x, image.dpi_y) * scale
    height, width = framed.shape[:2]
    alone = replace(
        page,
        width_pt=width * 72 / dpi,
        height_pt=height * 72 / dpi,
        dpi_x=dpi,
        dpi_y=dpi,
        image_kind="rendered",
        turned=0,
        skew_deg=0.0,
        words=(),
        regions=(),
        issues=(),
    )
    seen = read(alone, PageImage(page.number, framed, "rendered", dpi, dpi))
    return " ".join(word.text for word in seen.words) if not seen.turned else ""
