"""One page in, its words out: text layer where it can be trusted, else the engine that fits the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from docai.imaging import orientation
from docai.reading.blocks import InkLines, find_ink_lines
from docai.reading.engines import Engines
from docai.reading.ink import find_regions
from docai.reading.layered import complete_layer, find_layer_defect
from docai.reading.recognition import read_sheet
from docai.reading.righting import right_page
from docai.reading.sheet import Sheet
from docai.reading.tokens import PixelBox
from docai.types import Issue, Page, PageImage, Region, Word

READING_DPI = 250.0
"""Averaged down to it, 400-DPI two-level scans lose no word (.989 either way) and a sixth of the time."""
FEWEST_PX = 4_000_000
"""Smaller images keep their pixels, whatever DPI they claim."""


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
        gray, dpi = _reading_pixels(image)
        if not words:
            return self._read_pixels(page, gray, dpi)
        small = find_ink_lines(gray, dpi)
        shown, defect = find_layer_defect(self._engines, words, gray, dpi, small, image.kind)
        if defect is None:
            whole, sheet, ink = complete_layer(self._engines, page, shown, gray, dpi, small)
            reader = "text-layer" if len(whole) == len(shown) else "text-layer+ocr"
            regions = _regions(sheet, ink, whole)
            return replace(page, turned=sheet.page.turned, words=tuple(whole), regions=regions, reader=reader)
        text = f"the text layer {defect}; the page was read by OCR instead"
        issue = Issue("reading", "text-layer-distrusted", text, page.number)
        return self._read_pixels(replace(page, issues=(*page.issues, issue)), gray, dpi)

    def _read_pixels(self, page: Page, gray: orientation.Gray, dpi: float) -> Page:
        sheet = right_page(self._engines, page, gray, dpi)
        ink = find_ink_lines(sheet.gray, sheet.dpi)
        if not len(ink.boxes) and ink.ink.mean() < 1e-4:
            return replace(page, reader="none")
        lines, reader = read_sheet(self._engines, sheet, ink)
        words = tuple(sheet.words(lines))
        issues = (*page.issues, *self._issues(page)) if words else page.issues
        return replace(
            sheet.page, words=words, regions=_regions(sheet, ink, words), reader=reader, issues=issues
        )

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


def _reading_pixels(image: PageImage) -> tuple[orientation.Gray, float]:
    """Gray, square pixels at no more than `READING_DPI`, and their DPI."""
    gray, dpi = orientation.even_pixels(orientation.to_gray(image.pixels), image.dpi_x, image.dpi_y)
    scale = max(READING_DPI / dpi, math.sqrt(FEWEST_PX / gray.size))
    if scale > 0.9:
        return gray, dpi
    return orientation.shrink(gray, round(max(gray.shape) * scale)), dpi * scale


def _regions(sheet: Sheet, ink: InkLines, words: Sequence[Word]) -> tuple[Region, ...]:
    boxes: list[tuple[PixelBox, str]] = [(sheet.find(word.box, ink.dpi), word.text) for word in words]
    found = find_regions(ink.small, ink.dpi, boxes)
    back = sheet.dpi / ink.dpi
    return tuple(
        Region(sheet.place((box[0] * back, box[1] * back, box[2] * back, box[3] * back)), kind)
        for box, kind in found
    )
