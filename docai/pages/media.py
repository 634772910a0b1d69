"""What a file is, by its first bytes; the name is never asked."""

from __future__ import annotations

PDF = "application/pdf"
TIFF = "image/tiff"
PNG = "image/png"
JPEG = "image/jpeg"
WEBP = "image/webp"
BMP = "image/bmp"

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
    (b"BM", BMP),
)


def detect_media(head: bytes) -> str | None:
    """Media type of a file that begins with `head`, or None where docai has no renderer for it."""
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if b"%PDF-" in head[:HEAD_BYTES]:
        return PDF
    return None
