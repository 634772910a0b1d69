"""Codes of letters alone, such as a station's call sign: told from words by the label beside them only."""

from __future__ import annotations

import re

from docai.extraction.forms.candidates import Candidate, Document
from docai.extraction.forms.labels import LabelMatcher
from docai.extraction.layout import Cell

# Behind a label in small letters, a colon or a gap; a word within a heading in capitals is no code.
_SHORT = re.compile(r"(?:^|[:#]\s{0,3}|[a-z]\s{1,3})(?P<code>[A-Z]{3,6}(?:-[A-Z]{2})?)\s{0,2}$")
LEAST_F1 = 0.9


def find_short_codes(document: Document, matcher: LabelMatcher, index: int) -> list[Candidate]:
    """Codes without a digit right beside a label that is the field's own: "Station: WKTV-TV".

    None for fields that ask for a number.
    """
    if "number" in matcher.own_words(index):
        return []
    out = []
    for page, cell in document.cells():
        match = _SHORT.search(cell.text)
        if match is None:
            continue
        candidate = _make(document, page, cell, *match.span("code"))
        inline, left, above = candidate.context.labels()
        label = inline or (left or above if match.start("code") == 0 else "")
        near = matcher.match(label, index)
        if near.f1 >= LEAST_F1 and not near.contrast and matcher.best(candidate.text) < near.f1:
            out.append(candidate)
    return out


def _make(document: Document, page: int, cell: Cell, start: int, end: int) -> Candidate:
    text = cell.text[start:end]
    context = document.finders[page].find(cell, start, end, typed=False)
    return Candidate(page, (cell,), start, end, text, cell.span_words(start, end), text, text, context)
