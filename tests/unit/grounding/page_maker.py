"""Pages from plain text, for tests: one text line per line, words of fixed pitch."""

from __future__ import annotations

from docai.types import Box, Page, Word

PITCH_PT = 6.0
HEIGHT_PT = 8.0
LEADING_PT = 14.0


def make_page(text: str, number: int = 1, confidence: float | None = 0.9) -> Page:
    """Words at their columns in `text`: two spaces make a wider gap than one."""
    words: list[Word] = []
    for line, content in enumerate(text.strip("\n").split("\n")):
        top, at = 50 + line * LEADING_PT, 0
        for token in content.split(" "):
            if token:
                left = 40 + at * PITCH_PT
                box = Box(left, top, left + len(token) * PITCH_PT - 2, top + HEIGHT_PT)
                words.append(Word(token, box, confidence, "ocr", line))
            at += len(token) + 1
    return Page(
        "sha256:test", number, 595.0, 842.0, 200.0, 200.0, "native", words=tuple(words), reader="test"
    )
