"""PDF files by PyMuPDF: native pixels of scans, exact-matrix rendering, the text layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pymupdf as untyped
from numpy.typing import NDArray

from docai.errors import DocumentError
from docai.imaging.geometry import POINTS_PER_INCH
from docai.pages import media
from docai.pages.file import DAMAGED_HINT, PagePlan, TextLayer, translate_errors
from docai.pages.limits import STAGE, PageLimits, cap_dpi, check_pixels, choose_dpi
from docai.pages.native import Scan, as_array, extract_pixels, find_scan, scan_dpi
from docai.pages.text import read_words, smallest_type_pt
from docai.types import ImageKind, PageImage

pymupdf: Any = untyped
_MIN_SCAN_DPI = 72.0


class PdfFile:
    """An open PDF. Attachments are never read."""

    media_type = media.PDF

    def __init__(self, path: Path, uri: str, password: str | None, limits: PageLimits) -> None:
        self._uri = uri
        self._limits = limits
        # MuPDF prints its warnings to standard error otherwise; they reach nobody who can act on them.
        pymupdf.TOOLS.mupdf_display_errors(False)
        pymupdf.TOOLS.mupdf_display_warnings(False)
        with translate_errors(uri):
            self._pdf: Any = pymupdf.open(path, filetype="pdf")
            try:
                self._unlock(password)
                self.page_count = self._count_pages()
            except BaseException:
                self._pdf.close()
                raise
        self._plans: dict[int, tuple[PagePlan, Scan | None]] = {}

    def plan(self, number: int) -> PagePlan:
        with translate_errors(self._uri, number):
            return self._plan(self._load(number), number)[0]

    def render(self, number: int) -> PageImage:
        with translate_errors(self._uri, number):
            page = self._load(number)
            plan, scan = self._plan(page, number)
            image = self._take_scan(page, number, plan, scan) or self._draw(page, number, plan, scan)
            # Decoded images and fonts stay in MuPDF's store otherwise: 256 MB on a long scan.
            pymupdf.TOOLS.store_shrink(100)
            return image

    def text_layer(self, number: int) -> TextLayer:
        with translate_errors(self._uri, number):
            return read_words(self._load(number))

    def close(self) -> None:
        self._pdf.close()
        pymupdf.TOOLS.store_shrink(100)

    def _unlock(self, password: str | None) -> None:
        if not self._pdf.needs_pass:
            return
        if password is None:
            raise DocumentError(
                "password-needed",
                "is encrypted",
                document=self._uri,
                stage=STAGE,
                hint="give its password with --password",
            )
        if not self._pdf.authenticate(password):
            raise DocumentError(
                "password-wrong",
                "is encrypted and the given password does not open it",
                document=self._uri,
                stage=STAGE,
                hint="check --password",
            )

    def _count_pages(self) -> int:
        count = int(self._pdf.page_count)
        if count < 1:
            raise DocumentError(
                "no-pages", "has no pages", document=self._uri, stage=STAGE, hint=DAMAGED_HINT
            )
        if count > self._limits.max_pages:
            raise DocumentError(
                "too-many-pages",
                f"has {count} pages, more than the limit of {self._limits.max_pages}",
                document=self._uri,
                stage=STAGE,
                hint="split the file",
            )
        return count

    def _load(self, number: int) -> Any:
        return self._pdf.load_page(number - 1)

    def _plan(self, page: Any, number: int) -> tuple[PagePlan, Scan | None]:
        known = self._plans.get(number)
        if known is None:
            known = self._plans[number] = self._make_plan(page)
        return known

    def _make_plan(self, page: Any) -> tuple[PagePlan, Scan | None]:
        width, height = float(page.rect.width), float(page.rect.height)
        scan = find_scan(page)
        if scan is not None and scan.alone:
            # Pixels per page, not per placed image: the two differ by the tolerance of what covers a page.
            x, y = _turn((scan.width_px, scan.height_px), page.rotation)
            dpi = (x * POINTS_PER_INCH / width, y * POINTS_PER_INCH / height)
            return PagePlan(width, height, *dpi, "native"), scan
        legible = choose_dpi(smallest_type_pt(page), width, height, self._limits)
        if scan is None:
            # A whole number of pixels, so that the image's edges are the page's.
            x_dpi, y_dpi = (
                max(1, round(s * legible / POINTS_PER_INCH)) * POINTS_PER_INCH / s for s in (width, height)
            )
            return PagePlan(width, height, x_dpi, y_dpi, "rendered"), None
        x_dpi, y_dpi = scan_dpi(scan, page.rotation)
        top = cap_dpi(width, height, self._limits)
        if max(x_dpi, y_dpi) > top:
            x_dpi, y_dpi = min(x_dpi, top), min(y_dpi, top)
        elif min(x_dpi, y_dpi) < _MIN_SCAN_DPI:
            x_dpi = y_dpi = legible
        return PagePlan(width, height, x_dpi, y_dpi, "rendered"), scan

    def _take_scan(self, page: Any, number: int, plan: PagePlan, scan: Scan | None) -> PageImage | None:
        if scan is None or plan.kind != "native":
            return None
        check_pixels(scan.width_px, scan.height_px, self._limits, self._uri, number)
        pixels = extract_pixels(self._pdf, scan, page.rotation)
        if pixels is None:
            return None
        return PageImage(number, pixels, "native", plan.dpi_x, plan.dpi_y)

    def _draw(self, page: Any, number: int, plan: PagePlan, scan: Scan | None) -> PageImage:
        """Renders at the exact matrix; one colour channel where the page has no colour."""
        width, height = plan.width_pt * plan.dpi_x, plan.height_pt * plan.dpi_y
        check_pixels(
            round(width / POINTS_PER_INCH) or 1,
            round(height / POINTS_PER_INCH) or 1,
            self._limits,
            self._uri,
            number,
        )
        matrix = pymupdf.Matrix(plan.dpi_x / POINTS_PER_INCH, plan.dpi_y / POINTS_PER_INCH)
        pixmap = page.get_pixmap(matrix=matrix, alpha=False, annots=True)
        pixels = as_array(pixmap)
        del pixmap
        if pixels.ndim == 3 and _is_gray(pixels):
            pixels = np.ascontiguousarray(pixels[:, :, 0])
        kind: ImageKind = "rendered"
        if scan is not None and scan.whole:
            check_pixels(scan.width_px, scan.height_px, self._limits, self._uri, number)
            own = extract_pixels(self._pdf, scan, page.rotation)
            if own is not None and _same_pixels(own, pixels):
                kind, pixels = "native", own
        # The pixmap is a whole number of pixels; its DPI is what maps its edge to the page's edge.
        dpi_x = pixels.shape[1] * POINTS_PER_INCH / plan.width_pt
        dpi_y = pixels.shape[0] * POINTS_PER_INCH / plan.height_pt
        return PageImage(number, pixels, kind, dpi_x, dpi_y)


def _turn(size: tuple[int, int], rotation: int) -> tuple[int, int]:
    return (size[1], size[0]) if rotation % 180 else size


def _is_gray(pixels: NDArray[np.uint8]) -> bool:
    red, green, blue = pixels[:, :, 0], pixels[:, :, 1], pixels[:, :, 2]
    return bool(np.array_equal(red, green) and np.array_equal(green, blue))


def _same_pixels(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> bool:
    if a.ndim == 3 and b.ndim == 2:
        return _is_gray(a) and bool(np.array_equal(a[:, :, 0], b))
    return bool(np.array_equal(a, b))
