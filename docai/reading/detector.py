"""Text detection with PP-OCRv6 small: differentiable binarisation (Liao et al. 2020)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.reading.ppocr import DETECTOR, Pixels, Quad, open_session, order_corners, planes_of

LARGEST_PX = 1_800_000
"""What the network sees at most: its memory grows by about 300 bytes a pixel."""


class TextDetector:
    """Finds text lines on a page image."""

    threshold = 0.3
    box_threshold = 0.5
    unclip_ratio = 1.6

    def __init__(self, folder: Path) -> None:
        self._session = open_session(folder / DETECTOR)
        self._input = self._session.get_inputs()[0].name

    def find_lines(self, pixels: Pixels, scale: float) -> list[Quad]:
        """Quads in pixels of `pixels`, unsorted; the network sees the page scaled by `scale`."""
        height, width = pixels.shape[:2]
        scale = min(scale, math.sqrt(LARGEST_PX / (height * width)))
        size = tuple(max(32, round(v * scale / 32) * 32) for v in (width, height))
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        batch = np.ascontiguousarray(planes_of(np.asarray(small, np.uint8))[None])
        probability = self._session.run(None, {self._input: batch})[0][0, 0]
        stretch = np.array([width / size[0], height / size[1]], np.float32)
        return [quad * stretch for quad in self._quads(probability)]

    def _quads(self, probability: NDArray[np.float32]) -> list[Quad]:
        mask = cv2.dilate((probability > self.threshold).astype(np.uint8), np.ones((2, 2), np.uint8))
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        quads = []
        for contour in contours:
            centre, size, angle = cv2.minAreaRect(contour)
            if min(size) < 3 or self._score(probability, contour) < self.box_threshold:
                continue
            # Offsetting a rectangle's outline by d makes it a rectangle larger by 2d each way.
            grow = 2 * size[0] * size[1] * self.unclip_ratio / (2 * (size[0] + size[1]))
            grown = cv2.boxPoints((centre, (size[0] + grow, size[1] + grow), angle))
            quad = order_corners(np.asarray(grown, np.float32))
            quads.append(quad)
        return quads

    def _score(self, probability: NDArray[np.float32], contour: Any) -> float:
        x, y, w, h = cv2.boundingRect(contour)
        mask = np.zeros((h, w), np.uint8)
        cv2.fillPoly(mask, [contour - np.array([x, y])], 1)
        return float(cv2.mean(probability[y : y + h, x : x + w], mask)[0])
