"""PDFs with a text layer, made of plain text."""

from __future__ import annotations

from pathlib import Path


def write_pdf(path: Path, *pages: str) -> Path:
    """A page for each text, which must fit into it. Makes the folders above `path`."""
    import pymupdf

    path.parent.mkdir(parents=True, exist_ok=True)
    with pymupdf.open() as document:
        for text in pages:
            document.new_page().insert_textbox(pymupdf.Rect(72, 72, 520, 700), text, fontsize=11)
        document.save(path)
    return path
