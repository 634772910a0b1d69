"""The two recognisers behind one face, loaded on first use; where one is missing, the other does all."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from docai.imaging.orientation import turn_pixels
from docai.reading.ppocr import LineRecogniser, Quad, TextDetector, find_weights
from docai.reading.rows import sort_rows
from docai.reading.sheet import Sheet
from docai.reading.tesseract import Tesseract
from docai.reading.tokens import Line
from docai.reading.turn import TurnVoter

PHOTO_SIDE_PX = 736
"""Shorter side of what the detector sees of a receipt, as PaddleOCR's default."""


class Engines:
    def __init__(self, languages: tuple[str, ...], tessdata: Path | None) -> None:
        self._languages, self._tessdata = languages, tessdata
        self.notes: list[tuple[str, str]] = []

    @cached_property
    def tesseract(self) -> Tesseract | None:
        try:
            return Tesseract(self._languages, self._tessdata)
        except (ImportError, FileNotFoundError):
            return None

    @cached_property
    def _weights(self) -> Path | None:
        return find_weights()

    @cached_property
    def detector(self) -> TextDetector | None:
        return TextDetector(self._weights) if self._weights else None

    @cached_property
    def recogniser(self) -> LineRecogniser | None:
        return LineRecogniser(self._weights) if self._weights else None

    @cached_property
    def voter(self) -> TurnVoter | None:
        return TurnVoter(self._weights) if self._weights else None

    def stands_on_head(self, sheet: Sheet) -> bool:
        vote = self.voter.vote_headstand(sheet.gray, sheet.dpi) if self.voter else 0.5
        if abs(vote - 0.5) > 0.15 or self.tesseract is None:
            return vote > 0.5
        return self._read_better(sheet)

    def _read_better(self, sheet: Sheet) -> bool:
        assert self.tesseract is not None
        height = sheet.gray.shape[0]
        strip = sheet.gray[height // 3 : height // 3 + height // 6]
        sums = []
        for turned in (0, 180):
            lines = self.tesseract.read_page(turn_pixels(strip, turned), sheet.dpi)
            sums.append(sum(t.confidence * len(t.text) for line in lines for t in line.tokens))
        return sums[1] > sums[0]

    def read_sheet(self, sheet: Sheet) -> tuple[list[Line], str]:
        if self.recogniser is None or not self._wants_strong(sheet):
            assert self.tesseract is not None
            return self.tesseract.read_page(sheet.gray, sheet.dpi), "tesseract"
        return self._read_strong(sheet), "ppocr"

    def _wants_strong(self, sheet: Sheet) -> bool:
        height, width = sheet.gray.shape
        return self.tesseract is None or (max(height, width) < 2300 and min(height, width) < 1100)

    def _read_strong(self, sheet: Sheet) -> list[Line]:
        assert self.detector is not None
        assert self.recogniser is not None
        quads: list[Quad] = self.detector.find_lines(sheet.gray, PHOTO_SIDE_PX / min(sheet.gray.shape))
        lines = [line for line in self.recogniser.read_lines(sheet.gray, quads) if line]
        return sort_rows(lines)
