"""Text lines by ink alone: connected strokes at about 100 DPI, for turn votes, coverage and routing."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.imaging.orientation import Gray, Mask, find_ink

INK_DPI = 100.0


@dataclass(frozen=True, slots=True)
class InkLines:
    """`boxes` (n, 4) int32: x0, y0, x1, y1 of line-like ink in pixels of `ink`, `scale` to a page pixel.

    `small`: the page at `dpi` (about 100), of which `ink` is the mask.
    """

    ink: Mask
    boxes: NDArray[np.int32]
    scale: float
    small: Gray
    dpi: float


def find_ink_lines(gray: Gray, dpi: float) -> InkLines:
    """Letters joined to lines sideways; specks, rules and blocks that are no line left out."""
    scale = min(1.0, INK_DPI / dpi)
    size = (max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale)))
    small = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8) if scale < 1 else gray
    ink = find_ink(small)
    joined = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, 11), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    boxes = stats[1:, :4].astype(np.int32)
    boxes[:, 2:] += boxes[:, :2]
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    keep = (height >= 5) & (height <= 60) & (width >= 2 * height)
    return InkLines(ink, boxes[keep], scale, small, dpi * scale)
