"""What a file is, by its first bytes. Only of plain text, which has no mark, the name is asked."""

from __future__ import annotations

import re
from pathlib import PurePath

PDF = "application/pdf"
TIFF = "image/tiff"
PNG = "image/png"
JPEG = "image/jpeg"
WEBP = "image/webp"
BMP = "image/bmp"

ZIP = "application/zip"
COMPOUND = "application/x-ole-storage"
"""Containers: what lies in them says what the file is."""
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
DOC, XLS, PPT = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"
ODT, ODS, ODP = (
    f"application/vnd.oasis.opendocument.{kind}" for kind in ("text", "spreadsheet", "presentation")
)
RTF = "application/rtf"
ENCRYPTED = "application/vnd.ms-office.encrypted"
MSG = "application/vnd.ms-outlook"
EML = "message/rfc822"
HTML = "text/html"
TEXT, MARKDOWN, CSV, TSV = "text/plain", "text/markdown", "text/csv", "text/tab-separated-values"

OFFICE = frozenset(
    {DOCX, XLSX, PPTX, DOC, XLS, PPT, ODT, ODS, ODP, RTF, ENCRYPTED, MSG, EML, HTML, TEXT, MARKDOWN, CSV, TSV}
)
"""What `docai.pages.office` reads."""

HEAD_BYTES = 1024
"""How many bytes `detect_media` wants. A PDF's header may stand anywhere in them (Adobe's reading of
ISO 32000, annex H, note 13; scanners' mail gateways do put lines before it)."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"II+\x00", TIFF),
    (b"MM\x00+", TIFF),
    (b"PK\x03\x04", ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", COMPOUND),
    (b"{\\rtf", RTF),
    (b"BM", BMP),
)
_BY_SUFFIX = {
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".eml": EML,
    ".txt": TEXT,
    ".text": TEXT,
    ".md": MARKDOWN,
    ".csv": CSV,
    ".tsv": TSV,
}
_HTML_START = re.compile(rb"<(?:!doctype\s{1,20}html|html[\s>])", re.IGNORECASE)
_HEADER = re.compile(
    rb"^(?:from|to|cc|subject|date|received|return-path|delivered-to|message-id|mime-version|reply-to):",
    re.IGNORECASE | re.MULTILINE,
)
_FIRST_HEADER = re.compile(rb"[!-9;-~]{1,70}:[ \t\r\n]")
_FEWEST_HEADERS = 3
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def detect_media(head: bytes) -> str | None:
    """Media type of a file that begins with `head`; None where its bytes do not tell.

    `ZIP` and `COMPOUND` hold something that has yet to be looked at.
    """
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if b"%PDF-" in head[:HEAD_BYTES]:
        return PDF
    return _detect_marked_text(_without_mark(head[:HEAD_BYTES]))


def detect_text(head: bytes, name: str) -> str | None:
    """Media type of text without a mark of its own, by the file's suffix; None for bytes that are no text."""
    media_type = _BY_SUFFIX.get(PurePath(name).suffix.lower())
    if media_type is None or _BINARY.search(_without_mark(head[:HEAD_BYTES])):
        return None
    return media_type


def _detect_marked_text(head: bytes) -> str | None:
    """HTML by its first tag (comments and an XML declaration may come before), mail by its headers."""
    text = head.lstrip()
    found = _HTML_START.search(text)
    if found is not None and (not found.start() or text.startswith((b"<!--", b"<?xml"))):
        return HTML
    if _FIRST_HEADER.match(head) and len(_HEADER.findall(head)) >= _FEWEST_HEADERS:
        return EML
    return None


def _without_mark(head: bytes) -> bytes:
    """Without a byte order mark; UTF-16 without its zero bytes, which is enough to recognise tags by."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[2:].replace(b"\x00", b"")
    return head.removeprefix(b"\xef\xbb\xbf")
