"""One page in, its words out: text layer where it can be trusted, else the engine that fits the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from docai.imaging import orientation
from docai.reading.blocks import find_ink_lines
from docai.reading.engines import Engines
from docai.reading.layer import judge_layer
from docai.reading.sheet import Sheet, lay_sheet
from docai.reading.tokens import Line
from docai.types import Issue, Page, PageImage, Word


class PageReader:
    """Satisfies `docai.protocols.Reader`. One per worker: engines are loaded on first use and kept.

    `languages`: ISO 639-2 codes as tesseract's data files are called. `tessdata`: a folder of
    `*.traineddata` instead of the installed wheels'.
    """

    name = "docai"

    def __init__(self, languages: Sequence[str] = ("eng",), *, tessdata: Path | None = None) -> None:
        self._engines = Engines(tuple(languages), tessdata)

    def read(self, page: Page, image: PageImage, layer: Sequence[Word]) -> Page:
        """The page with words, regions, turn and skew. A blank page has no words and no issue."""
        words = [word for word in layer if word.text.strip()]
        gray, dpi = orientation.even_pixels(orientation.to_gray(image.pixels), image.dpi_x, image.dpi_y)
        if words and judge_layer(page, words, gray, dpi):
            return replace(page, words=tuple(words), reader="text-layer")
        return self._read_pixels(page, gray, dpi)

    def _read_pixels(self, page: Page, gray: orientation.Gray, dpi: float) -> Page:
        sheet = self._right(page, gray, dpi)
        if not find_ink_lines(sheet.gray, sheet.dpi).ink.any():
            return replace(page, reader="none")
        lines, reader = self._recognise(sheet)
        return replace(
            sheet.page,
            words=tuple(sheet.words(lines)),
            reader=reader,
            issues=(*page.issues, *self._issues(page)),
        )

    def _right(self, page: Page, gray: orientation.Gray, dpi: float) -> Sheet:
        angle = orientation.measure_lines(gray)
        sheet = lay_sheet(page, gray, dpi, 90 if angle.sideways else 0, angle.skew_deg)
        if self._engines.stands_on_head(sheet):
            return lay_sheet(page, gray, dpi, sheet.page.turned + 180, angle.skew_deg)
        return sheet

    def _recognise(self, sheet: Sheet) -> tuple[list[Line], str]:
        return self._engines.read_sheet(sheet)

    def _issues(self, page: Page) -> list[Issue]:
        return [Issue("reading", code, text, page.number) for code, text in self._engines.notes]
