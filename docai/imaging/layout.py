"""How many tiles of which size cover a page: fewest tokens, then fewest cuts through text lines."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from docai.imaging.profiles import MAX_ASPECT, VisionProfile, list_untouched_sizes

COLUMN_LINES = 3
"""Overlap across a cut beside another, in line heights: about a word, where one line is enough above."""
_COLUMN_PRICE = 0.06
"""What each further column adds to a grid's cost: it cuts every line of text and every row of a table."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Tiles of `width_px` by `height_px` in `rows` and `columns`; neighbours share the overlaps at least."""

    columns: int
    rows: int
    width_px: int
    height_px: int
    overlap_x_px: int
    overlap_y_px: int

    def covers(self, width_px: int, height_px: int) -> bool:
        across = self.columns * self.width_px - (self.columns - 1) * self.overlap_x_px
        down = self.rows * self.height_px - (self.rows - 1) * self.overlap_y_px
        return across >= width_px and down >= height_px


def choose_grid(profile: VisionProfile, width_px: int, height_px: int, line_px: int) -> Grid:
    """The cheapest grid that covers a page of the given size with overlaps of `line_px` at least."""
    if profile.rule == "range":
        grids = _list_range_grids(profile, width_px, height_px, line_px)
    else:
        grids = _list_fixed_grids(profile, width_px, height_px, line_px)
    return min(grids, key=lambda grid: _cost(grid, width_px, height_px))


def _cost(grid: Grid, width_px: int, height_px: int) -> tuple[float, float]:
    """Pixels sent, each column dearer; among equals the grid that hangs over the least in its worse way."""
    pixels = grid.columns * grid.rows * grid.width_px * grid.height_px
    over = max(grid.columns * grid.width_px / width_px, grid.rows * grid.height_px / height_px)
    return pixels * (1 + _COLUMN_PRICE * (grid.columns - 1)), over


def _count(length_px: int, size_px: int, overlap_px: int) -> int:
    return 1 if length_px <= size_px else 1 + math.ceil((length_px - size_px) / (size_px - overlap_px))


def _list_fixed_grids(profile: VisionProfile, width_px: int, height_px: int, line_px: int) -> Iterator[Grid]:
    if profile.rule == "square":
        side = math.isqrt(profile.max_cells)
        sizes = [(side, side)]
    else:
        sizes = [(size.columns, size.rows) for size in list_untouched_sizes(profile.max_cells)]
    for columns, rows in sizes:
        tile_w, tile_h = columns * profile.cell_px, rows * profile.cell_px
        over_x, over_y = _overlaps(tile_w, tile_h, line_px)
        yield Grid(
            _count(width_px, tile_w, over_x),
            _count(height_px, tile_h, over_y),
            tile_w,
            tile_h,
            over_x,
            over_y,
        )


def _overlaps(tile_w: int, tile_h: int, line_px: int) -> tuple[int, int]:
    """Never more than a third of a tile, or tiles would hardly move on."""
    return min(COLUMN_LINES * line_px, tile_w // 3), min(line_px, tile_h // 3)


def _list_range_grids(profile: VisionProfile, width_px: int, height_px: int, line_px: int) -> Iterator[Grid]:
    """Grids of just fitting tiles; the smallest number of tiles that the model takes, and a few more."""
    cell = profile.cell_px
    fewest = max(1, math.ceil(width_px * height_px / (profile.max_cells * cell**2)))
    found = 0
    count = fewest
    while not found:
        for columns in range(1, count + 1):
            rows = math.ceil(count / columns)
            over_x, over_y = COLUMN_LINES * line_px, line_px
            a = math.ceil((width_px + (columns - 1) * over_x) / columns / cell)
            b = math.ceil((height_px + (rows - 1) * over_y) / rows / cell)
            a, b = _fill(a, b, profile.min_cells)
            over = (over_x < a * cell // 2 or columns == 1) and (over_y < b * cell // 2 or rows == 1)
            if a * b <= profile.max_cells and over:
                found += 1
                yield Grid(columns, rows, a * cell, b * cell, over_x, over_y)
        count += 1


def _fill(a: int, b: int, min_cells: int) -> tuple[int, int]:
    """Enlarge a tile to the fewest cells that the model leaves alone, and to a shape that it can read."""
    a, b = max(a, math.ceil(b / MAX_ASPECT)), max(b, math.ceil(a / MAX_ASPECT))
    while a * b < min_cells:
        a, b = (a + 1, b) if a <= b else (a, b + 1)
    return a, b
