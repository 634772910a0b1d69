"""An open file without pages, as pages that docai laid out."""

from __future__ import annotations

from collections.abc import Sequence

from docai.pages.file import PagePlan, TextLayer, translate_errors
from docai.pages.limits import PageLimits, check_page_count, check_pixels
from docai.pages.office.content import Part, check_size
from docai.pages.office.layout import DPI, lay_out
from docai.types import Issue, PageImage


class FlowFile:
    """Satisfies `PageFile`. The file's text is all that is kept of it."""

    def __init__(self, parts: Sequence[Part], uri: str, media_type: str, limits: PageLimits) -> None:
        """Raises `DocumentError` `too-large`, `too-many-pages`."""
        self.media_type = media_type
        self._uri = uri
        self._limits = limits
        check_size(parts, uri)
        self._pages = lay_out(parts)
        self.page_count = len(self._pages)
        check_page_count(self.page_count, limits, uri)

    def plan(self, number: int) -> PagePlan:
        page = self._pages[number - 1]
        return PagePlan(
            page.width_pt, page.height_pt, DPI, DPI, "rendered", tuple(page.locators), page.issues
        )

    def render(self, number: int) -> PageImage:
        from docai.pages.office.typeset import draw_page

        page = self._pages[number - 1]
        with translate_errors(self._uri, number):
            width_px, height_px = round(page.width_pt * DPI / 72), round(page.height_pt * DPI / 72)
            check_pixels(width_px, height_px, self._limits, self._uri, number)
            return PageImage(number, draw_page(page), "rendered", DPI, DPI)

    def text_layer(self, number: int) -> TextLayer:
        return TextLayer(tuple(self._pages[number - 1].words))

    def find_damage(self) -> Issue | None:
        return None  # what is wrong with a part is an issue of its first page

    def close(self) -> None:
        self._pages = []
