"""Whether a page of ink is set in columns: a white gutter with lines of text on both sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def has_columns(boxes: NDArray[np.int32], width_px: int) -> bool:
    """`boxes` (n, 4) of text lines in a page of `width_px`. True for newspaper-like columns.

    A gutter lies in the middle half, hardly any line crosses it, and on each side at least eight lines as
    wide as a sixth of the page stand beside lines of the other side. Forms and tables have short cells, so
    they are no columns: their rows are to be read across.
    """
    wide = boxes[(boxes[:, 2] - boxes[:, 0]) > width_px / 6]
    if len(wide) < 16:
        return False
    for gutter in np.linspace(0.3, 0.7, 41) * width_px:
        left, right = wide[wide[:, 2] <= gutter], wide[wide[:, 0] >= gutter]
        crossing = len(wide) - len(left) - len(right)
        if len(left) < 8 or len(right) < 8 or crossing > 0.15 * len(wide):
            continue
        middles = (right[:, 1] + right[:, 3]) / 2
        beside = ((left[:, 1, None] <= middles) & (left[:, 3, None] >= middles)).any(axis=1)
        if int(beside.sum()) >= 6:
            return True
    return False
