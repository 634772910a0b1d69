"""A page made ready for reading: gray, square pixels, upright, level; and the way back to its own points."""

from __future__ import annotations

from dataclasses import dataclass, replace

from docai.imaging import orientation
from docai.imaging.geometry import clip, from_upright, pixel_box, point_box, to_upright
from docai.imaging.orientation import Gray
from docai.reading.tokens import Line, PixelBox
from docai.types import Box, Page, Word


@dataclass(frozen=True, slots=True)
class Sheet:
    """`gray`: the levelled page at `dpi` both ways. `page` carries `turned` and `skew_deg`.

    `two_level`: the scan knows black and white alone (CCITT, JBIG2); levelling adds grays of its own.
    """

    page: Page
    gray: Gray
    dpi: float
    two_level: bool = False

    def place(self, box: PixelBox) -> Box:
        """Pixels of the sheet -> points of the page as it lies."""
        upright = point_box(box, self.dpi, self.dpi)
        return clip(from_upright(self.page, upright), self.page.width_pt, self.page.height_pt)

    def find(self, box: Box, dpi: float) -> PixelBox:
        """Points of the page as it lies -> pixels of the sheet seen at `dpi`."""
        return pixel_box(to_upright(self.page, box), dpi, dpi)

    def words(self, lines: list[Line], first_line: int = 0) -> list[Word]:
        """Words of lines in reading order, numbered from `first_line`."""
        return [
            Word(token.text, self.place(token.box), min(1.0, token.confidence), "ocr", number)
            for number, line in enumerate(lines, first_line)
            for token in line.tokens
        ]


LEVEL_ENOUGH_DEG = 0.08
"""Below this, resampling costs more sharpness than the slope costs reading."""


def lay_sheet(page: Page, gray: Gray, dpi: float, turned: int, skew_deg: float) -> Sheet:
    """Turn and level square pixels `gray` of a page that lies as in the file."""
    skew = skew_deg if abs(skew_deg) >= LEVEL_ENOUGH_DEG else 0.0
    righted = replace(page, turned=turned, skew_deg=skew)
    upright = orientation.turn_pixels(gray, turned)
    return Sheet(righted, orientation.level_pixels(upright, skew), dpi, has_two_levels(gray))


def has_two_levels(gray: Gray) -> bool:
    """Whether next to no pixel lies between black and white."""
    sample = gray[::5, ::5]
    return bool(((sample > 16) & (sample < 239)).mean() < 0.004)
