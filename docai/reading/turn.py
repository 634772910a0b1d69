"""Which way up: 0 or 180 degrees, by votes of a small classifier over text lines.

The classifier (PP-OCR mobile, 0.6 MB, in the rapidocr wheel) errs on a line here and there; the mean over a
page's widest lines does not. Where it is undecided or absent, the caller reads a strip both ways.
"""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np

from docai.imaging.orientation import Gray, turn_pixels
from docai.reading.blocks import InkLines, find_ink_lines
from docai.reading.ppocr import open_session

CLASSIFIER = "ch_ppocr_mobile_v2.0_cls_mobile.onnx"
WIDTH_PX, HEIGHT_PX = 192, 48
MOST_LINES = 16
SURE = 0.3
"""A mean vote this far from .5 needs no second look."""


class TurnVoter:
    """Says how probable it is that a level page stands on its head."""

    def __init__(self, folder: Path) -> None:
        self._session = open_session(folder / CLASSIFIER)
        self._input = self._session.get_inputs()[0].name

    def vote_headstand(self, gray: Gray, dpi: float) -> float:
        """Mean probability 0..1 over the page's widest lines; 0.5 where there is no line.

        In doubt the page is also seen turned.
        """
        vote = self._vote(gray, dpi)
        if vote is None or abs(vote - 0.5) >= SURE:
            return 0.5 if vote is None else vote
        return self.compare_ways(gray, dpi)

    def compare_ways(self, gray: Gray, dpi: float) -> float:
        """As `vote_headstand`, from both ways up, which cancels what the classifier leans to."""
        upright, turned = self._vote(gray, dpi), self._vote(turn_pixels(gray, 180), dpi)
        return 0.5 if upright is None or turned is None else (upright + 1.0 - turned) / 2

    def _vote(self, gray: Gray, dpi: float) -> float | None:
        crops = line_crops(gray, find_ink_lines(gray, dpi))
        if not crops:
            return None
        batch = np.stack(crops).astype(np.float32) * (2.0 / 255.0) - 1.0
        batch = np.ascontiguousarray(np.repeat(batch[:, None], 3, axis=1))
        scores = self._session.run(None, {self._input: batch})[0]
        return float(scores[:, 1].mean())


def line_crops(gray: Gray, lines: InkLines) -> list[Gray]:
    """The start of each of the widest lines, 48 px high and 192 px wide, gray where it is short."""
    crops = []
    order = np.argsort(lines.boxes[:, 0] - lines.boxes[:, 2], kind="stable")[:MOST_LINES]
    for x0, y0, x1, y1 in lines.boxes[order] / lines.scale:
        pad = (y1 - y0) * 0.15
        part = gray[max(0, int(y0 - pad)) : math.ceil(y1 + pad), max(0, int(x0 - pad)) : math.ceil(x1 + pad)]
        if part.shape[0] < 6 or part.shape[1] < 12:
            continue
        width = min(WIDTH_PX, math.ceil(part.shape[1] * HEIGHT_PX / part.shape[0]))
        cut = part[:, : max(1, math.ceil(width * part.shape[0] / HEIGHT_PX))]
        crop = np.full((HEIGHT_PX, WIDTH_PX), 128, np.uint8)
        crop[:, :width] = cv2.resize(cut, (width, HEIGHT_PX), interpolation=cv2.INTER_AREA)
        crops.append(crop)
    return crops
