"""A cited page as a picture to read, with the places of its citations in fractions of it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image

from docai.imaging.drawing import turn_upright
from docai.imaging.geometry import image_size_pt, turn_box
from docai.types import Box, PageImage

ShowPage: TypeAlias = Callable[[str, str, int], tuple[PageImage, int]]
"""(document id, uri, page number) -> its pixels and the clockwise turn that rights it. Raises DocaiError."""

_LONGER_SIDE_PX = 1800
"""Legible in print: about 160 DPI on A4."""
_JPEG_QUALITY = 72


@dataclass(frozen=True, slots=True)
class PagePicture:
    """`data_uri`: PNG or JPEG. `places`: for each group of boxes that was asked for, rectangles (left, top,
    width, height) in fractions of the upright picture."""

    data_uri: str
    width_px: int
    height_px: int
    places: tuple[tuple[tuple[float, float, float, float], ...], ...]


def make_picture(image: PageImage, turned: int, groups: Sequence[Sequence[Box]]) -> PagePicture:
    """The page upright and small enough to send around, with where each group of boxes lies on it.

    Boxes: points of the page as it lies in the file. Black-and-white and gray pages stay gray.
    """
    width_pt, height_pt = image_size_pt(image)
    scale = min(1.0, _LONGER_SIDE_PX / max(image.pixels.shape[:2]))
    # Square pixels: fax scans have other resolutions across than down.
    dpi = max(image.dpi_x, image.dpi_y) * scale
    size = (max(1, round(width_pt * dpi / 72)), max(1, round(height_pt * dpi / 72)))
    picture = Image.fromarray(image.pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    picture = turn_upright(picture, turned)
    upright = (height_pt, width_pt) if turned % 180 else (width_pt, height_pt)
    places = tuple(
        tuple(_fraction(turn_box(box, turned, width_pt, height_pt), upright) for box in boxes)
        for boxes in groups
    )
    return PagePicture(_encode(picture), picture.width, picture.height, places)


def _fraction(box: Box, size_pt: tuple[float, float]) -> tuple[float, float, float, float]:
    width, height = size_pt
    return box.x0 / width, box.y0 / height, (box.x1 - box.x0) / width, (box.y1 - box.y0) / height


def _encode(picture: Image.Image) -> str:
    """The smaller of PNG with few grays (text) and JPEG (photographs)."""
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    best, kind = jpeg.getvalue(), "jpeg"
    if picture.mode == "L":
        png = io.BytesIO()
        picture.quantize(16).save(png, "PNG", optimize=True)
        if len(png.getvalue()) < len(best):
            best, kind = png.getvalue(), "png"
    return f"data:image/{kind};base64,{base64.b64encode(best).decode('ascii')}"
