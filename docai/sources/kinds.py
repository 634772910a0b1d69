"""Which files of a folder are documents: by name, else by their first bytes."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

DOCUMENT_SUFFIXES = frozenset(
    {
        *(".pdf", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".jpe", ".webp", ".bmp"),
        *(".docx", ".docm", ".xlsx", ".xlsm", ".pptx", ".pptm"),
        *(".doc", ".xls", ".ppt", ".odt", ".ods", ".odp", ".rtf"),
        *(".html", ".htm", ".eml", ".msg"),
    }
)
"""Text, Markdown and CSV files are documents only where they are named one by one: folders are full of
them."""
HEAD_BYTES = 16

_MAGIC = (
    b"%PDF-",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"II*\x00",
    b"MM\x00*",
    b"II+\x00",
    b"MM\x00+",
)


_LOCK_PREFIX = "~$"
_MADE_BY_DOCAI = b'<meta name="generator" content="docai">'
_MADE_WITHIN = 300
_MOST_PROPERTIES = 8192


def is_left_over(path: Path) -> bool:
    """Whether a file with a document's name is none: docai's own report or workbook, or the note that an
    office program leaves beside a file that it has open."""
    if path.name.startswith(_LOCK_PREFIX):
        return True
    suffix = path.suffix.lower()
    if suffix not in (".html", ".htm", ".xlsx"):
        return False
    try:
        if suffix != ".xlsx":
            with path.open("rb") as stream:
                return _MADE_BY_DOCAI in stream.read(_MADE_WITHIN)
        with zipfile.ZipFile(path) as package, package.open("docProps/core.xml") as part:
            return b"<dc:creator>docai</dc:creator>" in part.read(_MOST_PROPERTIES)
    except (OSError, KeyError, ValueError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return False  # whatever is wrong with it, reading it will say


def looks_like_document(head: bytes) -> bool:
    """Whether a file without a telling name begins like a document that docai reads.

    BMP is left to its name: its two letters `BM` begin many a text as well.
    """
    return head.startswith(_MAGIC) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
