"""Pages of random strings: nothing in them can be guessed, so what a model reports it has seen."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from docai.imaging.encoding import encode_png
from docai.imaging.fonts import Typeface
from docai.imaging.profiles import VisionProfile, list_untouched_sizes

# Without letters and digits that printed look alike: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
_SIGNS = "ACDEFGHJKMNPQRTWXY34679"
_STRING_LENGTH = 7
TEXT_PX = 28
"""Type of ten points at 200 DPI: the small print of an ordinary scan."""
_COLUMNS, _ROWS = 2, 10
_GENERIC_PX = (896, 896)


@dataclass(frozen=True, slots=True)
class StringPage:
    """`strings` in reading order, and the page as PNG."""

    strings: tuple[str, ...]
    width_px: int
    height_px: int
    data: bytes = field(repr=False)

    def score(self, text: str) -> float:
        """The share of strings that stand in a reply, letter by letter; spaces and case do not count."""
        said = re.sub(r"\s+", "", text).upper()
        return sum(string in said for string in self.strings) / len(self.strings)


@cache
def draw_string_page(width_px: int, height_px: int, seed: int = 0) -> StringPage:
    """Strings all over the page, so that a part that is not seen costs its share. The same seed gives the
    same page: a server that is examined twice gets equal questions."""
    chance = random.Random(f"{seed}:{width_px}x{height_px}")
    rows = max(2, min(_ROWS, height_px // (3 * TEXT_PX)))
    strings = tuple("".join(chance.choices(_SIGNS, k=_STRING_LENGTH)) for _ in range(_COLUMNS * rows))
    image = Image.new("L", (width_px, height_px), 255)
    canvas = ImageDraw.Draw(image)
    font = Typeface(None).at(TEXT_PX)
    for number, string in enumerate(strings):
        row, column = divmod(number, _COLUMNS)
        at = (width_px * (0.06 + 0.5 * column), height_px * (row + 0.4) / rows)
        canvas.text(at, string, font=font, fill=0)
    return StringPage(strings, width_px, height_px, encode_png(np.asarray(image)))


def choose_tile_size(profile: VisionProfile) -> tuple[int, int]:
    """Width and height in pixels of a tile that the profile leaves untouched, shaped like a page."""
    if profile.rule != "budget":
        return _GENERIC_PX
    sizes = list_untouched_sizes(profile.max_cells)
    best = max(
        sizes, key=lambda s: (s.columns * s.rows > 0.95 * profile.max_cells, -abs(s.columns / s.rows - 0.7))
    )
    return best.columns * profile.cell_px, best.rows * profile.cell_px
