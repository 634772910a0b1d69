"""Pages of running text for tests: each line of the source is a paragraph, set in lines of 95 letters."""

from __future__ import annotations

from docai.extraction.prose.document import Prose
from docai.types import Box, Document, DocumentView, Page, Word

_LINE_LETTERS, _LINES_A_PAGE = 95, 48


def _set_lines(text: str) -> list[tuple[list[str], float]]:
    """(words of a line, space above it in points); an empty source line is a space between paragraphs."""
    lines: list[tuple[list[str], float]] = []
    space = 0.0
    for paragraph in text.strip("\n").split("\n"):
        row: list[str] = []
        for word in paragraph.split():
            if row and len(" ".join([*row, word])) > _LINE_LETTERS:
                lines.append((row, space))
                row, space = [], 0.0
            row.append(word)
        if row:
            lines.append((row, space))
            space = 0.0
        else:
            space = 12.0
    return lines


def make_view(text: str, *, form_feed: bool = False) -> DocumentView:
    """A document of text-layer pages; with `form_feed` each form feed in the text begins a page."""
    sheets = text.split("\f") if form_feed else [text]
    pages: list[Page] = []
    for sheet in sheets:
        lines = _set_lines(sheet)
        for first in range(0, max(1, len(lines)), _LINES_A_PAGE):
            pages.append(_make_page(len(pages) + 1, lines[first : first + _LINES_A_PAGE]))
    return DocumentView(Document("sha256:0", "made.pdf", "application/pdf", len(pages)), tuple(pages))


def _make_page(number: int, lines: list[tuple[list[str], float]]) -> Page:
    words: list[Word] = []
    y = 60.0
    for rank, (row, space) in enumerate(lines):
        y += space
        x = 72.0
        for word in row:
            width = 5.0 * len(word)
            words.append(Word(word, Box(x, y, x + width, y + 10.0), None, "text-layer", rank))
            x += width + 3.0
        y += 13.0
    return Page("sha256:0", number, 612.0, 792.0, 200.0, 200.0, "rendered", words=tuple(words))


def make_prose(text: str) -> Prose:
    return Prose(make_view(text))


SERVICES = """\
MASTER SERVICES AGREEMENT

This Master Services Agreement (this "Agreement") is entered into on March 3, 2015 and is effective \
as of April 1, 2015 (the "Effective Date") by and between Quartz Analytics, Inc., a Delaware \
corporation with offices at 12 River Road, Albany, New York ("Provider"), and Belmont Foods LLC, an \
Ohio limited liability company ("Customer").

WHEREAS, Customer wishes to obtain certain services and Provider is willing to provide them on the \
terms below.

1. Services. Provider shall perform the services described in each statement of work with due care \
and in a professional manner.

2. Term. The initial term of this Agreement shall be three (3) years from the Effective Date, unless \
terminated earlier as provided herein. Thereafter, this Agreement shall automatically renew for \
successive one (1) year periods unless either party gives the other written notice of non-renewal at \
least sixty (60) days prior to the end of the then-current term.

3. Termination. Either party may terminate this Agreement for any reason upon ninety (90) days' prior \
written notice to the other party.

4. Assignment. Neither party may assign this Agreement without the prior written consent of the other party.

5. Limitation of Liability. In no event shall the aggregate liability of either party exceed the fees \
paid in the twelve months before the claim arose.

6. Records. Provider shall keep accurate books and records, and Customer may audit such books and \
records upon ten (10) days notice.

7. Governing Law. This Agreement shall be governed by and construed in accordance with the laws of \
the State of Ohio, without regard to its conflict of laws rules.

IN WITNESS WHEREOF, the parties have executed this Agreement.

QUARTZ ANALYTICS, INC.

By: /s/ Nora Field
Name: Nora Field
Title: President
Date: March 3, 2015

BELMONT FOODS LLC

By: ______________________
Name: Omar Hale
Title: Director
"""
