"""A page's words as rows of text: what stands at one height, from left to right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docai.imaging.geometry import to_upright, union
from docai.types import Box, Page

ENUMERATOR = re.compile(
    r"(?:\(?[a-z]{1,4}\)|\(?\d{1,3}\)|\d{1,3}(?:\.\d{1,3}){0,4}[.)]?|[A-Z]\.|[IVX]{1,5}\.|[•·\u25cf\u25aa\uf0b7*o–—-]|§)$",
    re.IGNORECASE,
)
_CELL_GAP = 1.6
"""Of the text's height: a wider gap parts cells."""
_SHARED = 0.5
"""Of the lower height: lines that overlap this much stand in one row."""


@dataclass(frozen=True, slots=True)
class Row:
    """`words`: indices into `Page.words`. `box`: on the page as it reads. `cells`: parts that wide gaps
    separate, a number or bullet in front not counted."""

    words: tuple[int, ...]
    text: str
    box: Box
    cells: int

    @property
    def height(self) -> float:
        return max(1.0, self.box.y1 - self.box.y0)


def find_rows(page: Page) -> list[Row]:
    """The page's words as rows, in reading order. Words without a visible sign are in none."""
    turned = bool(page.turned or page.skew_deg)
    boxes = [to_upright(page, word.box) for word in page.words] if turned else [w.box for w in page.words]
    rows: list[tuple[list[int], Box]] = []
    line = None
    for index, word in enumerate(page.words):
        if not word.text.strip():
            continue
        if rows and word.line == line:
            rows[-1][0].append(index)
            rows[-1] = (rows[-1][0], _around(rows[-1][1], boxes[index]))
        else:
            rows.append(([index], boxes[index]))
        line = word.line
    merged: list[tuple[list[int], Box]] = []
    for words, box in rows:
        if merged and _continues(merged[-1][1], box):
            merged[-1] = ([*merged[-1][0], *words], _around(merged[-1][1], box))
        else:
            merged.append((words, box))
    return [_make_row(page, words, boxes, box) for words, box in merged]


def _around(a: Box, b: Box) -> Box:
    return Box(min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))


def _continues(before: Box, box: Box) -> bool:
    """Whether a line goes on to the right of the one before, at its height."""
    shared = min(before.y1, box.y1) - max(before.y0, box.y0)
    lower = min(before.y1 - before.y0, box.y1 - box.y0)
    return box.x0 >= before.x1 - 1.0 and shared > _SHARED * lower


def _make_row(page: Page, words: list[int], boxes: Sequence[Box], box: Box) -> Row:
    text = " ".join(page.words[i].text.strip() for i in words)
    gap = _CELL_GAP * max(4.0, box.y1 - box.y0)
    cells = 1
    for rank in range(1, len(words)):
        if boxes[words[rank]].x0 - boxes[words[rank - 1]].x1 > gap:
            enumerated = rank == 1 and ENUMERATOR.match(page.words[words[0]].text)
            cells += not enumerated
    return Row(tuple(words), text, box, cells)


def list_line_boxes(page: Page, words: Sequence[int]) -> tuple[Box, ...]:
    """One box a line of text around the given words, on the page as it lies; none where it has locators."""
    if page.locators:
        return ()
    lines: list[list[int]] = []
    for index in words:
        if lines and page.words[lines[-1][-1]].line == page.words[index].line:
            lines[-1].append(index)
        else:
            lines.append([index])
    return tuple(union(page.words[i].box for i in line) for line in lines)
