"""A page as it lies -> a sheet that can be read: which of four turns rights it, and the skew that is left."""

from __future__ import annotations

import numpy as np

from docai.imaging.orientation import Gray, measure_lines, turn_pixels
from docai.reading.blocks import find_ink_lines
from docai.reading.engines import Engines
from docai.reading.ppocr import quad_of
from docai.reading.recognition import weigh
from docai.reading.sheet import Sheet, lay_sheet
from docai.types import Page

SURE_DIRECTION = 2.0
"""Line profiles of this strength told the direction of all scans and receipts measured."""
SURE_VOTE = 0.15
PROOF_LINES = 5


def right_page(engines: Engines, page: Page, gray: Gray, dpi: float) -> Sheet:
    """The upright, level sheet of square pixels `gray` that lie as in the file."""
    angle = measure_lines(gray)
    sideways, skew = angle.sideways, angle.skew_deg
    sheet = lay_sheet(page, gray, dpi, 90 if sideways else 0, skew)
    if angle.strength < SURE_DIRECTION and engines.voter is not None:
        other = lay_sheet(page, gray, dpi, 0 if sideways else 90, angle.other_skew_deg)
        head, other_head = (engines.voter.compare_ways(s.gray, dpi) for s in (sheet, other))
        # Lines that run down the page look like neither upright nor turned text.
        if abs(other_head - 0.5) > abs(head - 0.5):
            sheet, head, skew = other, other_head, angle.other_skew_deg
    else:
        head = engines.voter.vote_headstand(sheet.gray, dpi) if engines.voter else 0.5
    turned = head > 0.5 if abs(head - 0.5) > SURE_VOTE else _reads_better_turned(engines, sheet)
    return lay_sheet(page, gray, dpi, sheet.page.turned + 180, skew) if turned else sheet


def _reads_better_turned(engines: Engines, sheet: Sheet) -> bool:
    """A few lines read both ways: what stands on its head gives fewer letters and less confidence."""
    if engines.recogniser is not None:
        lines = find_ink_lines(sheet.gray, sheet.dpi)
        widest = np.argsort(lines.boxes[:, 0] - lines.boxes[:, 2], kind="stable")[:PROOF_LINES]
        boxes = lines.boxes[widest] / lines.scale
        height, width = sheet.gray.shape
        ways = []
        for turned in (False, True):
            pixels = turn_pixels(sheet.gray, 180) if turned else sheet.gray
            quads = [
                quad_of((width - x1, height - y1, width - x0, height - y0) if turned else (x0, y0, x1, y1))
                for x0, y0, x1, y1 in boxes
            ]
            ways.append(weigh([line for line in engines.recogniser.read_lines(pixels, quads) if line]))
        return ways[1] > ways[0]
    if engines.tesseract is None:
        return False
    # A strip of the page's fullest part.
    rows = (sheet.gray < np.median(sheet.gray) * 0.7).sum(axis=1).astype(np.float64)
    span = max(1, min(len(rows), round(1.2 * sheet.dpi)))
    start = int(np.argmax(np.convolve(rows, np.ones(span), mode="valid")))
    strip = sheet.gray[start : start + span]
    engine = engines.tesseract
    upright, on_head = (weigh(engine.read_rows(turn_pixels(strip, turn), sheet.dpi)) for turn in (0, 180))
    return on_head > upright
