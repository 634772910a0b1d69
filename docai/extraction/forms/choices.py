"""Values that are chosen, not written: words of an enumeration, and yes or no behind a label."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docai.extraction.forms.candidates import Candidate, Document
from docai.extraction.layout import Cell
from docai.schema import Field
from docai.values.compare import as_boolean

_WORD = re.compile(r"[^\W_]{1,6}")
# Digits are amounts more often than answers.
_ANSWER_LENGTH = 40


def find_choices(document: Document, field: Field) -> list[Candidate]:
    """Places where one of the field's values is printed as a word of its own."""
    if field.kind == "boolean":
        return [c for page, cell in document.cells() for c in _answers(document, page, cell)]
    patterns = [(value, _pattern(value)) for value in field.enum if value]
    return [
        _make(document, page, cell, match.start(), match.end(), value)
        for page, cell in document.cells()
        for value, pattern in patterns
        for match in pattern.finditer(cell.text)
    ]


def _pattern(value: str) -> re.Pattern[str]:
    words = re.split(r"[\s_\-]+", value.strip())
    return re.compile(r"(?<!\w)" + r"[\s_\-]{0,2}".join(re.escape(w) for w in words) + r"(?!\w)", re.I)


def _answers(document: Document, page: int, cell: Cell) -> Iterator[Candidate]:
    """Yes or no as a cell's only word, or as its last behind a colon."""
    if len(cell.text) > _ANSWER_LENGTH:
        return
    for match in _WORD.finditer(cell.text):
        alone = match.group() == cell.text.strip()
        behind = match.end() == len(cell.text.rstrip()) and cell.text[: match.start()].rstrip().endswith(":")
        answer = as_boolean(match.group()) if (alone or behind) and not match.group().isdigit() else None
        if answer is not None:
            yield _make(document, page, cell, match.start(), match.end(), answer)


def _make(document: Document, page: int, cell: Cell, start: int, end: int, value: str | bool) -> Candidate:
    return Candidate(
        page=page,
        cells=(cell,),
        start=start,
        end=end,
        text=cell.text[start:end],
        words=cell.span_words(start, end),
        value=value,
        key=str(value),
        context=document.finders[page].find(cell, start, end, typed=False),
    )
