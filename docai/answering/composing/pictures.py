"""A page as images for a model that answers: small as a whole, and its own pixels around the passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from docai.imaging.encoding import encode_png
from docai.imaging.profiles import VisionProfile, count_tokens
from docai.imaging.tiles import make_overview, plan_tiles
from docai.imaging.windows import plan_windows, turn_places
from docai.types import Box, PageImage


@dataclass(frozen=True, slots=True)
class Picture:
    """One image: PNG bytes, its tokens in the prompt, what it shows, whether in the page's own pixels."""

    data: bytes = field(repr=False)
    tokens: int
    shows: str
    native: bool
    dpi: float


def picture_page(
    image: PageImage,
    turned: int,
    boxes: Sequence[Box],
    profile: VisionProfile,
    name: str,
    most_windows: int = 2,
) -> tuple[Picture, ...]:
    """The whole page small, then windows around `boxes` (of the page as it lies, in points) bit for bit.

    A page that fits into one image is that image. `name`: what the page is called in the prompt.
    """
    tiling = plan_tiles(image, profile, turned=turned)
    windows = plan_windows(tiling, turn_places(tiling, boxes), most_windows)
    native = [
        Picture(
            encode_png(tiling.cut(spot)),
            tiling.tile_tokens(spot),
            name if len(tiling.spots) == 1 else f"part of {name}",
            native=True,
            dpi=tiling.dpi,
        )
        for spot in windows
    ]
    if len(tiling.spots) == 1 and native:
        return tuple(native)
    small = make_overview(tiling)
    height, width = small.shape[:2]
    dpi = tiling.dpi * min(1.0, width / tiling.image.pixels.shape[1], height / tiling.image.pixels.shape[0])
    whole = Picture(
        encode_png(small), count_tokens(profile, width, height), f"the whole of {name}", native=False, dpi=dpi
    )
    return (whole, *native)
