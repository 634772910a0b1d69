"""Pages of the documents in a workspace, for drawing their evidence on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from docai.errors import DocumentError

if TYPE_CHECKING:
    from docai.answering.showing.pictures import ShowPage
    from docai.pages.renderer import OfficeMode
    from docai.types import DocumentRef, PageImage
    from docai.workspace import Workspace
    from docai.workspace.export import PageViews


class PageFinder:
    """Finds a record's file, makes sure that it is still the one that was read, and renders its pages."""

    def __init__(self, stores: Workspace, password: str | None = None) -> None:
        self._stores = stores
        self._password = password
        self._checked: dict[tuple[str, str], Path] = {}

    @property
    def views(self) -> PageViews:
        """The same for `write_outcomes`."""
        from docai.workspace.export import PageViews

        return PageViews(self.render_page, self.find_turn)

    def render_page(self, document: DocumentRef, number: int) -> PageImage:
        """A page's pixels as it lies in the file. Raises DocumentError where the file is gone or edited."""
        from docai.wiring.parts import make_page_image

        page = self._stores.pages.find_page(document.id, number)
        # An office file whose pages have boxes was printed when it was read.
        office: OfficeMode = "text" if page is None or page.locators else "pages"
        return make_page_image(str(self._locate(document)), number, password=self._password, office=office)

    def find_turn(self, document: DocumentRef, number: int) -> int:
        """The clockwise turn that rights the page; 0 for one that was never read here."""
        page = self._stores.pages.find_page(document.id, number)
        return page.turned if page else 0

    def _locate(self, document: DocumentRef) -> Path:
        key = (document.uri, document.id)
        if key not in self._checked:
            places = (self._stores.root / document.uri, Path(document.uri))
            path = next((place for place in places if place.is_file()), None)
            if path is None:
                raise _error(document, "file-gone", "the file is no longer there")
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if f"sha256:{digest}" != document.id:
                raise _error(document, "file-edited", "the file has changed since it was read")
            self._checked[key] = path
        return self._checked[key]


def _error(document: DocumentRef, code: str, message: str) -> DocumentError:
    hint = "run docai extract again"
    return DocumentError(code, message, document=document.uri, stage="records", hint=hint)


def make_show_page(stores: Workspace, password: str | None = None) -> ShowPage:
    """Pixels of pages as they lie in their files, with the turn that rights them."""
    from docai.types import DocumentRef

    finder = PageFinder(stores, password)

    def show_page(document_id: str, uri: str, number: int) -> tuple[PageImage, int]:
        document = DocumentRef(id=document_id, uri=uri, page_count=number)
        return finder.render_page(document, number), finder.find_turn(document, number)

    return show_page
