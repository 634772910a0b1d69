"""Pages of forms from lines of text: a column of the text is six points wide, a line twelve high."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docai.imaging.geometry import turn_box
from docai.types import Box, Document, DocumentView, Page, Region, Word

CHAR_PT, LINE_PT, HEIGHT_PT = 6.0, 14.0, 10.0
WIDTH, HEIGHT = 595.0, 842.0


def make_page(
    text: str, number: int = 1, turned: int = 0, regions: Sequence[Region] = (), mark_turn: bool = True
) -> Page:
    """A page whose words stand where they stand in the text; `turned` as `Page.turned`.

    Two blanks or more begin a new line number, as text layers have it for columns.
    """
    words: list[Word] = []
    line = 0
    for row, content in enumerate(text.strip("\n").splitlines()):
        for part in re.finditer(r"\S+(?: \S+)*", content):
            line += 1
            for match in re.finditer(r"\S+", part.group()):
                x0 = 40 + (part.start() + match.start()) * CHAR_PT
                y0 = 40 + row * LINE_PT
                box = Box(x0, y0, x0 + len(match.group()) * CHAR_PT - 1, y0 + HEIGHT_PT)
                words.append(Word(match.group(), _lay(box, turned), None, "text-layer", line))
    wide, high = (HEIGHT, WIDTH) if turned % 180 else (WIDTH, HEIGHT)
    return Page(
        "sha256:0",
        number,
        wide,
        high,
        200,
        200,
        "rendered",
        turned=turned if mark_turn else 0,
        words=tuple(words),
        regions=tuple(regions),
    )


def _lay(box: Box, turned: int) -> Box:
    """A box of the upright page as it lies on the page that has to be turned."""
    return turn_box(box, (360 - turned) % 360, WIDTH, HEIGHT)


def make_view(*texts: str, regions: Sequence[Region] = ()) -> DocumentView:
    pages = tuple(make_page(text, k + 1, regions=regions if k == 0 else ()) for k, text in enumerate(texts))
    return DocumentView(Document("sha256:0", "form.pdf", "application/pdf", len(pages)), pages)
