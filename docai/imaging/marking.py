"""A page's own pixels with places marked, as a marker pen does: the words stay as black as they are."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.imaging.geometry import pixel_box
from docai.types import Box, PageImage

_YELLOW = np.array((255, 236, 110), dtype=np.uint8)
_MARGIN_PX = 2


def mark_boxes(
    image: PageImage, boxes: Sequence[Box], *, turned: int = 0, longest_px: int | None = None
) -> NDArray[np.uint8]:
    """Upright pixels: gray (height, width), or RGB (height, width, 3) where boxes are marked.

    `boxes`: points of the page as it lies. `turned` (0, 90, 180, 270): the clockwise turn that rights it.
    Outside the boxes every pixel is the page's own, unless `longest_px` makes a longer page smaller.
    """
    pixels = image.pixels
    if boxes:
        pixels = np.stack([pixels] * 3, axis=-1) if pixels.ndim == 2 else pixels.copy()
        height, width = pixels.shape[:2]
        for box in boxes:
            x0, y0, x1, y1 = pixel_box(box, image.dpi_x, image.dpi_y)
            left, top = max(0, int(x0) - _MARGIN_PX), max(0, int(y0) - _MARGIN_PX)
            part = pixels[top : min(height, int(y1) + _MARGIN_PX), left : min(width, int(x1) + _MARGIN_PX)]
            np.minimum(part, _YELLOW, out=part)
    upright = np.ascontiguousarray(np.rot90(pixels, -(turned // 90)))
    longest = max(upright.shape[:2])
    if longest_px is None or longest <= longest_px:
        return upright
    scale = longest_px / longest
    size = (max(1, round(upright.shape[1] * scale)), max(1, round(upright.shape[0] * scale)))
    return np.asarray(cv2.resize(upright, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
