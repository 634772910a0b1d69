"""Limits that keep one file from taking the machine, and the resolution of pages without a scan."""

from __future__ import annotations

import math
from dataclasses import dataclass

from docai.errors import DocumentError
from docai.imaging.geometry import POINTS_PER_INCH

STAGE = "pages"


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What a page may cost. Pixels are width x height of one page; a gray one takes one byte each.

    `max_scan_pixels`: a scan above it is refused (A4 at 1200 DPI has 139 million; Pillow refuses image
    files from 178,956,970 on by itself).
    `max_rendered_pixels`: a page that docai chooses the resolution of is drawn coarser to stay below
    it (A4 at 600 DPI has 35 million). `max_pages`: a longer document is refused.
    """

    max_scan_pixels: int = 178_000_000
    max_rendered_pixels: int = 36_000_000
    max_pages: int = 20_000
    min_dpi: float = 150.0
    max_dpi: float = 400.0
    em_px: float = 28.0
    """Pixels that the type size of the smallest common text gets: 10 pt at 200 DPI, as scanners are
    set for it, 6 pt at 336."""


def check_pixels(width_px: int, height_px: int, limits: PageLimits, uri: str, page: int) -> None:
    """Raises `DocumentError` `too-large` for an image above the limit, before it is decoded."""
    if width_px < 1 or height_px < 1:
        raise DocumentError(
            "damaged",
            f"the image has no size ({width_px}×{height_px} pixels)",
            document=uri,
            page=page,
            stage=STAGE,
            hint="scan or export the page again",
        )
    if width_px * height_px > limits.max_scan_pixels:
        raise DocumentError(
            "too-large",
            f"the image has {width_px}×{height_px} pixels, more than the limit of "
            f"{limits.max_scan_pixels:,} pixels",
            document=uri,
            page=page,
            stage=STAGE,
            hint="scan it at a lower resolution",
        )


def check_page_count(count: int, limits: PageLimits, uri: str) -> None:
    """Raises `DocumentError` `too-many-pages` for a document above the limit."""
    if count > limits.max_pages:
        raise DocumentError(
            "too-many-pages",
            f"has {count} pages, more than the limit of {limits.max_pages}",
            document=uri,
            stage=STAGE,
            hint="split the file",
        )


def choose_dpi(
    smallest_text_pt: float | None, width_pt: float, height_pt: float, limits: PageLimits
) -> float:
    """DPI at which the smallest common text of a digital-born page stays legible, within the limits."""
    dpi = limits.min_dpi
    if smallest_text_pt:
        dpi = limits.em_px * POINTS_PER_INCH / smallest_text_pt
    dpi = min(max(dpi, limits.min_dpi), limits.max_dpi)
    return min(dpi, cap_dpi(width_pt, height_pt, limits))


def cap_dpi(width_pt: float, height_pt: float, limits: PageLimits) -> float:
    """The highest DPI at which a rendered page stays below the pixel limit."""
    inches = width_pt * height_pt / (POINTS_PER_INCH * POINTS_PER_INCH)
    return math.sqrt(limits.max_rendered_pixels / max(inches, 1e-9))
