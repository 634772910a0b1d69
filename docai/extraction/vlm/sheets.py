"""A page as the images that a model gets: native tiles as PNG, each with its place and price in tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from docai.errors import ConfigError
from docai.imaging.encoding import encode_png
from docai.imaging.profiles import VisionProfile
from docai.imaging.tiles import describe_place, plan_tiles, shrink_legible
from docai.types import Page, PageImage


@dataclass(frozen=True, slots=True)
class SheetPart:
    """One tile: PNG bytes, what it costs in the prompt, and the words that say where it lies."""

    data: bytes = field(repr=False)
    tokens: int
    place: str


@dataclass(frozen=True, slots=True)
class PageSheet:
    """A page for one profile. `dpi`: at which the model sees it, if it is what the profile says."""

    number: int
    parts: tuple[SheetPart, ...]
    dpi: float
    profile: VisionProfile

    @property
    def tokens(self) -> int:
        return sum(part.tokens for part in self.parts)


def make_sheet(
    page: Page, image: PageImage, profile: VisionProfile, smallest_text_px: float | None = None
) -> PageSheet:
    """Cut the upright page and encode its tiles, without loss. `page` gives the turn that rights it.

    `smallest_text_px`: shrink the page first as far as its smallest text stays legible, to save tokens.
    """
    if smallest_text_px is not None:
        image = shrink_legible(image, smallest_text_px)
    tiling = plan_tiles(image, profile, turned=page.turned)
    parts = (
        SheetPart(encode_png(tiling.cut(spot)), tiling.tile_tokens(spot), describe_place(tiling, spot))
        for spot in tiling.spots
    )
    return PageSheet(page.number, tuple(parts), tiling.dpi, profile)


def measure_smallest_text(page: Page) -> float | None:
    """Height in pixels of the words of a page's smallest lines (one line in twenty may be smaller); None
    without words.

    A line's tallest word counts, since a box is lower where no letter rises over the others.
    """
    lying = page.turned % 180 != 0
    lines: dict[int, float] = {}
    for word in page.words:
        box = word.box
        height = (box.x1 - box.x0) * page.dpi_x if lying else (box.y1 - box.y0) * page.dpi_y
        if any(c.isalnum() for c in word.text):
            lines[word.line] = max(lines.get(word.line, 0.0), height / 72)
    heights = sorted(lines.values())
    return heights[len(heights) // 20] if heights else None


def share_parts(
    parts: Sequence[SheetPart], max_tokens: int | None, max_images: int
) -> list[tuple[SheetPart, ...]]:
    """Parts for one request each, in reading order, as even as can be. `max_tokens`: None knows no limit.

    Raises `ConfigError` (`context-too-small`) if not even one part fits.
    """
    each = max(part.tokens for part in parts)
    most = max_images if max_tokens is None else min(max_images, max_tokens // each)
    if most < 1:
        raise ConfigError(
            "context-too-small",
            f"one image of a page costs {each} tokens, and {max(0, max_tokens or 0)} are left for images",
            stage="extraction",
            hint="serve with a larger --max-model-len (llama.cpp: -c, Ollama: num_ctx)",
        )
    groups = -(-len(parts) // most)
    bounds = [round(i * len(parts) / groups) for i in range(groups + 1)]
    return [tuple(parts[a:b]) for a, b in pairwise(bounds)]
