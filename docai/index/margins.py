"""What stands on every page's edge and says nothing about the page: running titles, page numbers, stamps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from docai.index.rows import Row

_EDGE_ROWS = 3
_PAGE_NUMBER = re.compile(
    r"\W{0,4}(?:(?:page|seite|p\.)\s?)?(?:[A-Z]{1,2}-)?\d{1,4}(?:\s?(?:of|von|/)\s?\d{1,4})?\W{0,4}|[-–\s]{0,3}[ivx]{1,6}[-–\s]{0,3}",
    re.IGNORECASE,
)
_NOT_LETTERS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_SHARE = 0.4
_LEAST_PAGES = 3


def find_margins(rows_by_page: Mapping[int, Sequence[Row]]) -> dict[int, frozenset[int]]:
    """For each page, the places in its list of rows that are running headers, footers or page numbers.

    A row counts if it stands among the first or last three of its page and its letters stand there on two
    of five pages and on three at least. Where it stands first it is kept: it may be the title itself. Page
    numbers go from wherever pages end or begin, if they do so on more than one page.
    """
    edges = {number: _list_edges(rows) for number, rows in rows_by_page.items()}
    shapes = {
        number: {place: _shape(rows_by_page[number][place].text) for place in places}
        for number, places in edges.items()
    }
    on_pages = Counter(shape for found in shapes.values() for shape in set(found.values()))
    least = max(_LEAST_PAGES, _SHARE * len(rows_by_page))
    first_page: dict[str, int] = {}
    for number in sorted(shapes):
        for shape in shapes[number].values():
            first_page.setdefault(shape, number)
    margins: dict[int, frozenset[int]] = {}
    for number, found in shapes.items():
        rows = rows_by_page[number]
        margins[number] = frozenset(
            place
            for place, shape in found.items()
            if (len(rows_by_page) > 1 and _PAGE_NUMBER.fullmatch(rows[place].text))
            or (on_pages[shape] >= least and first_page[shape] != number)
        )
    return margins


def _list_edges(rows: Sequence[Row]) -> list[int]:
    """Places of the highest and lowest rows."""
    order = sorted(range(len(rows)), key=lambda i: rows[i].box.y0)
    return order if len(order) <= 2 * _EDGE_ROWS else order[:_EDGE_ROWS] + order[-_EDGE_ROWS:]


def _shape(text: str) -> str:
    return _DIGITS.sub("0", _NOT_LETTERS.sub("", text.casefold()))
