"""How a page lies: ink, the skew of its text lines, whether they run down the page, and undoing both.

Pure numpy and OpenCV. Skew is found by projection: ink points are summed along lines of every candidate
slope, and the true slope gives the sharpest profile (Postl 1986; squared differences of neighbours).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
Mask = NDArray[np.bool_]

PROFILE_HEIGHT_PX = 1000
MAX_SKEW_DEG = 4.0
MOST_POINTS = 40_000
FEWEST_POINTS = 200
LARGEST_LETTER = 0.12
"""Of the page's longer side: letters that touch in a line stay, frames and paper edges go."""


@dataclass(frozen=True, slots=True)
class LineAngle:
    """`skew_deg`: the clockwise turn that levels the lines. `sideways`: lines run down the page.

    `strength`: how much sharper the profile along the lines is than the one across, from 1; below
    about 1.5 the direction is a guess, and `other_skew_deg` is the skew if it is the other one.
    """

    skew_deg: float
    sideways: bool
    strength: float
    other_skew_deg: float


def to_gray(pixels: NDArray[np.uint8]) -> Gray:
    """(height, width) or (height, width, 3) RGB -> (height, width) gray."""
    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def shrink(gray: Gray, longest_px: int) -> Gray:
    """The image with its longer side at most `longest_px`, averaged so that thin strokes survive as gray."""
    scale = longest_px / max(gray.shape)
    if scale >= 1.0:
        return gray
    size = (max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale)))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)


def find_ink(gray: Gray, *, contrast: int = 28) -> Mask:
    """True where a pixel is darker than its surroundings by `contrast` gray levels.

    Local, so that shadows on photographs and gray paper do not count; a solid black area wider than the
    window keeps its rim alone.
    """
    window = max(15, (min(gray.shape) // 20) | 1)
    mean = cv2.blur(gray, (window, window))
    return np.asarray(cv2.subtract(mean, gray) > contrast, np.bool_)


def _profile(
    rows: NDArray[np.float64], columns: NDArray[np.float64], height: int, angle_deg: float
) -> NDArray[np.float64]:
    shifted = rows - columns * math.tan(math.radians(angle_deg))
    return np.bincount((shifted - shifted.min()).astype(np.int64), minlength=height).astype(np.float64)


def _best_angle(ink: Mask) -> tuple[float, float]:
    """The downward slope of the text lines in degrees, and how sharp the profile is there.

    Sharpness is the squared differences of neighbours, once against the profile's own energy (fair between
    long and short profiles) and once against its number of points (fair to a few words on a blank page).
    """
    rows, columns = np.nonzero(ink)
    if len(rows) > MOST_POINTS:
        keep = np.random.default_rng(0).choice(len(rows), MOST_POINTS, replace=False)
        rows, columns = rows[keep], columns[keep]
    y, x = rows.astype(np.float64), columns.astype(np.float64)
    best, step = 0.0, 0.5
    candidates = np.arange(-MAX_SKEW_DEG, MAX_SKEW_DEG + 0.01, step)
    while step >= 0.03:
        scores = [float(np.square(np.diff(_profile(y, x, ink.shape[0], float(a)))).sum()) for a in candidates]
        best = float(candidates[int(np.argmax(scores))])
        candidates = np.linspace(best - step, best + step, 9)
        step /= 4
    profile = _profile(y, x, ink.shape[0], best)
    change, count = float(np.square(np.diff(profile)).sum()), max(1.0, float(profile.sum()))
    return best, change / max(1.0, float(np.square(profile).sum())) * change / (
        count * math.sqrt(count / ink.shape[0])
    )


def _without_large(ink: Mask) -> Mask:
    """Ink without paper edges, frames and pictures: parts larger than any letter say nothing about lines."""
    _, numbered, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    largest = LARGEST_LETTER * max(ink.shape)
    small = (stats[:, 2] < largest) & (stats[:, 3] < largest)
    small[0] = False
    return np.asarray(small[numbered], np.bool_)


def measure_lines(gray: Gray) -> LineAngle:
    """Skew and direction of the text lines. A page with hardly any ink is level and upright."""
    ink = find_ink(shrink(gray, PROFILE_HEIGHT_PX))
    if int(ink.sum()) < FEWEST_POINTS:
        return LineAngle(0.0, False, math.inf, 0.0)
    letters = _without_large(ink)
    if int(letters.sum()) >= FEWEST_POINTS:
        ink = letters
    # The lower edges of letters stand on the base line: sharper than whole letters.
    feet = ink & ~np.vstack([ink[1:], np.zeros((1, ink.shape[1]), np.bool_)])
    sides = ink & ~np.hstack([ink[:, 1:], np.zeros((ink.shape[0], 1), np.bool_)])
    slope, along = _best_angle(feet)
    slope_down, across = _best_angle(np.ascontiguousarray(sides.T))
    sideways = across > along
    strength = max(along, across) / max(1e-9, min(along, across))
    level, other = (slope_down, -slope) if sideways else (-slope, slope_down)
    return LineAngle(round(level, 3), sideways, strength, round(other, 3))


def turn_pixels(pixels: NDArray[np.uint8], turned: int) -> NDArray[np.uint8]:
    """Turn an image clockwise by 0, 90, 180 or 270 degrees, losslessly."""
    return np.ascontiguousarray(np.rot90(pixels, -(turned // 90) % 4)) if turned else pixels


def level_pixels(gray: Gray, skew_deg: float) -> Gray:
    """Turn an upright page clockwise by a small angle about its centre; the size stays, corners are paper."""
    if not skew_deg:
        return gray
    height, width = gray.shape[:2]
    # OpenCV's positive angle is counter-clockwise.
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -skew_deg, 1.0)
    paper = int(np.median(gray[:: max(1, height // 64), :: max(1, width // 64)]))
    return np.asarray(
        cv2.warpAffine(gray, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=paper), np.uint8
    )


def even_pixels(gray: Gray, dpi_x: float, dpi_y: float) -> tuple[Gray, float]:
    """Square pixels and their DPI: the coarser direction is stretched (fax pages have 204 by 98)."""
    if abs(dpi_x - dpi_y) <= 0.02 * max(dpi_x, dpi_y):
        return gray, (dpi_x + dpi_y) / 2
    dpi = max(dpi_x, dpi_y)
    size = (max(1, round(gray.shape[1] * dpi / dpi_x)), max(1, round(gray.shape[0] * dpi / dpi_y)))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_LINEAR), np.uint8), dpi
