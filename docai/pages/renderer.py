"""Documents as pages: the one `PageRenderer`, for PDF, image, office, HTML and e-mail files."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

from docai.errors import DocumentError
from docai.pages import media
from docai.pages.file import PageFile, TextLayer
from docai.pages.limits import STAGE, PageLimits
from docai.types import Document, Page, PageImage

OfficeMode: TypeAlias = Literal["text", "pages"]

_CHUNK_BYTES = 1 << 20
_KNOWN_DOCUMENTS = 4096
_LETTER_PT = (612.0, 792.0)
_UNKNOWN_DPI = 200.0


class DocumentRenderer:
    """Pages of PDF, image, office, HTML and e-mail files; what a file is, its bytes say.

    The last document stays open, so that its further pages are cheap. Not for several threads. Every
    method raises `DocumentError` with stage `pages`.
    """

    def __init__(
        self, password: str | None = None, limits: PageLimits | None = None, office: OfficeMode = "text"
    ) -> None:
        """`office`: whether office files are taken as their text, or as the pages that LibreOffice prints."""
        self._password = password
        self._office: OfficeMode = office
        self._limits = limits or PageLimits()
        self._known: OrderedDict[str, tuple[Path, Document]] = OrderedDict()
        self._open: tuple[str, PageFile] | None = None

    def open(self, path: Path, uri: str) -> Document:
        """Inspects a file: its id (SHA-256 of the bytes), media type and number of pages."""
        head, digest = _read_digest(path, uri)
        media_type = _require_media(head, path, uri)
        self.close()
        file = self._open_file(path, uri, media_type)
        document = Document(f"sha256:{digest}", uri, media_type, file.page_count)
        self._open = (document.id, file)
        self._known[document.id] = (path, document)
        self._known.move_to_end(document.id)
        while len(self._known) > _KNOWN_DOCUMENTS:
            self._known.popitem(last=False)
        return document

    def pages(self, document: Document) -> Sequence[Page]:
        """All pages, unread. Their DPI is what `render` will give, to a pixel's rounding.

        `image_kind` `native` is a promise; a page announced as `rendered` may prove bit-equal when it is
        rendered, so `PageImage.kind` has the last word. Damage of the file as a whole is an issue of its
        first page; of a `truncated` file nobody can say what was lost.

        A page that cannot be loaded among others that can gets a letter sheet's size here and its
        error from `render`; if no page can be loaded, the first error is raised.
        """
        pages: list[Page] = []
        failure: DocumentError | None = None
        loaded = 0
        for number in range(1, document.page_count + 1):
            try:
                pages.append(self.page(document, number))
                loaded += 1
            except DocumentError as error:
                failure = failure or error
                pages.append(Page(document.id, number, *_LETTER_PT, _UNKNOWN_DPI, _UNKNOWN_DPI, "rendered"))
        if failure is not None and not loaded:
            raise failure
        damage = self._file(document.id).find_damage()
        if damage is not None:
            pages[0] = replace(pages[0], issues=(damage, *pages[0].issues))
        return tuple(pages)

    def page(self, document: Document, number: int) -> Page:
        """One page, unread; `number` from 1."""
        plan = self._file(document.id).plan(number)
        return Page(
            document.id,
            number,
            plan.width_pt,
            plan.height_pt,
            plan.dpi_x,
            plan.dpi_y,
            plan.kind,
            locators=plan.locators,
            issues=plan.issues,
        )

    def render(self, page: Page) -> PageImage:
        """The page's pixels as it lies in the file, after /Rotate or EXIF orientation."""
        return self._file(page.document_id).render(page.number)

    def text_layer(self, page: Page) -> TextLayer:
        """The page's text layer, hidden text included; empty for image files."""
        return self._file(page.document_id).text_layer(page.number)

    def close(self) -> None:
        """Closes the document that is open; it is opened again when asked for."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def _file(self, document_id: str) -> PageFile:
        if self._open is not None and self._open[0] == document_id:
            return self._open[1]
        if document_id not in self._known:
            raise DocumentError(
                "not-open",
                "these are not the bytes that were opened before",
                stage=STAGE,
                hint="run again if the file was changed meanwhile",
            )
        path, document = self._known[document_id]
        self.close()
        file = self._open_file(path, document.uri, document.media_type)
        self._open = (document_id, file)
        return file

    def _open_file(self, path: Path, uri: str, media_type: str) -> PageFile:
        # Imported here: a worker that sees only images never loads PyMuPDF, and the reverse.
        if media_type == media.PDF:
            from docai.pages.pdf import PdfFile

            return PdfFile(path, uri, self._password, self._limits)
        if media_type in media.OFFICE:
            from docai.pages.office.opening import open_office

            return open_office(path, uri, media_type, self._password, self._limits, self._office)
        from docai.pages.raster import RasterFile

        return RasterFile(path, uri, media_type, self._limits)


def _read_digest(path: Path, uri: str) -> tuple[bytes, str]:
    """The first bytes and the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    head = b""
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                head = head or chunk[: media.HEAD_BYTES]
                digest.update(chunk)
    except IsADirectoryError:
        if os.access(path, os.R_OK | os.X_OK):
            code, message, hint = "not-a-document", "is a folder, not a file", "name the folder itself"
        else:
            code, message, hint = "unreadable", "cannot be looked into", "check the folder's permissions"
        raise DocumentError(code, message, document=uri, stage=STAGE, hint=hint) from None
    except OSError as error:
        raise DocumentError(
            "unreadable",
            f"cannot be read: {error.strerror or error}",
            document=uri,
            stage=STAGE,
            hint="check the path and its permissions",
        ) from error
    return head, digest.hexdigest()


def _require_media(head: bytes, path: Path, uri: str) -> str:
    if not head:
        raise DocumentError(
            "empty", "is empty (0 bytes)", document=uri, stage=STAGE, hint="copy or scan it again"
        )
    media_type = media.detect_media(head)
    if media_type in (media.ZIP, media.COMPOUND):
        from docai.pages.office.packages import detect_package

        media_type = detect_package(path, media_type, uri)
    media_type = media_type or media.detect_text(head, uri)
    if media_type is None:
        raise DocumentError(
            "not-a-document",
            "is neither PDF nor an image, office, HTML or e-mail file that docai knows",
            document=uri,
            stage=STAGE,
            hint="convert it to PDF",
        )
    return media_type
