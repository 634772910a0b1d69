"""Which engine reads a page: tesseract where it is good, PP-OCRv6 small where it is better."""

from __future__ import annotations

from docai.reading.blocks import InkLines
from docai.reading.engines import Engines
from docai.reading.printed import FAINT, read_printed, smooth
from docai.reading.repair import repair_lines
from docai.reading.rows import sort_rows
from docai.reading.sheet import Sheet
from docai.reading.tokens import Line, Token, line_of

SMALL_PX = 2_100_000
"""A page below this (A4 at 150 DPI has 2.17 million) is a photograph or a receipt: small letters, gray."""
SLIM = 1.75
"""Pages this much taller than wide are till rolls."""
GOOD_CONFIDENCE = 0.78
DETECTOR_SIDE_PX = 736
"""Shorter side of what the detector sees, as PaddleOCR's default; wide pages have smaller letters."""
DETECTOR_WIDE_PX = 1000


def read_sheet(engines: Engines, sheet: Sheet, ink: InkLines) -> tuple[list[Line], str]:
    """Lines in reading order and the name of what read them."""
    engines.check()
    if engines.tesseract is None or (engines.recogniser is not None and looks_like_receipt(sheet)):
        return read_strong(engines, sheet), "ppocr"
    lines = read_printed(engines.tesseract, sheet, ink)
    if engines.recogniser is None:
        return lines, "tesseract"
    if is_poor(lines, ink):
        strong = read_strong(engines, sheet)
        if weigh(strong) > weigh(lines):
            return strong, "ppocr"
    return repair_lines(lines, smooth(sheet), engines.recogniser), "tesseract+ppocr"


def looks_like_receipt(sheet: Sheet) -> bool:
    """Small gray pages and till rolls. Two-level scans are made by office scanners, whatever their size."""
    height, width = sheet.gray.shape
    if max(height, width) > SLIM * min(height, width):
        return True
    if height * width >= SMALL_PX:
        return False
    return not sheet.two_level


def is_poor(lines: list[Line], ink: InkLines) -> bool:
    """Tesseract is in doubt about the page, or saw next to nothing of its lines."""
    letters = sum(len(t.text) for line in lines for t in line.tokens)
    if len(ink.boxes) >= 3 and letters < 4 * len(ink.boxes):
        return True
    return bool(letters) and weigh(lines) / letters < GOOD_CONFIDENCE


def weigh(lines: list[Line]) -> float:
    """Letters and digits, each counted by the confidence of its word."""
    return float(sum(_letters(t) * t.confidence for line in lines for t in line.tokens))


def _letters(token: Token) -> int:
    return sum(c.isalnum() for c in token.text)


def read_strong(engines: Engines, sheet: Sheet) -> list[Line]:
    """Detect and recognise with PP-OCR; rows from top to bottom."""
    assert engines.detector is not None
    assert engines.recogniser is not None
    shorter, longer = sorted(sheet.gray.shape)
    side = DETECTOR_WIDE_PX if longer < 1.5 * shorter and shorter > DETECTOR_WIDE_PX else DETECTOR_SIDE_PX
    quads = engines.detector.find_lines(sheet.gray, min(1.0, side / shorter))
    read = [line for line in engines.recogniser.read_lines(sheet.gray, quads) if line]
    sure = [[token for token in line.tokens if token.confidence >= FAINT] for line in read]
    return sort_rows([line_of(tokens) for tokens in sure if tokens])
