"""Typed values on a page with what stands around them: what the ranking chooses from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from docai.extraction.forms.contexts import Context, ContextFinder
from docai.extraction.forms.lines import LineJudge, text_ranks
from docai.extraction.layout import Cell, PageLayout
from docai.schema import Field
from docai.types import Scalar
from docai.values import compare
from docai.values.spans import Found

_DIGIT = re.compile(r"\d")
_NEEDS_DIGIT = frozenset(
    ["date", "money", "number", "integer", "percent", "identifier", "tax_number", "phone"]
)
_RANGE = re.compile(r"^\s{0,2}(?:-|–|—|to|bis|au|until|till|through|thru|/)\s{0,2}$", re.I)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value at one place. `page` indexes the document's pages; `key` is equal for equal values."""

    page: int
    cells: tuple[Cell, ...]
    start: int
    end: int
    text: str
    words: tuple[int, ...]
    value: Scalar
    key: str
    context: Context
    unit: str | None = None
    # 0: alone, 1: first of a range "a - b", 2: its second value.
    part: int = 0

    @property
    def cell(self) -> Cell:
        return self.cells[0]


class Document:
    """Layouts of all pages and the typed values found on them, each kind looked up once."""

    def __init__(self, layouts: Sequence[PageLayout], day_first: bool | None) -> None:
        self.layouts = tuple(layouts)
        self.finders = [ContextFinder(layout) for layout in layouts]
        self.day_first = day_first
        self.judge = LineJudge()
        self.ranks = [text_ranks(layout) for layout in layouts]
        # Names that no field's label bears on, once they have been asked for.
        self.names: list[Candidate] | None = None
        self.facts: dict[tuple[object, ...], dict[str, float]] = {}
        self._typed: dict[str, list[Candidate]] = {}

    def cells(self) -> Iterator[tuple[int, Cell]]:
        for page, layout in enumerate(self.layouts):
            for row in layout.rows:
                for cell in row:
                    yield page, cell

    def typed(self, kind: str) -> list[Candidate]:
        """All values of a kind, in reading order."""
        found = self._typed.get(kind)
        if found is None:
            found = list(self._find(kind))
            self._typed[kind] = found
        return found

    def _find(self, kind: str) -> Iterator[Candidate]:
        for page, cell in self.cells():
            if kind in _NEEDS_DIGIT and not _DIGIT.search(cell.text):
                continue
            hits = compare.find(kind, cell.text, day_first=self.day_first)
            for k, hit in enumerate(hits):
                part = _range_part(cell.text, hits, k) if kind == "date" else 0
                yield Candidate(
                    page=page,
                    cells=(cell,),
                    start=hit.start,
                    end=hit.end,
                    text=cell.text[hit.start : hit.end],
                    words=cell.span_words(hit.start, hit.end),
                    value=hit.value,
                    key=str(hit.value),
                    context=self.finders[page].find(cell, hit.start, hit.end, typed=True),
                    unit=hit.unit,
                    part=part,
                )


def _range_part(text: str, hits: Sequence[Found], k: int) -> int:
    """Whether the k-th value of a cell begins (1) or ends (2) a range."""
    if k + 1 < len(hits) and _RANGE.match(text[hits[k].end : hits[k + 1].start]):
        return 1
    if k and _RANGE.match(text[hits[k - 1].end : hits[k].start]):
        return 2
    return 0


Generator = Callable[[Document, Field], list[Candidate]]
