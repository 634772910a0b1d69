"""What a page shows besides words: handwriting and stamps, redactions, ruled blank lines."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.imaging.orientation import Gray, Mask, find_ink
from docai.reading.tokens import PixelBox
from docai.types import RegionKind

MOST_OF_A_KIND = 24
DARK = 70
TABLE_ROWS = 7
"""So many rulings of one width under each other are the rows of a table."""


def find_regions(
    small: Gray, dpi: float, words: Sequence[tuple[PixelBox, str]]
) -> list[tuple[PixelBox, RegionKind]]:
    """Regions in pixels of `small` (an upright, level page at `dpi`); `words` in the same pixels."""
    height, width = small.shape
    inch = dpi
    covered = np.zeros(small.shape, np.bool_)
    for (x0, y0, x1, y1), _ in words:
        covered[max(0, int(y0) - 2) : int(y1) + 3, max(0, int(x0) - 3) : int(x1) + 4] = True
    redactions = _find_redactions(small, covered, inch)
    ink = find_ink(small) & ~covered
    for x0, y0, x1, y1 in redactions:
        ink[int(y0) - 3 : int(y1) + 4, int(x0) - 3 : int(x1) + 4] = False
    flat, upright = _rulings(ink, inch)
    rules = _find_rules(flat, upright, covered, inch, width)
    rules += [box for box, text in words if len(text) >= 4 and not text.strip("_")]
    loose = _find_loose_ink(ink & ~_grown(flat | upright), inch, height, width)
    kinds: list[tuple[list[PixelBox], RegionKind]] = [
        (redactions, "redaction"),
        (rules, "rule"),
        (loose, "ink"),
    ]
    return [(box, kind) for boxes, kind in kinds for box in boxes[:MOST_OF_A_KIND]]


def _grown(mask: Mask) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0, np.bool_)


def _open(mask: NDArray[np.generic], height: int, width: int) -> Mask:
    kernel = np.ones((max(1, height), max(1, width)), np.uint8)
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0, np.bool_)


def _parts(mask: Mask) -> NDArray[np.int32]:
    """(n, 5): x, y, width, height, area of the connected parts."""
    if not mask.any():  # most pages have no redaction and no ruling: the labelling is the dear part
        return np.zeros((0, 5), np.int32)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return np.asarray(stats[1:], np.int32)


def _rulings(ink: Mask, inch: float) -> tuple[Mask, Mask]:
    """Long thin horizontal and vertical strokes."""
    bridged = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, 5), np.uint8))
    return _open(bridged, 1, round(0.4 * inch)), _open(ink, round(0.4 * inch), 1)


def _find_redactions(small: Gray, covered: Mask, inch: float) -> list[PixelBox]:
    """Solid dark boxes of a word's size at least, away from the page's rim, without words on them."""
    height, width = small.shape
    solid = _open(small < DARK, round(0.09 * inch), round(0.2 * inch))
    found: list[PixelBox] = []
    for x, y, w, h, area in _parts(solid).tolist():
        at_rim = (
            x < 0.05 * inch or y < 0.05 * inch or x + w > width - 0.05 * inch or y + h > height - 0.05 * inch
        )
        if at_rim or area < 0.9 * w * h or w * h > 0.2 * width * height:
            continue
        if covered[y : y + h, x : x + w].mean() < 0.3:
            found.append((x, y, x + w, y + h))
    return found


def _find_rules(flat: Mask, upright: Mask, covered: Mask, inch: float, width: int) -> list[PixelBox]:
    """Ruled lines to write on: no table border (it meets no vertical), no underline, no page-wide divider."""
    found: list[PixelBox] = []
    verticals = _grown(upright)
    for x, y, w, h, _ in _parts(flat).tolist():
        if w < 0.5 * inch or w > 0.6 * width or h > 0.06 * inch + 1:
            continue
        reach = max(1, round(0.05 * inch))
        if verticals[max(0, y - reach) : y + h + reach, max(0, x - reach) : x + w + reach].any():
            continue
        above = covered[max(0, y - round(0.12 * inch)) : y, x : x + w]
        if above.size and above.any(axis=0).mean() > 0.5:
            continue
        found.append((x, y, x + w, y + h))
    return [
        box
        for box in found
        if sum(_same_span(box, other, inch) for other in found) < TABLE_ROWS
        and not _divides_page(box, found, covered, inch, width)
    ]


def _divides_page(box: PixelBox, found: list[PixelBox], covered: Mask, inch: float, width: int) -> bool:
    """Whether it is a piece of a faint page-wide divider: a row of pieces without a word between them."""
    row = [other for other in found if abs(other[1] - box[1]) < 0.08 * inch]
    left, right = min(b[0] for b in row), max(b[2] for b in row)
    top, bottom = min(b[1] for b in row) - 0.08 * inch, max(b[3] for b in row)
    worded = covered[max(0, int(top)) : int(bottom), int(left) : int(right)].any()
    return len(row) > 1 and right - left > 0.6 * width and not worded


def _same_span(a: PixelBox, b: PixelBox, inch: float) -> bool:
    return abs(a[0] - b[0]) < 0.05 * inch and abs(a[2] - b[2]) < 0.05 * inch


def _find_loose_ink(ink: Mask, inch: float, height: int, width: int) -> list[PixelBox]:
    """Handwriting, stamps, signatures: strokes close to each other, more than specks, off the page's rim."""
    rim = round(0.15 * inch)
    inner = np.zeros_like(ink)
    inner[rim : height - rim, rim : width - rim] = ink[rim : height - rim, rim : width - rim]
    reach = max(3, round(0.12 * inch))
    joined = cv2.dilate(_without_specks(inner).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    found: list[tuple[int, PixelBox]] = []
    for x, y, w, h, _ in _parts(np.asarray(joined, np.bool_)).tolist():
        strokes = int(inner[y : y + h, x : x + w].sum())
        bw, bh = w - reach, h - reach
        if bw < 0.25 * inch or bh < 0.12 * inch or strokes < 0.006 * inch * inch:
            continue
        if w * h > 0.5 * height * width or strokes < 0.015 * bw * bh:
            continue
        half = reach // 2
        found.append((strokes, (x + half, y + half, x + w - half, y + h - half)))
    return [box for _, box in sorted(found, reverse=True)[:12]]


def _without_specks(ink: Mask) -> Mask:
    if not ink.any():
        return ink
    labels, numbered, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    large = stats[:, 4] >= 8
    large[0] = False
    return np.asarray(large[numbered], np.bool_) if labels > 1 else ink
