"""PDF files by PyMuPDF: native pixels of scans, exact-matrix rendering, the text layer."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from docai.errors import DocumentError
from docai.imaging.geometry import POINTS_PER_INCH
from docai.pages import media
from docai.pages.file import DAMAGED_HINT, PagePlan, TextLayer, translate_errors
from docai.pages.limits import STAGE, PageLimits, cap_dpi, check_page_count, check_pixels, choose_dpi
from docai.pages.mupdf import pymupdf
from docai.pages.native import Scan, find_scan, is_text_covered, scan_dpi
from docai.pages.pixels import Pixels, as_array, drop_colour, is_equal, load_scan, looks_alike, turn_pixels
from docai.pages.text import read_words, smallest_type_pt
from docai.types import ImageKind, Issue, PageImage

_MIN_SCAN_DPI = 72.0
_TAIL_BYTES = 2048


class PdfFile:
    """An open PDF. Attachments are never read."""

    media_type = media.PDF

    def __init__(self, path: Path, uri: str, password: str | None, limits: PageLimits) -> None:
        self._path = path
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
            _empty_store()
            return image

    def text_layer(self, number: int) -> TextLayer:
        with translate_errors(self._uri, number):
            page = self._load(number)
            layer = read_words(page)
            if (
                layer.words
                and layer.invisible_share < 1
                and find_scan(page) is not None
                and is_text_covered(page)
            ):
                layer = replace(layer, invisible_share=1.0)
            return layer

    def find_damage(self) -> Issue | None:
        """What MuPDF had to mend; a file without its end may have lost any number of pages."""
        if not self._pdf.is_repaired:
            return None
        if not _has_end(self._path):
            return Issue(STAGE, "truncated", "the file is cut off; what it held further on is lost")
        return Issue(STAGE, "repaired", "the file is damaged; docai read what could be mended")

    def close(self) -> None:
        self._pdf.close()
        _empty_store()

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
        check_page_count(count, self._limits, self._uri)
        return count

    def _load(self, number: int) -> Any:
        return self._pdf.load_page(number - 1)

    def _plan(self, page: Any, number: int) -> tuple[PagePlan, Scan | None]:
        known = self._plans.get(number)
        if known is None:
            known = self._plans[number] = self._make_plan(page)
            _empty_store()
        return known

    def _make_plan(self, page: Any) -> tuple[PagePlan, Scan | None]:
        width, height = float(page.rect.width), float(page.rect.height)
        scan = find_scan(page)
        if scan is not None and scan.proof == "certain":
            # Pixels per page, not per placed image: the two differ by the tolerance of what covers a page.
            turned = page.rotation % 180
            x_px, y_px = (scan.height_px, scan.width_px) if turned else (scan.width_px, scan.height_px)
            x_dpi, y_dpi = x_px * POINTS_PER_INCH / width, y_px * POINTS_PER_INCH / height
            return PagePlan(width, height, x_dpi, y_dpi, "native"), scan
        smallest = smallest_type_pt(page)
        legible = choose_dpi(smallest, width, height, self._limits)
        if scan is not None:
            x_dpi, y_dpi = scan_dpi(scan, page.rotation)
            wanted = legible if smallest else _MIN_SCAN_DPI
            if min(x_dpi, y_dpi) >= wanted:
                top = cap_dpi(width, height, self._limits)
                return PagePlan(width, height, min(x_dpi, top), min(y_dpi, top), "rendered"), scan
        # A whole number of pixels, so that the image's edges are the page's.
        x_dpi, y_dpi = (
            max(1, round(side * legible / POINTS_PER_INCH)) * POINTS_PER_INCH / side
            for side in (width, height)
        )
        return PagePlan(width, height, x_dpi, y_dpi, "rendered"), scan

    def _take_scan(self, page: Any, number: int, plan: PagePlan, scan: Scan | None) -> PageImage | None:
        """The scan's own pixels where nothing more than a look stands against it."""
        if scan is None or scan.proof not in ("certain", "alike"):
            return None
        check_pixels(scan.width_px, scan.height_px, self._limits, self._uri, number)
        pixmap = load_scan(self._pdf, scan)
        if pixmap is None or (scan.proof == "alike" and not looks_alike(page, pixmap)):
            return None
        return _make_image(number, turn_pixels(as_array(pixmap), page.rotation), "native", plan)

    def _draw(self, page: Any, number: int, plan: PagePlan, scan: Scan | None) -> PageImage:
        """Renders at the exact matrix; one colour channel where the page has no colour."""
        width_px = math.ceil(plan.width_pt * plan.dpi_x / POINTS_PER_INCH)
        height_px = math.ceil(plan.height_pt * plan.dpi_y / POINTS_PER_INCH)
        check_pixels(width_px, height_px, self._limits, self._uri, number)
        matrix = pymupdf.Matrix(plan.dpi_x / POINTS_PER_INCH, plan.dpi_y / POINTS_PER_INCH)
        pixels = drop_colour(as_array(page.get_pixmap(matrix=matrix, alpha=False, annots=True)))
        if scan is not None and scan.proof == "equal":
            check_pixels(scan.width_px, scan.height_px, self._limits, self._uri, number)
            pixmap = load_scan(self._pdf, scan)
            own = None if pixmap is None else turn_pixels(as_array(pixmap), page.rotation)
            if own is not None and is_equal(own, pixels):
                return _make_image(number, own, "native", plan)
        return _make_image(number, pixels, "rendered", plan)


def _empty_store() -> None:
    """Images, packed and decoded, stay in MuPDF's store otherwise: up to 256 MB on a long scan."""
    pymupdf.TOOLS.store_shrink(100)


def _make_image(number: int, pixels: Pixels, kind: ImageKind, plan: PagePlan) -> PageImage:
    """The DPI is what maps the edges of the pixels to the edges of the page."""
    height, width = pixels.shape[:2]
    dpi_x, dpi_y = width * POINTS_PER_INCH / plan.width_pt, height * POINTS_PER_INCH / plan.height_pt
    return PageImage(number, pixels, kind, dpi_x, dpi_y)


def _has_end(path: Path) -> bool:
    """Whether the end-of-file mark stands near the end, where PDF 32000-1 (7.5.5) wants it."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        return b"%%EOF" in stream.read()
