"""Evidence drawn on its page: boxes by status, labels in the margin, a legend. And crops of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from PIL import Image

from docai.imaging.figure import compose_figure
from docai.imaging.fonts import choose_typeface
from docai.imaging.geometry import POINTS_PER_INCH, image_size_pt, pixel_box, turn_box, union
from docai.imaging.labels import STATUS_COLOURS, make_labels, make_marks
from docai.imaging.outlines import draw_outline
from docai.types import Box, FieldValue, PageImage, Status

__all__ = ["STATUS_COLOURS", "crop_evidence", "draw_evidence", "turn_upright"]

_TURNS = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
PAGE_PX = 1500


def draw_evidence(
    image: PageImage,
    fields: Sequence[FieldValue],
    page_number: int,
    *,
    turned: int = 0,
    page_px: int = PAGE_PX,
) -> Image.Image:
    """The page, upright, with every place that the fields have on it, labels beside it and a legend.

    `turned` (0, 90, 180, 270): the clockwise turn that rights the page. Boxes are in points of the page as it
    lies. `page_px`: the length of the page's longer side in the picture. Returns RGB. Labels never cover the
    page.
    """
    page, scale = _upright_page(image, turned, page_px)
    size_pt = image_size_pt(image)

    def place(box: Box) -> Box:
        x0, y0, x1, y1 = turn_box(box, turned, *size_pt)
        return Box(x0 * scale, y0 * scale, x1 * scale, y1 * scale)

    labels = make_labels(fields, page_number)
    typeface = choose_typeface(text for label in labels for text in (label.name, label.value, label.note))
    return compose_figure(
        page,
        [replace(mark, boxes=tuple(map(place, mark.boxes))) for mark in make_marks(fields, page_number)],
        [replace(label, boxes=tuple(map(place, label.boxes))) for label in labels],
        typeface,
    )


def crop_evidence(
    image: PageImage,
    boxes: Iterable[Box],
    margin_pt: float = 18.0,
    *,
    turned: int = 0,
    status: Status | None = None,
) -> Image.Image:
    """The part of a page around boxes, at the page's own resolution, upright; with `status` they are
    outlined in its colour. Raises ValueError for no boxes."""
    places = list(boxes)
    x0, y0, x1, y1 = pixel_box(union(places), image.dpi_x, image.dpi_y)
    mx, my = (margin_pt * dpi / POINTS_PER_INCH for dpi in (image.dpi_x, image.dpi_y))
    height, width = image.pixels.shape[:2]
    left, top = max(0, int(x0 - mx)), max(0, int(y0 - my))
    right, bottom = min(width, int(x1 + mx) + 1), min(height, int(y1 + my) + 1)
    # A box that lies off the page still gives a picture of its nearest edge.
    left, top = min(left, width - 1), min(top, height - 1)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    crop = Image.fromarray(image.pixels[top:bottom, left:right]).convert("RGB")
    if status is not None:
        width = max(2, round(image.dpi_x / 90))
        rects = [
            (bx0 - left - 2 * width, by0 - top - 2 * width, bx1 - left + 2 * width, by1 - top + 2 * width)
            for bx0, by0, bx1, by1 in (pixel_box(box, image.dpi_x, image.dpi_y) for box in places)
        ]
        draw_outline(crop, rects, STATUS_COLOURS[status], width_px=width, radius_px=2 * width)
    return turn_upright(crop, turned)


def _upright_page(image: PageImage, turned: int, page_px: int) -> tuple[Image.Image, float]:
    """The page as it reads, square pixels, `page_px` long; and its pixels per point."""
    width_pt, height_pt = image_size_pt(image)
    scale = page_px / max(width_pt, height_pt)
    size = (max(1, round(width_pt * scale)), max(1, round(height_pt * scale)))
    # Scaled before it becomes RGB: a gray page at 600 DPI has 34 million pixels.
    small = Image.fromarray(image.pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    page = small.convert("RGB")
    return turn_upright(page, turned), scale


def turn_upright(picture: Image.Image, turned: int) -> Image.Image:
    """A picture of a page as it lies, turned clockwise by 0, 90, 180 or 270 degrees."""
    return picture.transpose(_TURNS[turned]) if turned else picture
