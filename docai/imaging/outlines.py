"""The line around a place that consists of several boxes."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

Rect = tuple[float, float, float, float]


def draw_outline(
    picture: Image.Image,
    rects: Sequence[Rect],
    colour: str,
    *,
    width_px: int,
    radius_px: int,
    alpha: int = 255,
) -> None:
    """One line around the union of boxes (pixels of the picture), inside their edges. Where the boxes of a
    slanting text's lines overlap there is none between them: it would strike the words out."""
    left = max(int(min(rect[0] for rect in rects)) - 1, 0)
    top = max(int(min(rect[1] for rect in rects)) - 1, 0)
    right = min(int(max(rect[2] for rect in rects)) + 2, picture.width)
    bottom = min(int(max(rect[3] for rect in rects)) + 2, picture.height)
    if right <= left or bottom <= top:
        return  # off the picture
    mask = Image.new("L", (right - left, bottom - top), 0)
    canvas = ImageDraw.Draw(mask)
    for by, value in ((0, alpha), (width_px, 0)):
        for x0, y0, x1, y1 in rects:
            inner = (x0 - left + by, y0 - top + by, x1 - left - by, y1 - top - by)
            if inner[2] > inner[0] and inner[3] > inner[1]:
                canvas.rounded_rectangle(inner, radius=max(radius_px - by, 0), fill=value)
    picture.paste(colour, (left, top, right, bottom), mask)
