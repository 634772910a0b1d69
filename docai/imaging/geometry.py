"""Points, pixels, and the turn between a page as it lies and a page as it reads.

All conversions of docai live here. y grows downwards, so a positive angle is clockwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from docai.types import Box, Page, PageImage

POINTS_PER_INCH = 72.0


def point_box(pixels: tuple[float, float, float, float], dpi_x: float, dpi_y: float) -> Box:
    """Pixels of an image -> points."""
    x0, y0, x1, y1 = pixels
    kx, ky = POINTS_PER_INCH / dpi_x, POINTS_PER_INCH / dpi_y
    return Box(x0 * kx, y0 * ky, x1 * kx, y1 * ky)


def pixel_box(box: Box, dpi_x: float, dpi_y: float) -> tuple[float, float, float, float]:
    """Points -> pixels of an image."""
    kx, ky = dpi_x / POINTS_PER_INCH, dpi_y / POINTS_PER_INCH
    return box.x0 * kx, box.y0 * ky, box.x1 * kx, box.y1 * ky


def image_size_pt(image: PageImage) -> tuple[float, float]:
    """Width and height of an image in points."""
    height, width = image.pixels.shape[:2]
    return width * POINTS_PER_INCH / image.dpi_x, height * POINTS_PER_INCH / image.dpi_y


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all; raises ValueError for none."""
    items = list(boxes)
    if not items:
        raise ValueError("no boxes to unite")
    return Box(
        min(b.x0 for b in items), min(b.y0 for b in items), max(b.x1 for b in items), max(b.y1 for b in items)
    )


def intersection_area(a: Box, b: Box) -> float:
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    return width * height if width > 0 and height > 0 else 0.0


def area(box: Box) -> float:
    return max(0.0, box.x1 - box.x0) * max(0.0, box.y1 - box.y0)


def iou(a: Box, b: Box) -> float:
    """Intersection over union, 0..1."""
    common = intersection_area(a, b)
    return common / (area(a) + area(b) - common) if common else 0.0


def clip(box: Box, width_pt: float, height_pt: float) -> Box:
    """The part of a box that lies on the page."""
    x0, x1 = sorted((min(max(box.x0, 0.0), width_pt), min(max(box.x1, 0.0), width_pt)))
    y0, y1 = sorted((min(max(box.y0, 0.0), height_pt), min(max(box.y1, 0.0), height_pt)))
    return Box(x0, y0, x1, y1)


def turn_box(box: Box, turned: int, width_pt: float, height_pt: float) -> Box:
    """Turn a box clockwise by 0, 90, 180 or 270 degrees with its page of the given size."""
    x0, y0, x1, y1 = box
    if turned == 0:
        return box
    if turned == 90:
        return Box(height_pt - y1, x0, height_pt - y0, x1)
    if turned == 180:
        return Box(width_pt - x1, height_pt - y1, width_pt - x0, height_pt - y0)
    if turned == 270:
        return Box(y0, width_pt - x1, y1, width_pt - x0)
    raise ValueError(f"a page turns by 0, 90, 180 or 270 degrees, not {turned}")


def rotate_hull(box: Box, angle_deg: float, centre: tuple[float, float]) -> Box:
    """The upright hull of a box that is rotated clockwise about a centre."""
    a = math.radians(angle_deg)
    cos, sin = math.cos(a), math.sin(a)
    cx, cy = centre
    corners = [(x - cx, y - cy) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
    xs = [cx + x * cos - y * sin for x, y in corners]
    ys = [cy + x * sin + y * cos for x, y in corners]
    return Box(min(xs), min(ys), max(xs), max(ys))


def rotate_from_hull(box: Box, angle_deg: float, centre: tuple[float, float]) -> Box:
    """Undo `rotate_hull`: `box` is the hull of a level box seen at an angle; gives the level box.

    The hull of a w×h box at a small angle a measures w·cos a + h·sin a by h·cos a + w·sin a; solved for
    w and h, and kept at half the hull at least, since a hull drawn by hand may be tighter than that.
    """
    a = math.radians(abs(angle_deg))
    cos, sin = math.cos(a), math.sin(a)
    big_w, big_h = box.x1 - box.x0, box.y1 - box.y0
    double = cos * cos - sin * sin
    w = max((big_w * cos - big_h * sin) / double, big_w / 2) if double > 0.1 else big_w
    h = max((big_h * cos - big_w * sin) / double, big_h / 2) if double > 0.1 else big_h
    mid = rotate_hull(
        Box((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2, (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2),
        angle_deg,
        centre,
    )
    return Box(mid.x0 - w / 2, mid.y0 - h / 2, mid.x0 + w / 2, mid.y0 + h / 2)


def upright_size(page: Page) -> tuple[float, float]:
    """Width and height in points of the page as it reads."""
    return (page.height_pt, page.width_pt) if page.turned % 180 else (page.width_pt, page.height_pt)


def to_upright(page: Page, box: Box) -> Box:
    """A box of the page as it lies -> the same words on the page as it reads (turned and levelled)."""
    turned = turn_box(box, page.turned, page.width_pt, page.height_pt)
    if not page.skew_deg:
        return turned
    width, height = upright_size(page)
    return rotate_from_hull(turned, page.skew_deg, (width / 2, height / 2))


def from_upright(page: Page, box: Box) -> Box:
    """A box of the page as it reads -> the hull of the same place on the page as it lies."""
    width, height = upright_size(page)
    level = rotate_hull(box, -page.skew_deg, (width / 2, height / 2)) if page.skew_deg else box
    return turn_box(level, (360 - page.turned) % 360, width, height)
