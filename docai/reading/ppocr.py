"""PP-OCRv6 small on onnxruntime: weights, sessions, and the cutting of lines out of a page.

The weights lie in the rapidocr wheel; its own pipeline is not used, since it pads every line to 320 px,
resamples pages twice and keeps its own memory arena. Pre- and post-processing follow PaddleOCR.
"""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from docai.reading.tokens import PixelBox

Pixels = NDArray[np.uint8]
Quad = NDArray[np.float32]
"""Four corners (4, 2), clockwise from the top left, in pixels."""

DETECTOR = "PP-OCRv6_det_small.onnx"
RECOGNISER = "PP-OCRv6_rec_small.onnx"
LINE_HEIGHT_PX = 48


def find_weights() -> Path | None:
    """The folder `models/` of the installed rapidocr wheel, without importing rapidocr."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "models"
    return folder if (folder / RECOGNISER).is_file() and (folder / DETECTOR).is_file() else None


def open_session(model: Path | bytes) -> Any:
    """One thread, no memory arena: workers run beside each other and must stay small."""
    import onnxruntime

    source = model if isinstance(model, bytes) else str(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def planes_of(pixels: Pixels) -> NDArray[np.float32]:
    """(height, width[, 3]) 0..255 -> (3, height, width) -1..1."""
    values = pixels.astype(np.float32) * (2.0 / 255.0) - 1.0
    if values.ndim == 2:
        return np.broadcast_to(values, (3, *values.shape))
    return values.transpose(2, 0, 1)


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
