"""Windows of a page around places on it: the page's own pixels, in sizes that a vision model leaves alone."""

from __future__ import annotations

from collections.abc import Sequence

from docai.imaging.geometry import image_size_pt, pixel_box, turn_box
from docai.imaging.profiles import VisionProfile
from docai.imaging.tiles import Spot, Tiling, list_tile_sizes
from docai.types import Box

PixelBox = tuple[float, float, float, float]

_MARGIN_PT = 6.0
"""Half a line beside a place: boxes of words cut off accents and commas."""


def turn_places(tiling: Tiling, boxes: Sequence[Box]) -> list[PixelBox]:
    """Boxes of the page as it lies, in points -> pixels of the tiling's upright page."""
    image = tiling.image
    size = image_size_pt(image)
    lying = size if tiling.turned % 180 == 0 else size[::-1]
    return [pixel_box(turn_box(box, tiling.turned, *lying), image.dpi_x, image.dpi_y) for box in boxes]


def plan_windows(tiling: Tiling, places: Sequence[PixelBox], most: int) -> tuple[Spot, ...]:
    """At most `most` windows that hold the places (pixels of the upright page), the first places first.

    Places near each other share a window. What is larger than any size that the model leaves alone is shown
    by the page's tiles that it touches.
    """
    if len(tiling.spots) == 1:
        return tiling.spots[:most] if places else ()
    groups: list[PixelBox] = []
    for place in (_widen(tiling, place) for place in places):
        for number, group in enumerate(groups):
            joint = _join(group, place)
            if _fit_size(tiling, joint) is not None:
                groups[number] = joint
                break
        else:
            groups.append(place)
    spots: dict[tuple[int, int], Spot] = {}
    for group in groups:
        for spot in _show(tiling, group):
            if len(spots) < most:
                spots.setdefault((spot.x_px, spot.y_px), spot)
    return tuple(spots.values())


def _widen(tiling: Tiling, place: PixelBox) -> PixelBox:
    image = tiling.image
    height, width = image.pixels.shape[:2]
    x, y = _MARGIN_PT / 72 * image.dpi_x, _MARGIN_PT / 72 * image.dpi_y
    x0, x1 = max(0.0, place[0] - x), min(float(width), place[2] + x)
    y0, y1 = max(0.0, place[1] - y), min(float(height), place[3] + y)
    return x0, y0, max(x0 + 1, x1), max(y0 + 1, y1)


def _join(a: PixelBox, b: PixelBox) -> PixelBox:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _fit_size(tiling: Tiling, place: PixelBox) -> tuple[int, int] | None:
    """The size that holds a place and shows most of the page around it; None where no size does."""
    width, height = place[2] - place[0], place[3] - place[1]
    page_height, page_width = tiling.image.pixels.shape[:2]
    fits = [(w, h) for w, h in _list_sizes(tiling.profile, width, height) if w >= width and h >= height]
    return max(fits, key=lambda s: (min(s[0], page_width) * min(s[1], page_height), -s[0]), default=None)


def _list_sizes(profile: VisionProfile, width: float, height: float) -> list[tuple[int, int]]:
    if profile.rule != "range":
        return list_tile_sizes(profile, width / height)
    columns, rows = (-(-int(side + 1) // profile.cell_px) for side in (width, height))
    while columns * rows < profile.min_cells:
        rows += 1
    return (
        [(columns * profile.cell_px, rows * profile.cell_px)] if columns * rows <= profile.max_cells else []
    )


def _show(tiling: Tiling, place: PixelBox) -> tuple[Spot, ...]:
    size = _fit_size(tiling, place)
    if size is None:
        return tuple(s for s in tiling.spots if _touches(s, place))
    page_height, page_width = tiling.image.pixels.shape[:2]
    x = _centre(place[0], place[2], size[0], page_width)
    y = _centre(place[1], place[3], size[1], page_height)
    return (Spot(0, 0, 0, x, y, *size),)


def _centre(start: float, end: float, size: int, whole: int) -> int:
    """Where a window begins that has start..end in its middle and lies on the page if it can."""
    middle = round((start + end - size) / 2)
    return max(0, min(middle, whole - size))


def _touches(spot: Spot, place: PixelBox) -> bool:
    return (
        spot.x_px < place[2]
        and place[0] < spot.x_px + spot.width_px
        and spot.y_px < place[3]
        and place[1] < spot.y_px + spot.height_px
    )
