"""How a file without pages is opened: as its text, or printed by LibreOffice."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from docai.errors import DocumentError
from docai.pages import media
from docai.pages.file import PageFile, translate_errors
from docai.pages.limits import STAGE, PageLimits
from docai.pages.office.content import Part
from docai.pages.office.elements import load_extra, without_network
from docai.pages.office.flowfile import FlowFile
from docai.pages.office.packages import check_package, detect_package

if TYPE_CHECKING:
    from docai.pages.renderer import OfficeMode

_PACKAGES = frozenset({media.DOCX, media.XLSX, media.PPTX})
_PRINTED_ONLY = frozenset({media.DOC, media.XLS, media.PPT, media.ODT, media.ODS, media.ODP, media.RTF})


def open_office(
    path: Path, uri: str, media_type: str, password: str | None, limits: PageLimits, mode: OfficeMode
) -> PageFile:
    """An open file. Raises `DocumentError`: `office-not-installed`, `libreoffice-missing`, `password-needed`,
    `password-wrong`, `unsafe`, `too-large`, `damaged`."""
    if media_type == media.ENCRYPTED:
        return _open_encrypted(path, uri, password, limits, mode)
    if media_type in _PACKAGES:
        check_package(path, uri)
    if media_type in _PRINTED_ONLY or (mode == "pages" and media_type in _PACKAGES):
        from docai.pages.office.convert import PrintedFile

        return PrintedFile(path, uri, media_type, limits)
    with translate_errors(uri), without_network():
        return FlowFile(_read_parts(path, uri, media_type), uri, media_type, limits)


def _read_parts(path: Path, uri: str, media_type: str) -> list[Part]:
    # Imported here: a worker that sees only scans never loads any of them.
    if media_type == media.DOCX:
        from docai.pages.office.word import read_word

        return read_word(path, uri)
    if media_type == media.XLSX:
        from docai.pages.office.workbook import read_workbook

        return read_workbook(path, uri)
    if media_type == media.PPTX:
        from docai.pages.office.slides import read_slides

        return read_slides(path, uri)
    if media_type == media.HTML:
        from docai.pages.office.web import read_web

        return read_web(path, uri)
    if media_type in (media.EML, media.MSG):
        from docai.pages.office.mail import read_mail, read_outlook

        return read_mail(path, uri) if media_type == media.EML else read_outlook(path, uri)
    from docai.pages.office.plain import read_plain

    return read_plain(path, uri, media_type)


def _open_encrypted(
    path: Path, uri: str, password: str | None, limits: PageLimits, mode: OfficeMode
) -> PageFile:
    if password is None:
        raise DocumentError(
            "password-needed",
            "is encrypted",
            document=uri,
            stage=STAGE,
            hint="give its password with --password",
        )
    with tempfile.TemporaryDirectory(prefix="docai-") as folder:
        plain = Path(folder) / "plain"
        plain.write_bytes(_decrypt(path, uri, password))
        kind = detect_package(plain, media.ZIP, uri)
        if kind not in _PACKAGES:
            raise DocumentError(
                "damaged",
                "is encrypted, and no office file lies within",
                document=uri,
                stage=STAGE,
                hint="open it in an office program and save it again",
            )
        return open_office(plain, uri, kind, None, limits, mode)


def _decrypt(path: Path, uri: str, password: str) -> bytes:
    office = load_extra("msoffcrypto", uri)
    errors = load_extra("msoffcrypto.exceptions", uri)
    plain = io.BytesIO()
    with translate_errors(uri), without_network(), path.open("rb") as stream:
        try:
            file = office.OfficeFile(stream)
            file.load_key(password=password)
            file.decrypt(plain)
        except (errors.InvalidKeyError, errors.DecryptionError) as error:
            raise DocumentError(
                "password-wrong",
                "is encrypted and the given password does not open it",
                document=uri,
                stage=STAGE,
                hint="check --password",
            ) from error
    return plain.getvalue()
