"""Rows as blocks: headings, paragraphs and tables of one page, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from docai.index.headings import Heading, as_heading
from docai.index.rows import ENUMERATOR, Row
from docai.types import PassageKind

_TERMINAL = (".", ":", ";", "?", "!", '."', ".”", ":-", ".)")
_LEADING = 1.4
"""Of the usual step from line to line: a larger one parts paragraphs."""
_FULL = 0.85
"""Of the way to the right edge: a line that ends before is a paragraph's last."""
_SHOUTED_CHARS = 60
_TABLE_ROWS = 2
_TABLE_CELLS = 2


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that belong together. Those of a table stay apart from each other, those of a paragraph run on."""

    kind: PassageKind
    rows: tuple[Row, ...]
    heading: Heading | None = None


def find_blocks(rows: Sequence[Row]) -> list[Block]:
    """Every row is in one block."""
    if not rows:
        return []
    height = median(row.height for row in rows)
    step = _usual_step(rows, height)
    in_table = _mark_tables(rows)
    blocks: list[Block] = []
    run: list[Row] = []
    for place, row in enumerate(rows):
        right = _right_edge(rows, row)
        heading = None if in_table[place] or _is_shouted(rows, place) else as_heading(row, height, right)
        before = rows[place - 1] if place else None
        goes_on = bool(run) and before is not None and in_table[place - 1] == in_table[place]
        if heading is not None or not goes_on:
            run = _close(blocks, run, in_table[place - 1] if place else False)
        elif (
            before is not None
            and not in_table[place]
            and _parts(before, row, step, _right_edge(rows, before))
        ):
            run = _close(blocks, run, False)
        if heading is not None:
            blocks.append(Block("heading", (row,), heading))
        else:
            run.append(row)
    _close(blocks, run, in_table[-1])
    return blocks


def _is_shouted(rows: Sequence[Row], place: int) -> bool:
    """Whether a row is part of a paragraph that is set in capitals: long rows of them beside it."""
    if not rows[place].text.isupper():
        return False
    near = [rows[i] for i in (place - 1, place + 1) if 0 <= i < len(rows)]
    return any(row.text.isupper() and len(row.text) > _SHOUTED_CHARS for row in near)


def _close(blocks: list[Block], run: list[Row], is_table: bool) -> list[Row]:
    if run:
        blocks.append(Block("table" if is_table else "paragraph", tuple(run)))
    return []


def _usual_step(rows: Sequence[Row], height: float) -> float:
    steps = [
        step
        for before, row in pairwise(rows)
        if 0.5 * height < (step := _middle(row) - _middle(before)) < 4 * height
    ]
    return median(steps) if steps else 1.5 * height


def _middle(row: Row) -> float:
    return (row.box.y0 + row.box.y1) / 2


def _right_edge(rows: Sequence[Row], row: Row) -> float:
    """How far the lines reach that begin about where this one does, so that columns have their own."""
    near = 12 * row.height
    return max(other.box.x1 for other in rows if abs(other.box.x0 - row.box.x0) <= near)


def _mark_tables(rows: Sequence[Row]) -> list[bool]:
    """Rows of cells that follow each other, with at most one row of a single cell in between."""
    marks = [row.cells >= _TABLE_CELLS for row in rows]
    for place in range(1, len(rows) - 1):
        if not marks[place] and marks[place - 1] and marks[place + 1] and len(rows[place].text) < 60:
            marks[place] = True
    first = 0
    while first < len(marks):
        last = first
        while last < len(marks) and marks[last] == marks[first]:
            last += 1
        if marks[first] and last - first < _TABLE_ROWS:
            marks[first:last] = [False] * (last - first)
        first = last
    return marks


def _parts(before: Row, row: Row, step: float, right: float) -> bool:
    """Whether a paragraph begins with `row`."""
    first_word = row.text.split(" ", 1)[0]
    enumerated = ENUMERATOR.match(first_word) is not None
    ended = before.text.endswith(_TERMINAL)
    down = _middle(row) - _middle(before)
    if not ended and row.text[:1].islower() and not enumerated:
        return False
    if down < -0.5 * step:  # a new column
        return ended
    if down > _LEADING * step:
        return True
    left = before.box.x0
    full = before.box.x1 - left >= _FULL * (right - left)
    if enumerated and (ended or not full):
        return True
    indented = row.box.x0 > left + 1.5 * row.height
    return (ended and (not full or indented)) or before.box.x1 - left < 0.55 * (right - left)
