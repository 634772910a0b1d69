"""What a vision model's processor does to an image: grid, budget, tokens, and the sizes it leaves alone.

A tile of such a size reaches the model with the page's own pixels. Sizes are derived here from the rule, in
whole numbers, so that no rounding of a processor decides whether a page is resampled.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, NamedTuple, TypeAlias

Rule: TypeAlias = Literal["budget", "range", "square"]

GEMMA4_BUDGETS = (70, 140, 280, 560, 1120)
MAX_ASPECT = 6.0
"""No tile is longer than this times its width: beyond, a strip holds hardly a line of text."""


class CellSize(NamedTuple):
    """A tile's size in cells of the model's grid; one cell is one token."""

    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class VisionProfile:
    """How one family of models sees images.

    `rule`: `budget` scales every image, up or down, to the largest size of at most `max_cells` cells;
    `range` only rounds sides to whole cells while the image has `min_cells`..`max_cells`; `square` takes
    images of one size, `max_cells` cells. `marker_tokens`: what an image costs beside its cells.
    `assumed`: nothing is known about the model: what it sees is a guess until its first reply's token count.
    """

    name: str
    rule: Rule
    cell_px: int
    max_cells: int
    min_cells: int = 1
    marker_tokens: int = 2
    assumed: bool = False


# Gemma 4: transformers' Gemma4UnifiedImageProcessor and Gemma4ImageProcessor (16 px patches, pooled 3x3).
GEMMA4 = VisionProfile("gemma-4", "budget", 48, 1120)
# Qwen3-VL: 16 px patches merged 2x2, 65,536 to 16,777,216 pixels an image (its preprocessor_config.json).
# docai's tiles stay at a quarter of that, for the encoder's attention grows with the square.
QWEN3_VL = VisionProfile("qwen3-vl", "range", 32, 4096, min_cells=64)
QWEN2_VL = VisionProfile("qwen2-vl", "range", 28, 4096, min_cells=4)
# 896 is a multiple of 14, 16, 28, 32 and 448, the grids of most models, and Gemma 3's only size.
GENERIC = VisionProfile("generic", "square", 28, 1024, assumed=True)

_FAMILIES: tuple[tuple[str, VisionProfile], ...] = (
    (r"gemma[-_:]?4", GEMMA4),
    (r"qwen[-_:]?3(\.\d)?[-_:]?vl|qwen[-_:]?3\.5", QWEN3_VL),
    (r"qwen[-_:]?2(\.5)?[-_:]?vl", QWEN2_VL),
)


def find_profile(model: str, budget: int | None = None) -> VisionProfile:
    """The profile for a model's name as its server gives it; `budget` sets the most cells an image.

    Gemma 4 of every size (12B, E4B, 26B, 31B) sees the same grid. A Gemma 4 server's budget is a flag of the
    server; one that runs without it has 280. Raises ValueError for a budget that Gemma 4 does not have.
    """
    found = next((p for pattern, p in _FAMILIES if re.search(pattern, model, re.IGNORECASE)), GENERIC)
    if budget is None:
        return found
    if found.rule == "budget" and budget not in GEMMA4_BUDGETS:
        raise ValueError(f"Gemma 4 has budgets {GEMMA4_BUDGETS}, not {budget}")
    return replace(found, name=f"{found.name}-{budget}", max_cells=budget)


@cache
def list_untouched_sizes(max_cells: int) -> tuple[CellSize, ...]:
    """Every size a x b that the `budget` rule maps to itself.

    The rule scales by f = sqrt(max_cells / (a b)) and drops fractions of cells, so a x b stays if
    a f < a + 1 and b f < b + 1, which is a max_cells < (a + 1)^2 b and the same with a and b exchanged.
    """
    sizes = []
    for a in range(1, max_cells + 1):
        for b in range(1, max_cells // a + 1):
            if max(a, b) > MAX_ASPECT * min(a, b):
                continue
            if a * max_cells < (a + 1) ** 2 * b and b * max_cells < (b + 1) ** 2 * a:
                sizes.append(CellSize(a, b))
    return tuple(sizes)


def see_size(profile: VisionProfile, width_px: int, height_px: int) -> tuple[int, int]:
    """Width and height in pixels at which the model sees an image of the given size."""
    cell = profile.cell_px
    if profile.rule == "square":
        side = math.isqrt(profile.max_cells) * cell
        return side, side
    if profile.rule == "budget":
        scale = math.sqrt(profile.max_cells * cell**2 / (width_px * height_px))
        columns, rows = int(scale * width_px / cell), int(scale * height_px / cell)
        columns = columns or min(max(1, width_px // height_px), profile.max_cells)
        rows = rows or min(max(1, height_px // width_px), profile.max_cells)
        return columns * cell, rows * cell
    columns, rows = max(1, round(width_px / cell)), max(1, round(height_px / cell))
    if not profile.min_cells <= columns * rows <= profile.max_cells:
        goal = min(max(columns * rows, profile.min_cells), profile.max_cells)
        scale = math.sqrt(goal * cell**2 / (width_px * height_px))
        away = math.floor if columns * rows > profile.max_cells else math.ceil
        columns = max(1, away(scale * width_px / cell))
        rows = max(1, away(scale * height_px / cell))
    return columns * cell, rows * cell


def count_tokens(profile: VisionProfile, width_px: int, height_px: int) -> int:
    """Prompt tokens of one image."""
    seen = see_size(profile, width_px, height_px)
    return seen[0] * seen[1] // profile.cell_px**2 + profile.marker_tokens


def see_dpi(profile: VisionProfile, width_px: int, height_px: int, dpi: float) -> float:
    """The DPI at which the model sees an image of `dpi`, sent as it is: the coarser direction counts."""
    seen = see_size(profile, width_px, height_px)
    return dpi * min(1.0, seen[0] / width_px, seen[1] / height_px)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reply's token count tells. `as_planned`: the model saw the tiles' own pixels."""

    as_planned: bool
    dpi: float


def check_sight(planned_tokens: int, prompt_tokens: int, text_tokens: int, dpi: float) -> Sight:
    """Compare the tokens that images should have cost with those of the server's first reply.

    `planned_tokens`: of all images; `prompt_tokens`: as the server counted; `text_tokens`: a guess (a third
    may be wrong). Pixels go with tokens, so the DPI goes with their root; a server that
    scaled images up shows the page's own DPI, blurred.
    """
    spent = max(1, prompt_tokens - text_tokens)
    slack = max(0.04 * planned_tokens, text_tokens / 3)
    if abs(spent - planned_tokens) <= slack:
        return Sight(True, dpi)
    return Sight(False, round(dpi * min(1.0, math.sqrt(spent / planned_tokens)), 1))


def infer_budget(
    profile: VisionProfile,
    sizes_px: Sequence[tuple[int, int]],
    prompt_tokens: int,
    text_tokens: int,
    slack: float = 0.05,
) -> int | None:
    """The budget that a Gemma 4 server really runs with, from what images of known sizes cost in its prompt.

    None if no budget explains the count within the doubt about the text, or the share `slack` of it. Tiles
    planned anew for that budget reach the model at the page's own DPI again: they are only smaller and more.
    """
    if profile.rule != "budget":
        return None
    spent = prompt_tokens - text_tokens

    def miss(budget: int) -> int:
        found = replace(profile, max_cells=budget)
        return abs(spent - sum(count_tokens(found, width, height) for width, height in sizes_px))

    best = min(GEMMA4_BUDGETS, key=miss)
    return best if miss(best) <= max(slack * spent, text_tokens / 3) else None


def describe_sight(profile: VisionProfile, model: str, dpi: float) -> str:
    """What the user is told about what the model sees, for the log and for an unknown model's warning."""
    if profile.assumed:
        side = math.isqrt(profile.max_cells) * profile.cell_px
        return (
            f"docai does not know {model}: it sends tiles of {side} x {side} px and takes it that the model "
            f"sees them as they are, at {dpi:g} DPI; docai doctor measures it"
        )
    return f"{model} sees pages at {dpi:g} DPI, {profile.max_cells} tokens an image at most"
