"""A page cut into tiles that a vision model sees without resampling, and the way back to the page.

Tiles overlap by one text line at least, begin where there is no ink if one can, and hang over the page's
right and lower edge by paper of its own colour. No pixel is ever scaled but by `shrink_legible` and in the
overview, both on request.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.errors import ConfigError
from docai.imaging.geometry import point_box, turn_box
from docai.imaging.layout import Grid, choose_grid
from docai.imaging.orientation import turn_pixels
from docai.imaging.profiles import VisionProfile, count_tokens, list_untouched_sizes, see_dpi
from docai.types import Box, PageImage

Pixels = NDArray[np.uint8]

LINE_PT = 12.0
"""Height of a text line where nobody measured it."""
_RATIOS = (3 / 4, 2 / 3, 1 / 2, 1 / 3)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a tile lies: `index` from 0 in reading order, `row` and `column` from 0 of `rows` and `columns`.

    `x_px`, `y_px`: its corner on the upright page; `width_px`, `height_px`: its size, paper that hangs over
    the page included.
    """

    index: int
    row: int
    column: int
    x_px: int
    y_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Tiling:
    """How one page is cut. `image` is upright, in its own pixels; `turned` undid the page's turn.

    `tokens`: what all tiles cost in the prompt; `dpi`: at which the model sees them, by the profile.
    """

    image: PageImage
    profile: VisionProfile
    turned: int
    grid: Grid
    spots: tuple[Spot, ...]

    @property
    def tokens(self) -> int:
        return sum(self.tile_tokens(spot) for spot in self.spots)

    @property
    def dpi(self) -> float:
        spot = self.spots[0]
        own = min(self.image.dpi_x, self.image.dpi_y)
        return round(see_dpi(self.profile, spot.width_px, spot.height_px, own), 1)

    def tile_tokens(self, spot: Spot) -> int:
        return count_tokens(self.profile, spot.width_px, spot.height_px)

    def cut(self, spot: Spot) -> Pixels:
        """The tile's pixels: the page's own, and paper beyond its edges. Shape as the page's, gray or RGB."""
        page = self.image.pixels
        part = page[spot.y_px : spot.y_px + spot.height_px, spot.x_px : spot.x_px + spot.width_px]
        if part.shape[:2] == (spot.height_px, spot.width_px):
            return np.ascontiguousarray(part)
        tile = np.empty((spot.height_px, spot.width_px, *page.shape[2:]), np.uint8)
        height, width = part.shape[:2]
        tile[:height, :width] = part
        tile[height:] = tile[:height, width:] = find_paper(page)
        return tile

    def locate(self, spot: Spot, pixels: tuple[float, float, float, float]) -> Box:
        """Pixels of a tile -> points of the page as it lies."""
        x0, y0, x1, y1 = pixels
        page = (x0 + spot.x_px, y0 + spot.y_px, x1 + spot.x_px, y1 + spot.y_px)
        box = point_box(page, self.image.dpi_x, self.image.dpi_y)
        height, width = self.image.pixels.shape[:2]
        size = point_box((0, 0, width, height), self.image.dpi_x, self.image.dpi_y)
        return turn_box(box, (360 - self.turned) % 360, size.x1, size.y1)


def plan_tiles(
    image: PageImage, profile: VisionProfile, *, turned: int = 0, line_px: float | None = None
) -> Tiling:
    """Cut a page. `turned`: the clockwise turn that rights it (0, 90, 180, 270), done without loss.

    `line_px`: the height of a text line on the page's image, 12 points if None.
    """
    upright = square_pixels(right_image(image, turned))
    height, width = upright.pixels.shape[:2]
    line = max(1, math.ceil(line_px or LINE_PT / 72 * max(upright.dpi_x, upright.dpi_y)))
    # A page less than two lines high or wide needs no more overlap than itself.
    grid = choose_grid(profile, width, height, min(line, max(1, min(width, height) // 2)))
    xs = place_cuts(grid.columns, grid.width_px, grid.overlap_x_px, upright.pixels, axis=1)
    ys = place_cuts(grid.rows, grid.height_px, grid.overlap_y_px, upright.pixels, axis=0)
    spots = (
        Spot(row * grid.columns + column, row, column, x, y, grid.width_px, grid.height_px)
        for row, y in enumerate(ys)
        for column, x in enumerate(xs)
    )
    return Tiling(upright, profile, turned, grid, tuple(spots))


def place_cuts(count: int, size_px: int, overlap_px: int, pixels: Pixels, *, axis: int) -> list[int]:
    """Where tiles begin along an axis (0: down, 1: across), each in white space if the slack allows.

    Each tile begins at least `overlap_px` before the end of the one before, and late enough that the rest
    reaches the page's end.
    """
    length = int(pixels.shape[axis])
    starts = [0]
    for left in range(count - 1, 0, -1):
        latest = starts[-1] + size_px - overlap_px
        earliest = max(starts[-1] + 1, length - left * size_px + (left - 1) * overlap_px)
        earliest = max(earliest, latest - 6 * overlap_px)
        starts.append(_find_gap(pixels, min(earliest, latest), latest, overlap_px, axis))
    return starts


def _find_gap(pixels: Pixels, earliest: int, latest: int, line_px: int, axis: int) -> int:
    """The middle of the last stretch without letters in a window of rows (or columns)."""
    length = int(pixels.shape[axis])
    if latest >= length or earliest == latest:
        return min(latest, length - 1)
    window = pixels[earliest : latest + 1] if axis == 0 else pixels[:, earliest : latest + 1]
    if window.ndim == 3:
        # Ten times as fast as `min(axis=2)`.
        window = np.minimum(np.minimum(window[..., 0], window[..., 1]), window[..., 2])
    # Letters change along a line; paper of any colour, bars and rules do not.
    step = np.abs(np.diff(window.astype(np.int16), axis=1 - axis)) > 48
    ink = np.count_nonzero(step, axis=1 - axis).astype(np.float32)
    # Specks do not fill a gap, and a gap of one row between two lines is no better than a wide one.
    blurred = np.convolve(ink, np.ones(max(1, min(line_px // 8, len(ink))), np.float32), mode="same")
    least = np.flatnonzero(blurred <= blurred.min() + 0.002 * window.shape[1 - axis])
    breaks = np.flatnonzero(np.diff(least) > 1)
    run = least[breaks[-1] + 1 :] if len(breaks) else least
    return earliest + int(run[len(run) // 2])


def find_paper(pixels: Pixels) -> Pixels:
    """The page's background: the median of a sample of its pixels, one number or three."""
    step_y, step_x = (max(1, n // 64) for n in pixels.shape[:2])
    return np.asarray(np.median(pixels[::step_y, ::step_x], axis=(0, 1)), np.uint8)


def right_image(image: PageImage, turned: int) -> PageImage:
    """The image turned clockwise by a multiple of 90 degrees, its DPI with it."""
    if turned % 180 == 0:
        return replace(image, pixels=turn_pixels(image.pixels, turned))
    return replace(image, pixels=turn_pixels(image.pixels, turned), dpi_x=image.dpi_y, dpi_y=image.dpi_x)


def square_pixels(image: PageImage) -> PageImage:
    """Repeat rows or columns of a fax (204 by 98 DPI) so that letters keep their shape; nothing is mixed."""
    times_x = max(1, round(image.dpi_y / image.dpi_x))
    times_y = max(1, round(image.dpi_x / image.dpi_y))
    if times_x == times_y == 1:
        return image
    pixels = image.pixels.repeat(times_y, axis=0).repeat(times_x, axis=1)
    return replace(image, pixels=pixels, dpi_x=image.dpi_x * times_x, dpi_y=image.dpi_y * times_y)


def shrink_legible(image: PageImage, smallest_text_px: float, legible_px: float = 24.0) -> PageImage:
    """The page averaged down to save tokens, its smallest text (height of a word's box) still `legible_px`.

    Ratios are of small whole numbers, so that strokes stay even. A page whose text is small already stays
    as it is, bit for bit.
    """
    fits = [ratio for ratio in _RATIOS if smallest_text_px * ratio >= legible_px]
    if not fits:
        return image
    height, width = image.pixels.shape[:2]
    size = (max(1, round(width * fits[-1])), max(1, round(height * fits[-1])))
    pixels = np.asarray(cv2.resize(image.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return PageImage(
        image.page_number,
        pixels,
        "rendered",
        image.dpi_x * size[0] / width,
        image.dpi_y * size[1] / height,
    )


def make_overview(tiling: Tiling) -> Pixels:
    """The whole page in one tile, averaged down (never up), on paper where its shape differs."""
    page = tiling.image.pixels
    height, width = page.shape[:2]
    sizes = list_tile_sizes(tiling.profile, width / height)
    scale, size = max(((min(1.0, w / width, h / height), (w, h)) for w, h in sizes), key=lambda s: s[0])
    inner = (max(1, int(width * scale)), max(1, int(height * scale)))
    small = np.asarray(cv2.resize(page, inner, interpolation=cv2.INTER_AREA), np.uint8)
    tile = np.empty((size[1], size[0], *page.shape[2:]), np.uint8)
    tile[...] = find_paper(page)
    tile[: inner[1], : inner[0]] = small
    return tile


def list_tile_sizes(profile: VisionProfile, aspect: float) -> list[tuple[int, int]]:
    """Sizes in pixels that one image may have; `aspect` (width by height) picks one where any size goes."""
    cell = profile.cell_px
    if profile.rule == "budget":
        return [(a * cell, b * cell) for a, b in list_untouched_sizes(profile.max_cells)]
    if profile.rule == "square":
        side = math.isqrt(profile.max_cells) * cell
        return [(side, side)]
    goal = min(profile.max_cells, max(1024, profile.min_cells))
    rows = max(1, min(goal, int(math.sqrt(goal / aspect))))
    return [(max(1, goal // rows) * cell, rows * cell)]


def group_tiles(tiling: Tiling, max_tokens: int, max_images: int) -> list[tuple[Spot, ...]]:
    """Tiles for one request each, in reading order, as even as can be.

    `max_tokens`: what the context has left for images. Raises `ConfigError` (`context-too-small`) if not even
    one tile fits.
    """
    each = max(tiling.tile_tokens(spot) for spot in tiling.spots)
    most = min(max_tokens // each, max_images)
    if most < 1:
        raise ConfigError(
            "context-too-small",
            f"one tile of a page costs {each} tokens, and {max(0, max_tokens)} are left for images",
            stage="extraction",
            hint="serve with a larger --max-model-len, or with a smaller budget per image",
        )
    groups = math.ceil(len(tiling.spots) / most)
    bounds = [round(i * len(tiling.spots) / groups) for i in range(groups + 1)]
    return [tiling.spots[a:b] for a, b in pairwise(bounds)]


def describe_place(tiling: Tiling, spot: Spot) -> str:
    """What the model is told about a tile: its number, its place, and what repeats."""
    grid, count = tiling.grid, len(tiling.spots)
    if count == 1:
        return "Image 1 of 1: the whole page."
    parts = [f"Image {spot.index + 1} of {count}:"]
    if grid.rows > 1:
        parts.append(f"strip {spot.row + 1} of {grid.rows} from the top,")
    parts.append("the page's full width." if grid.columns == 1 else f"{_side(spot, grid.columns)}.")
    repeats = list(_repeats(spot))
    if repeats:
        parts.append(f"{' '.join(repeats)} repeat what images before show.")
    return " ".join(parts)


def _side(spot: Spot, columns: int) -> str:
    if columns == 2:
        return "left side" if spot.column == 0 else "right side"
    return f"column {spot.column + 1} of {columns} from the left"


def _repeats(spot: Spot) -> Iterator[str]:
    if spot.row:
        yield "Its first lines" if not spot.column else "Its first lines and its left edge"
    elif spot.column:
        yield "The left edge's words"
