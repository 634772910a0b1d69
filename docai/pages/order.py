"""Reading order of text blocks: columns of prose one after the other, tables row by row."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple, TypeVar

from docai.types import Box

Key = TypeVar("Key", bound=Hashable)
_PROSE_LINES = 3
_GUTTER_PT = 8.0
_PROSE_WIDTH = 0.25
_MAX_DEPTH = 40


class _Block(NamedTuple):
    box: Box
    lines: int
    first: int


def order_blocks(blocks: Sequence[Sequence[tuple[Key, Box]]]) -> list[Key]:
    """Keys of the lines of all blocks in reading order; a block's own lines keep theirs.

    Recursive X-Y cut (Nagy and Seth, 1984) with one change: a gutter cuts first only where prose stands
    on both sides of it. Elsewhere bands go first, so that the cells of a table row stay together.
    """
    items = [
        _Block(_hull([box for _, box in lines]), len(lines), index)
        for index, lines in enumerate(blocks)
        if lines
    ]
    return [key for item in _order(items, 0) for key, _ in blocks[item.first]]


def _order(items: list[_Block], depth: int) -> list[_Block]:
    if len(items) < 2 or depth > _MAX_DEPTH:
        return _by_rows(items)
    columns = _cut(items, axis=0, gap=_GUTTER_PT)
    if len(columns) > 1 and _is_prose(columns):
        return [b for part in columns for b in _order(part, depth + 1)]
    bands = _cut(items, axis=1, gap=0.0)
    if len(bands) > 1:
        # Bands that each hold the same two columns of prose belong together: try columns below a heading.
        return [b for part in _join_prose(bands) for b in _order(part, depth + 1)]
    if len(columns) > 1:
        return [b for part in columns for b in _order(part, depth + 1)]
    return _by_rows(items)


def _cut(items: list[_Block], axis: int, gap: float) -> list[list[_Block]]:
    """Groups of blocks with a clear strip of at least `gap` points between them."""
    parts: list[list[_Block]] = []
    end = float("-inf")
    for item in sorted(items, key=lambda b: (b.box[axis], b.first)):
        if item.box[axis] - end > gap or not parts:
            parts.append([])
        parts[-1].append(item)
        end = max(end, item.box[axis + 2])
    return parts


def _is_prose(columns: list[list[_Block]]) -> bool:
    """Every column is wide and holds a paragraph of some lines."""
    hull = _hull([b.box for part in columns for b in part])
    width = hull.x1 - hull.x0
    for part in columns:
        box = _hull([b.box for b in part])
        if box.x1 - box.x0 < _PROSE_WIDTH * width or max(b.lines for b in part) < _PROSE_LINES:
            return False
    return True


def _join_prose(bands: list[list[_Block]]) -> list[list[_Block]]:
    """Joins neighbouring bands while their union still falls into columns of prose."""
    joined: list[list[_Block]] = []
    for band in bands:
        if joined:
            union = joined[-1] + band
            columns = _cut(union, axis=0, gap=_GUTTER_PT)
            split = len(_cut(band, 0, _GUTTER_PT)) > 1 or len(_cut(joined[-1], 0, _GUTTER_PT)) > 1
            if split and len(columns) > 1 and _is_prose(columns):
                joined[-1] = union
                continue
        joined.append(band)
    return joined


def _by_rows(items: list[_Block]) -> list[_Block]:
    """Top to bottom, blocks that share most of their height left to right."""
    rows: list[list[_Block]] = []
    for item in sorted(items, key=lambda b: ((b.box.y0 + b.box.y1) / 2, b.box.x0, b.first)):
        middle = (item.box.y0 + item.box.y1) / 2
        if rows and rows[-1][0].box.y0 <= middle <= rows[-1][0].box.y1:
            rows[-1].append(item)
        else:
            rows.append([item])
    return [b for row in rows for b in sorted(row, key=lambda b: (b.box.x0, b.box.y0, b.first))]


def _hull(boxes: Sequence[Box]) -> Box:
    return Box(
        min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes)
    )
