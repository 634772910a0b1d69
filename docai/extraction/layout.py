"""Words of a page -> rows of cells, as a reader sees them: level, left to right, top to bottom.

A cell is a run of words without a wide gap; a row holds the cells that stand side by side. Cells keep
the indices of their words, so that everything found in a cell's text can be shown on the page.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from docai.imaging.geometry import to_upright, turn_box, union, upright_size
from docai.types import Box, Page

# Gaps in heights of the words beside them. Within one line of text a blank measures about 0.3; columns
# of a form stand further apart than 1.2, and lines that a reader broke apart closer than 0.5.
SPLIT_GAP = 1.2
JOIN_GAP = 0.5


@dataclass(frozen=True, slots=True)
class Cell:
    """A run of words. `box` is upright (points); `words` index `Page.words`, `starts` are their offsets."""

    page: int
    row: int
    index: int
    text: str
    box: Box
    words: tuple[int, ...]
    starts: tuple[int, ...]

    @property
    def height(self) -> float:
        return self.box.y1 - self.box.y0

    @property
    def centre_x(self) -> float:
        return (self.box.x0 + self.box.x1) / 2

    @property
    def centre_y(self) -> float:
        return (self.box.y0 + self.box.y1) / 2

    def span_words(self, start: int, end: int) -> tuple[int, ...]:
        """Words that the text from `start` to `end` touches."""
        if end <= start:
            return ()
        first = max(0, bisect_right(self.starts, start) - 1)
        last = bisect_right(self.starts, end - 1)
        return self.words[first:last]


@dataclass(frozen=True, slots=True)
class PageLayout:
    """Rows of cells of one page, top to bottom.

    `line_height` is the median cell height in points, `word_gap` the median blank between words of a cell
    in heights of the cell; `boxes` are the upright boxes of `page.words`.
    """

    page: Page
    width: float
    height: float
    rows: tuple[tuple[Cell, ...], ...]
    line_height: float
    boxes: tuple[Box, ...] = field(repr=False, default=())
    word_gap: float = 0.3

    @property
    def number(self) -> int:
        return self.page.number

    @property
    def cells(self) -> list[Cell]:
        return [cell for row in self.rows for cell in row]

    def left_of(self, cell: Cell) -> list[Cell]:
        """Cells of the same row to the left, nearest first."""
        return [c for c in reversed(self.rows[cell.row]) if c.box.x0 < cell.box.x0]

    def right_of(self, cell: Cell) -> list[Cell]:
        """Cells of the same row to the right, nearest first."""
        return [c for c in self.rows[cell.row] if c.box.x0 > cell.box.x0]

    def above(self, cell: Cell, rows: int = 6) -> list[Cell]:
        """Cells above that overlap horizontally, nearest first, within so many rows."""
        return self._beside(cell, range(cell.row - 1, max(-1, cell.row - 1 - rows), -1))

    def below(self, cell: Cell, rows: int = 6) -> list[Cell]:
        """Cells below that overlap horizontally, nearest first, within so many rows."""
        return self._beside(cell, range(cell.row + 1, min(len(self.rows), cell.row + 1 + rows)))

    def _beside(self, cell: Cell, rows: range) -> list[Cell]:
        # `overlap` written out: this is asked for every cell of a page.
        x0, _, x1, _ = cell.box
        width = x1 - x0
        out = []
        for number in rows:
            for other in self.rows[number]:
                a, _, b, _ = other.box
                if a < x1 and b > x0:
                    common = (x1 if x1 < b else b) - (x0 if x0 > a else a)
                    narrow = b - a if b - a < width else width
                    if common > 0.15 * (narrow if narrow > 0.1 else 0.1):
                        out.append(other)
        return out


def overlap(a: Box, b: Box) -> float:
    """Horizontal overlap as a share of the narrower box, 0..1."""
    common = min(a.x1, b.x1) - max(a.x0, b.x0)
    return max(0.0, common) / max(0.1, min(a.x1 - a.x0, b.x1 - b.x0))


def build_layout(page: Page) -> PageLayout:
    """Rows and cells of a page that has been read. A page without words gives no rows."""
    page = _right_page(page)
    width, height = upright_size(page)
    boxes = tuple(to_upright(page, word.box) for word in page.words)
    sideways = {i for i, w in enumerate(page.words) if is_sideways(w.text, boxes[i])}
    pieces = _split_lines(page, boxes, sideways)
    # A margin's sideways print belongs to no row; it stands behind all rows.
    rows = _group_rows(pieces, boxes) + [[[i]] for i in sorted(sideways)]
    cells: list[tuple[Cell, ...]] = []
    count = 0
    for number, row in enumerate(rows):
        joined = _join_pieces(row, boxes)
        cells.append(
            tuple(_make_cell(page, number, count + k, piece, boxes) for k, piece in enumerate(joined))
        )
        count += len(joined)
    heights = [cell.height for row in cells for cell in row]
    gaps = [
        (boxes[b].x0 - boxes[a].x1) / max(1.0, cell.height)
        for row in cells
        for cell in row
        for a, b in pairwise(cell.words)
    ]
    return PageLayout(
        page,
        width,
        height,
        tuple(cells),
        median(heights) if heights else 1.0,
        boxes,
        median(gaps) if gaps else 0.3,
    )


def _right_page(page: Page) -> Page:
    """A page whose words run upwards, downwards or backwards is turned until they read to the right.

    Text layers may hold sideways text on a page that nobody marked as turned.
    """
    votes = {0: 0.0, 90: 0.0, 180: 0.0, 270: 0.0}
    words = page.words
    for one, two in pairwise(words):
        if one.line != two.line:
            continue
        a = turn_box(one.box, page.turned, page.width_pt, page.height_pt)
        b = turn_box(two.box, page.turned, page.width_pt, page.height_pt)
        dx, dy = (b.x0 + b.x1 - a.x0 - a.x1) / 2, (b.y0 + b.y1 - a.y0 - a.y1) / 2
        if abs(dx) >= abs(dy):
            votes[0 if dx > 0 else 180] += 1
        else:
            # A clockwise quarter turn makes upward text read to the right.
            votes[90 if dy < 0 else 270] += 1
    best = max(votes, key=lambda turn: votes[turn])
    if best == 0 or votes[best] < 10 or votes[best] < 3 * votes[0]:
        return page
    return replace(page, turned=(page.turned + best) % 360, skew_deg=0.0)


def is_sideways(text: str, box: Box) -> bool:
    """Whether a word of some length stands taller than wide: print that runs up or down a margin."""
    return len(text) >= 3 and box.y1 - box.y0 > 1.5 * (box.x1 - box.x0)


def _split_lines(page: Page, boxes: Sequence[Box], leave: Collection[int]) -> list[list[int]]:
    """Word indices of each run without a wide gap; words to `leave` out stand in none."""
    pieces: list[list[int]] = []
    for i, word in enumerate(page.words):
        if not word.text.strip() or i in leave:
            continue
        if pieces and page.words[pieces[-1][-1]].line == word.line:
            last, box = boxes[pieces[-1][-1]], boxes[i]
            height = max(1.0, min(last.y1 - last.y0, box.y1 - box.y0))
            gap = box.x0 - last.x1
            level = abs((box.y0 + box.y1) - (last.y0 + last.y1)) < max(last.y1 - last.y0, box.y1 - box.y0)
            if level and -1.5 * height < gap < SPLIT_GAP * height:
                pieces[-1].append(i)
                continue
        pieces.append([i])
    return pieces


def _group_rows(pieces: list[list[int]], boxes: Sequence[Box]) -> list[list[list[int]]]:
    """Pieces that stand side by side, top to bottom; each row sorted left to right."""
    hulls = [union(boxes[i] for i in piece) for piece in pieces]
    order = sorted(range(len(pieces)), key=lambda k: hulls[k].y0 + hulls[k].y1)
    rows: list[list[int]] = []
    for k in order:
        for row in reversed(rows[-3:]):
            if _fits_row(hulls[k], [hulls[m] for m in row]):
                row.append(k)
                break
        else:
            rows.append([k])
    rows.sort(key=lambda row: min(hulls[k].y0 + hulls[k].y1 for k in row))
    return [[pieces[k] for k in sorted(row, key=lambda k: hulls[k].x0)] for row in rows]


def _fits_row(box: Box, row: Sequence[Box]) -> bool:
    """Whether a piece stands beside the row's nearest piece and over or under none of its pieces."""
    if any(overlap(box, other) > 0.3 for other in row):
        return False
    near = min(row, key=lambda other: max(other.x0 - box.x1, box.x0 - other.x1))
    height = min(box.y1 - box.y0, near.y1 - near.y0)
    return abs((box.y0 + box.y1) - (near.y0 + near.y1)) / 2 < 0.45 * height + 0.5


def _join_pieces(row: list[list[int]], boxes: Sequence[Box]) -> list[list[int]]:
    """Neighbours that stand as close as words of one line become one piece."""
    out: list[list[int]] = []
    for piece in row:
        if out:
            last, box = boxes[out[-1][-1]], boxes[piece[0]]
            height = max(1.0, min(last.y1 - last.y0, box.y1 - box.y0))
            if box.x0 - last.x1 < JOIN_GAP * height:
                out[-1].extend(piece)
                continue
        out.append(list(piece))
    return out


def _make_cell(page: Page, row: int, index: int, piece: Sequence[int], boxes: Sequence[Box]) -> Cell:
    starts, length = [], 0
    for i in piece:
        starts.append(length)
        length += len(page.words[i].text) + 1
    text = " ".join(page.words[i].text for i in piece)
    box = union(boxes[i] for i in piece)
    return Cell(page.number, row, index, text, box, tuple(piece), tuple(starts))
