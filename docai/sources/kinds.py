"""Which files of a folder are documents: by name, else by their first bytes."""

from __future__ import annotations

DOCUMENT_SUFFIXES = frozenset({".pdf", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".jpe", ".webp", ".bmp"})
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


def looks_like_document(head: bytes) -> bool:
    """Whether a file without a telling name begins like a document that docai reads.

    BMP is left to its name: its two letters `BM` begin many a text as well.
    """
    return head.startswith(_MAGIC) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
