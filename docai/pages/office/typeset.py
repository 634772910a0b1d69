"""A laid-out page as pixels, for a model that is to see it: black text of fixed pitch on white."""

from __future__ import annotations

import math

from docai.imaging.geometry import POINTS_PER_INCH
from docai.pages.mupdf import pymupdf
from docai.pages.office.layout import DPI, FlowPage
from docai.pages.pixels import Pixels, as_array

_ASCENT = 0.8
"""Of the type size: how far the base line stands below a line's top."""
_FONT = "cour"
"""Built into MuPDF, as is the one that it takes for characters that this one lacks."""


def draw_page(page: FlowPage) -> Pixels:
    """Gray pixels (height, width) at `layout.DPI`."""
    document = pymupdf.open()
    try:
        sheet = document.new_page(width=page.width_pt, height=page.height_pt)
        font = pymupdf.Font(_FONT)
        writer = pymupdf.TextWriter(sheet.rect)
        for word in page.words:
            size = word.box.y1 - word.box.y0
            writer.append((word.box.x0, word.box.y0 + _ASCENT * size), word.text, font=font, fontsize=size)
        if page.words:
            writer.write_text(sheet)
        zoom = DPI / POINTS_PER_INCH
        pixels = as_array(
            sheet.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csGRAY, alpha=False)
        )
    finally:
        document.close()
    height, width = (math.floor(side * zoom + 0.5) for side in (page.height_pt, page.width_pt))
    return pixels[:height, :width].copy()
