"""Ink that a text layer leaves out, and where OCR's words go among the layer's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from docai.reading.blocks import InkLines
from docai.reading.tokens import PixelBox
from docai.types import Word

COVERED = 0.3
"""A line of ink with less than this share under words is not in the layer."""


def uncovered_lines(ink: InkLines, boxes: Sequence[PixelBox]) -> NDArray[np.int32]:
    """Lines (n, 4) in pixels of `ink.ink` that none of the word `boxes` (same pixels) accounts for."""
    under = np.zeros(ink.ink.shape, np.bool_)
    for x0, y0, x1, y1 in boxes:
        under[max(0, int(y0)) : int(y1) + 2, max(0, int(x0) - 1) : int(x1) + 3] = True
    seen = [
        (ink.ink[y0:y1, x0:x1] & under[y0:y1, x0:x1]).sum() < COVERED * ink.ink[y0:y1, x0:x1].sum()
        for x0, y0, x1, y1 in ink.boxes
    ]
    return ink.boxes[np.array(seen, np.bool_)] if len(ink.boxes) else ink.boxes


def group_boxes(boxes: NDArray[np.int32], near_px: float) -> list[PixelBox]:
    """Hulls of boxes that lie within `near_px` of each other."""
    groups: list[PixelBox] = []
    for x0, y0, x1, y1 in boxes.tolist():
        box: PixelBox = (x0, y0, x1, y1)
        rest = []
        for other in groups:
            if (
                box[0] - near_px <= other[2]
                and other[0] <= box[2] + near_px
                and box[1] - near_px <= other[3]
                and other[1] <= box[3] + near_px
            ):
                box = (
                    min(box[0], other[0]),
                    min(box[1], other[1]),
                    max(box[2], other[2]),
                    max(box[3], other[3]),
                )
            else:
                rest.append(other)
        groups = [*rest, box]
    return sorted(groups, key=lambda b: (b[1], b[0]))


def without_overlap(words: Sequence[Word], others: Sequence[Word]) -> list[Word]:
    """The words whose middle lies in none of the others."""
    if not others:
        return list(words)
    boxes = np.array([w.box for w in others])
    kept = []
    for word in words:
        x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
        inside = (boxes[:, 0] <= x) & (x <= boxes[:, 2]) & (boxes[:, 1] <= y) & (y <= boxes[:, 3])
        if not inside.any():
            kept.append(word)
    return kept


def merge_words(layer: Sequence[Word], added: Sequence[Word]) -> list[Word]:
    """All words, the added lines put before the first line of the layer that stands wholly below them."""
    lines, extra = _by_line(layer), _by_line(added)
    for line in extra:
        middle = sum(w.box.y0 + w.box.y1 for w in line) / (2 * len(line))
        place = next(
            (i for i, other in enumerate(lines) if min(w.box.y0 for w in other) > middle), len(lines)
        )
        lines.insert(place, line)
    return [replace(word, line=number) for number, line in enumerate(lines) for word in line]


def _by_line(words: Sequence[Word]) -> list[list[Word]]:
    lines: dict[int, list[Word]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word)
    return [lines[number] for number in sorted(lines)]
