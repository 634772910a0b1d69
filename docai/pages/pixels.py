"""Pixels out of MuPDF: as arrays, as embedded, and compared with what the page shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from docai.pages.mupdf import pymupdf
from docai.pages.native import Scan

Pixels = NDArray[np.uint8]

_BLOCK_PX = 32
_ALIKE_LEVELS = 12.0


def as_array(pixmap: Any) -> Pixels:
    """A copy of a pixmap's samples, (height, width) gray or (height, width, 3)."""
    flat = np.frombuffer(pixmap.samples_mv, dtype=np.uint8)
    rows = flat.reshape(pixmap.height, pixmap.stride)[:, : pixmap.width * pixmap.n]
    if pixmap.n == 1:
        return rows.copy()
    return rows.reshape(pixmap.height, pixmap.width, pixmap.n).copy()


def load_scan(document: Any, scan: Scan) -> Any | None:
    """The embedded image as a pixmap; None where it is not plain gray or RGB of the announced size."""
    pixmap = pymupdf.Pixmap(document, scan.xref)
    if pixmap.alpha or pixmap.n not in (1, 3):
        return None
    return pixmap if (pixmap.width, pixmap.height) == (scan.width_px, scan.height_px) else None


def turn_pixels(pixels: Pixels, rotation: int) -> Pixels:
    """Turned clockwise by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(pixels, -(rotation // 90) % 4))


def drop_colour(pixels: Pixels) -> Pixels:
    """One channel where all three are equal everywhere."""
    if pixels.ndim == 3 and is_gray(pixels):
        return np.ascontiguousarray(pixels[:, :, 0])
    return pixels


def is_gray(pixels: Pixels) -> bool:
    red, green, blue = pixels[:, :, 0], pixels[:, :, 1], pixels[:, :, 2]
    return bool(np.array_equal(red, green) and np.array_equal(green, blue))


def is_equal(a: Pixels, b: Pixels) -> bool:
    """The same picture, bit for bit, whether gray is stored once or three times."""
    a, b = drop_colour(a), drop_colour(b)
    return a.shape == b.shape and bool(np.array_equal(a, b))


def looks_alike(page: Any, pixmap: Any) -> bool:
    """Whether the page, drawn in gray at the size of its image, is the picture that `pixmap` holds.

    Compares means of blocks: where drawing resamples by a fraction of a pixel, edges of letters change
    by many levels and the mean of a block by few (at most 7.8 on 27 real scans). What clips, tints or
    crops the image changes whole blocks of text.
    """
    gray = pixmap if pixmap.n == 1 else pymupdf.Pixmap(pymupdf.csGRAY, pixmap)
    own = turn_pixels(as_array(gray), page.rotation)
    matrix = pymupdf.Matrix(own.shape[1] / page.rect.width, own.shape[0] / page.rect.height)
    drawn = as_array(page.get_pixmap(matrix=matrix, colorspace=pymupdf.csGRAY, alpha=False))
    height, width = (min(sides) for sides in zip(own.shape, drawn.shape, strict=True))
    difference = _block_means(drawn[:height, :width]) - _block_means(own[:height, :width])
    return bool(np.abs(difference).max(initial=0.0) <= _ALIKE_LEVELS)


def _block_means(pixels: Pixels) -> NDArray[np.float64]:
    """Means of blocks of 32 px from the top left; what is left over at the far edges does not count."""
    side = min(_BLOCK_PX, *pixels.shape)
    rows, columns = pixels.shape[0] // side, pixels.shape[1] // side
    blocks = pixels[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float64))
