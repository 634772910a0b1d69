"""PP-OCRv6 small on onnxruntime: text detection (differentiable binarisation) and line recognition (CTC).

The weights lie in the rapidocr wheel; its own pipeline is not used, since it pads every line to 320 px,
resamples pages twice and keeps its own memory arena. Pre- and post-processing follow PaddleOCR.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.reading.tokens import Line, PixelBox, Token, line_of

Pixels = NDArray[np.uint8]
Quad = NDArray[np.float32]
"""Four corners (4, 2), clockwise from the top left, in pixels."""

DETECTOR = "PP-OCRv6_det_small.onnx"
RECOGNISER = "PP-OCRv6_rec_small.onnx"
LINE_HEIGHT_PX = 48
STEP_PX = 8
"""Width of one CTC step in pixels of a line that is 48 px high."""


def find_weights() -> Path | None:
    """The folder `models/` of the installed rapidocr wheel, without importing rapidocr."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "models"
    return folder if (folder / RECOGNISER).is_file() and (folder / DETECTOR).is_file() else None


def open_session(path: Path) -> Any:
    """One thread, no memory arena: workers run beside each other and must stay small."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _planes(pixels: Pixels) -> NDArray[np.float32]:
    """(height, width[, 3]) 0..255 -> (3, height, width) -1..1."""
    values = pixels.astype(np.float32) * (2.0 / 255.0) - 1.0
    if values.ndim == 2:
        return np.broadcast_to(values, (3, *values.shape))
    return values.transpose(2, 0, 1)


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
        size = tuple(max(32, round(v * scale / 32) * 32) for v in (width, height))
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        batch = np.ascontiguousarray(_planes(np.asarray(small, np.uint8))[None])
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


def order_corners(points: NDArray[np.float32]) -> Quad:
    """Clockwise from the top left of a line whose angle is below 45 degrees."""
    by_x = points[np.argsort(points[:, 0])]
    left, right = by_x[:2], by_x[2:]
    left, right = left[np.argsort(left[:, 1])], right[np.argsort(right[:, 1])]
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def crop_line(pixels: Pixels, quad: Quad) -> Pixels:
    """The line straightened, 48 px high and as wide as its own proportions want."""
    width = max(math.dist(quad[0], quad[1]), math.dist(quad[3], quad[2]))
    height = max(math.dist(quad[0], quad[3]), math.dist(quad[1], quad[2]), 1.0)
    target = max(LINE_HEIGHT_PX // 2, math.ceil(width * LINE_HEIGHT_PX / height))
    goal = np.array([[0, 0], [target, 0], [target, LINE_HEIGHT_PX]], np.float32)
    matrix = cv2.getAffineTransform(np.ascontiguousarray(quad[:3]), goal)
    crop = cv2.warpAffine(
        pixels, matrix, (target, LINE_HEIGHT_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(crop, np.uint8)


def quad_of(box: PixelBox) -> Quad:
    x0, y0, x1, y1 = box
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)


class LineRecogniser:
    """Reads single lines."""

    def __init__(self, folder: Path) -> None:
        self._session = open_session(folder / RECOGNISER)
        self._input = self._session.get_inputs()[0].name
        listed = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters = ["", *listed, " "]

    def read_lines(self, pixels: Pixels, quads: Sequence[Quad]) -> list[Line | None]:
        """One line (or None where nothing is read) for each quad, words split at the spaces it reads."""
        return [self.read_line(pixels, quad) for quad in quads]

    def read_line(self, pixels: Pixels, quad: Quad) -> Line | None:
        crop = crop_line(pixels, quad)
        batch = np.ascontiguousarray(_planes(crop)[None])
        scores = self._session.run(None, {self._input: batch})[0][0]
        tokens = self._tokens(scores, quad)
        return line_of(tokens) if tokens else None

    def _tokens(self, scores: NDArray[np.float32], quad: Quad) -> list[Token]:
        best = scores.argmax(axis=1)
        value = scores[np.arange(len(best)), best]
        starts = np.flatnonzero((best != 0) & (best != np.concatenate([[0], best[:-1]])))
        tokens: list[Token] = []
        group: list[int] = []
        for start in [*starts.tolist(), None]:
            character = " " if start is None else self._characters[best[start]]
            if start is not None and not character.isspace():
                group.append(start)
                continue
            if group:
                text = "".join(self._characters[best[i]] for i in group)
                box = _token_box(group[0], group[-1], len(best), quad)
                tokens.append(Token(text, box, float(value[group].mean())))
                group = []
        return tokens


def _token_box(first: int, last: int, steps: int, quad: Quad) -> PixelBox:
    """The upright hull of the part of the line between two CTC steps, half a letter around each."""
    left, right = max(0.0, (first - 0.5) / steps), min(1.0, (last + 1.5) / steps)
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    corners = np.array(
        [quad[0] + top * left, quad[0] + top * right, quad[3] + bottom * right, quad[3] + bottom * left]
    )
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)
