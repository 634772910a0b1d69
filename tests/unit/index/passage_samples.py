"""Pages made of lines of text, as a reader gives them."""

from __future__ import annotations

from collections.abc import Sequence

from docai.types import Box, Page, Word

LINE_PT = 12.0
CHAR_PT = 5.0


def make_page(
    lines: Sequence[str | tuple[float, float, str]],
    number: int = 1,
    *,
    document_id: str = "sha256:" + "0" * 64,
    left: float = 72.0,
    reader: str = "test",
) -> Page:
    """Lines from the top; an empty one leaves a gap, and (x, y, text) puts one anywhere."""
    words: list[Word] = []
    for place, line in enumerate(lines):
        x, y, text = line if isinstance(line, tuple) else (left, 72.0 + place * LINE_PT, line)
        for token in text.split():
            box = Box(x, y, x + CHAR_PT * len(token), y + 0.8 * LINE_PT)
            words.append(Word(token, box, 0.9, "ocr", place))
            x += CHAR_PT * (len(token) + 1)
    return Page(document_id, number, 612.0, 792.0, 300.0, 300.0, "native", words=tuple(words), reader=reader)


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]
