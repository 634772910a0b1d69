"""One page in, its words out: text layer where it can be trusted, else the engine that fits the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from docai.imaging import orientation
from docai.reading.blocks import find_ink_lines
from docai.reading.engines import Engines
from docai.reading.layer import judge_layer
from docai.reading.recognition import read_sheet, stands_on_head
from docai.reading.sheet import Sheet, lay_sheet
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
        """The page with words, regions, turn and skew. A blank page has no words and no issue.

        Raises ConfigError (`no-reader`) where pixels must be read and no engine is installed.
        """
        words = [word for word in layer if word.text.strip()]
        gray, dpi = orientation.even_pixels(orientation.to_gray(image.pixels), image.dpi_x, image.dpi_y)
        if words and judge_layer(page, words, gray, dpi):
            return replace(page, words=tuple(words), reader="text-layer")
        return self._read_pixels(page, gray, dpi)

    def _read_pixels(self, page: Page, gray: orientation.Gray, dpi: float) -> Page:
        sheet = self._right(page, gray, dpi)
        ink = find_ink_lines(sheet.gray, sheet.dpi)
        if not len(ink.boxes) and ink.ink.mean() < 1e-4:
            return replace(page, reader="none")
        lines, reader = read_sheet(self._engines, sheet, ink)
        issues = (*page.issues, *self._issues(page))
        return replace(sheet.page, words=tuple(sheet.words(lines)), reader=reader, issues=issues)

    def _right(self, page: Page, gray: orientation.Gray, dpi: float) -> Sheet:
        angle = orientation.measure_lines(gray)
        sheet = lay_sheet(page, gray, dpi, 90 if angle.sideways else 0, angle.skew_deg)
        if stands_on_head(self._engines, sheet):
            return lay_sheet(page, gray, dpi, sheet.page.turned + 180, angle.skew_deg)
        return sheet

    def _issues(self, page: Page) -> list[Issue]:
        return [
            Issue(
                "reading",
                "language-not-covered",
                f"no installed reader knows the script of '{language}'; words in it are missing or wrong",
                page.number,
            )
            for language in self._engines.uncovered()
        ]
