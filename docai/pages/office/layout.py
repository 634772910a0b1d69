"""Blocks on pages: lines of fixed pitch, as a typewriter sets them, rows of cells in columns.

The pages are docai's own. What reads a page goes by lines, gaps and columns; so paragraphs are broken into
lines, cells of a table stand below each other, and titles are taller than text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from docai.pages.office.content import Block, Part
from docai.types import Box, Issue, Word

DPI = 150.0
TEXT_PT, TITLE_PT = 10.0, 14.0
PITCH = 0.6
"""Width of a character in type sizes, as Courier has it."""
LEADING = 1.25
"""Distance of lines in type sizes."""
_MARGIN_PT = 36.0
_PARAGRAPH_GAP_PT = 7.0
_COLUMN_GAP_PT = 24.0
_LINE_CHARACTERS = 88
_CELL_CHARACTERS = 60
_MOST_WIDTH_PT = 2400.0
_FULL_PT = 770.0
"""Height of the text on a page, about an A4 sheet's."""


@dataclass(slots=True)
class FlowPage:
    """A page that docai laid out. `locators`: of its lines, by `Word.line`; sizes in points."""

    words: list[Word] = field(default_factory=list)
    locators: list[str] = field(default_factory=list)
    width_pt: float = 595.2
    height_pt: float = 841.92
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """`down_pt`: below the top of the strip that it belongs to."""

    text: str
    locator: str
    x_pt: float
    size_pt: float
    down_pt: float = 0.0


_Strip: TypeAlias = list[_Line]
"""Lines that no page break parts: one line of a paragraph, or a whole row of cells, cell by cell."""


def lay_out(parts: Sequence[Part]) -> list[FlowPage]:
    """Pages of all parts, in order; a part without text has one page without words."""
    pages: list[FlowPage] = []
    for part in parts:
        made = list(_lay_part(part))
        made[0].issues = part.issues
        pages += made
    return pages


def _lay_part(part: Part) -> Iterator[FlowPage]:
    """Whole paragraphs on pages of one sheet's height; a section that fits on a page is kept on one."""
    columns = _column_edges(part.blocks)
    blocks = [_set_block(block, edges) for block, edges in zip(part.blocks, columns, strict=True)]
    heights = [_height(block) for block in blocks]
    page, y = FlowPage(), 0.0
    for index, block in enumerate(part.blocks):
        if y and block.kind == "row" and block.opens:
            y += _PARAGRAPH_GAP_PT
        section = _section_height(part.blocks, heights, index) if block.opens else heights[index]
        wanted = section if section <= _FULL_PT else heights[index]
        if y and y + wanted > _FULL_PT and (y + heights[index] > _FULL_PT or y > _FULL_PT / 3):
            yield _finish(page, y)
            page, y = FlowPage(), 0.0
        for strip in blocks[index]:
            if y > _FULL_PT:  # a paragraph longer than a page
                yield _finish(page, y)
                page, y = FlowPage(), 0.0
            _place(page, strip, _MARGIN_PT + y)
            y += _strip_height(strip)
        y += 0.0 if block.kind == "row" else _PARAGRAPH_GAP_PT
    yield _finish(page, y)


def _finish(page: FlowPage, y: float) -> FlowPage:
    """A page of whole pixels. It has a locator even if it has no line."""
    right = max((word.box.x1 for word in page.words), default=0.0)
    page.width_pt = _whole_pixels(max(page.width_pt, right + _MARGIN_PT))
    page.height_pt = _whole_pixels(max(page.height_pt, y + 2 * _MARGIN_PT))
    if not page.locators:
        page.locators.append("empty")
    return page


def _whole_pixels(size_pt: float) -> float:
    return -(-size_pt * DPI // 72.0) * 72.0 / DPI


def _section_height(blocks: Sequence[Block], heights: Sequence[float], first: int) -> float:
    """Of the section that begins with this block, as far as it could fit on a page."""
    total = heights[first]
    for index in range(first + 1, len(blocks)):
        if blocks[index].opens or total > _FULL_PT:
            break
        total += heights[index]
    return total


def _height(strips: Sequence[_Strip]) -> float:
    return sum(map(_strip_height, strips)) + _PARAGRAPH_GAP_PT


def _strip_height(strip: _Strip) -> float:
    return max((line.down_pt + line.size_pt * LEADING for line in strip), default=0.0)


def _column_edges(blocks: Sequence[Block]) -> list[dict[int, float]]:
    """For each row of cells the left edges of its table's columns; neighbouring rows are one table."""
    out: list[dict[int, float]] = []
    table: list[Block] = []
    for block in (*blocks, None):
        if block is not None and block.kind == "row":
            table.append(block)
            continue
        out += [_measure_columns(table)] * len(table)
        table = []
        if block is not None:
            out.append({})
    return out


def _measure_columns(rows: Sequence[Block]) -> dict[int, float]:
    widths: dict[int, int] = {}
    for row in rows:
        for piece in row.pieces[:-1]:  # the last one may run over the columns to its right
            widest = max(map(_columns, _wrap(piece.text, _CELL_CHARACTERS)), default=0)
            widths[piece.column] = max(widths.get(piece.column, 0), widest)
    edges, x = {}, _MARGIN_PT
    for column in sorted({piece.column for row in rows for piece in row.pieces}):
        edges[column] = x
        x += widths.get(column, 0) * PITCH * TEXT_PT + _COLUMN_GAP_PT
    return edges


def _set_block(block: Block, edges: dict[int, float]) -> list[_Strip]:
    if block.kind != "row":
        size = TITLE_PT if block.kind == "title" else TEXT_PT
        room = int(_LINE_CHARACTERS * TEXT_PT / size)
        return [
            _set_line(line, piece.locator, size) for piece in block.pieces for line in _wrap(piece.text, room)
        ]
    if max(edges.values(), default=0.0) > _MOST_WIDTH_PT:  # too wide for a page: cells below each other
        return [
            [_Line(line, piece.locator, _MARGIN_PT, TEXT_PT)]
            for piece in block.pieces
            for line in _wrap(piece.text, _LINE_CHARACTERS)
        ]
    step = TEXT_PT * LEADING
    row = [
        _Line(line, piece.locator, edges[piece.column], TEXT_PT, step * number)
        for piece in block.pieces
        for number, line in enumerate(_wrap(piece.text, _CELL_CHARACTERS))
    ]
    return [row] if row else []


def _set_line(text: str, locator: str, size_pt: float) -> _Strip:
    """A line, parted where tabs stand: what follows a tab is a column of its own."""
    lines, x = [], _MARGIN_PT
    for part in text.split("\t"):
        clean = part.strip()
        if clean:
            lines.append(_Line(clean, locator, x, size_pt))
            x += _columns(clean) * PITCH * size_pt
        x += _COLUMN_GAP_PT
    return lines


def _wrap(text: str, room: int) -> list[str]:
    """Lines of at most `room` characters, cut between words, where the text has line breaks, or in a word
    that is longer than a line."""
    lines = []
    for given in text.splitlines():
        line, used = "", 0
        for word in given.replace("\t", " \t ").split(" "):
            width, at = _columns(word), 0
            if width > room and line:
                lines.append(line)
                line, used = "", 0
            while width > room:
                lines.append(word[at : at + room // 2])
                width -= _columns(lines[-1])
                at += room // 2
            word = word[at:]
            if line and used + 1 + width > room:
                lines.append(line)
                line, used = "", 0
            line = f"{line} {word}" if line else word
            used += width + 1
        if line.strip():
            lines.append(line)
    return lines


def _place(page: FlowPage, strip: _Strip, top_pt: float) -> None:
    for line in strip:
        number, x, top = len(page.locators), line.x_pt, top_pt + line.down_pt
        page.locators.append(line.locator)
        for word in line.text.split(" "):
            width = _columns(word) * PITCH * line.size_pt
            if clean := word.strip():
                box = Box(x, top, x + width, top + line.size_pt)
                page.words.append(Word(clean, box, None, "text-layer", number))
            x += width + PITCH * line.size_pt


def _columns(text: str) -> int:
    """Width in characters; East Asian ones take two."""
    if text.isascii():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text
    )
