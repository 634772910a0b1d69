"""Features of a name that do not depend on the field: its own look and its neighbours."""

from __future__ import annotations

import re

from docai.extraction.forms.candidates import Candidate, Document
from docai.extraction.layout import Cell, PageLayout
from docai.values import names

_LETTERS = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[^\W\d_]+")
_NUMBER_TAIL = re.compile(r"[(\[][^()]{0,4}\d[^()]{2,16}[)\]]?\s{0,2}$")
_SALUTATION = re.compile(
    r"\W{0,2}(?:herrn?|frau|firma|mr|mrs|ms|mme|monsieur|madame|messrs|m/s|attn|an|to)\b\.?\s{1,2}\S", re.I
)
_SALUTATION_LINE = re.compile(
    r"\W{0,2}(?:herrn?|frau|firma|mr|mrs|ms|mme|monsieur|madame|messrs)\W{0,2}$", re.I
)


def name_facts(candidate: Candidate, document: Document) -> dict[str, float]:
    """Features of a name that do not depend on the field."""
    text, cell = candidate.text, candidate.cell
    suffix = names.has_suffix(text)
    letters = _LETTERS.findall(text)
    digits = sum(ch.isdigit() for ch in text)
    words = _WORDS.findall(text)
    layout, judge = document.layouts[candidate.page], document.judge
    below = [c.text for c in layout.below(candidate.cells[-1], 3)][:3]
    address_below = max(
        (judge.address(t) * w for t, w in zip(below, (1.0, 0.7, 0.5), strict=False)), default=0.0
    )
    above = [c.text for c in layout.above(cell, 4)][:4]
    rank = document.ranks[candidate.page][cell.row]
    return {
        "suffix": float(suffix),
        "business": min(2.0, judge.business(text)) / 2,
        "caps": sum(ch.isupper() for ch in letters) / max(1, len(letters)),
        "lower_start": float(bool(letters) and letters[0].islower()),
        "digits": digits / max(1, len(letters) + digits),
        # A code in brackets is little of a name, a bare number all of it.
        "digits_square": (digits / max(1, len(letters) + digits)) ** 2,
        "noise": float(judge.noise(text)),
        "address_like": judge.address(text),
        "address_below": address_below,
        "short": float(len(letters) < 5),
        "one_word": float(len(words) == 1),
        "long": max(0.0, (len(text) - 45) / 45),
        "tall": min(2.0, cell.height / max(0.1, layout.line_height)) - 1.0,
        "row_rank": min(8, rank) / 8,
        "first_row": float(rank == 0),
        "centred": 1.0 - min(1.0, abs(cell.centre_x - layout.width / 2) / (layout.width / 4)),
        "alone": float(len(layout.rows[cell.row]) == 1),
        "two_lines": float(len(candidate.cells) > 1),
        "colon": float(":" in text),
        "trimmed": float(candidate.end < len(cell.text.rstrip())),
        "bracket_number": float(bool(_NUMBER_TAIL.search(text))),
        "after_label": float(candidate.start > 0),
        "bare_label": float(candidate.start > 0 and cell.text[: candidate.start].rstrip()[-1:].isalnum()),
        # One label word in a name ("Total Energies") says little, label words alone say all.
        # A legal form makes a name of both.
        "concepts": 0.0 if suffix else judge.concepts(text) ** 2,
        "names_value": float(_names_value(layout, cell)),
        "salutation": float(bool(_SALUTATION.match(text))),
        "after_salutation": float(any(_SALUTATION_LINE.match(t) for t in above[:1])),
        "sender_line": float(judge.sender(cell.text)),
        "below_sender": float(any(judge.sender(t) for t in above)),
    }


def _names_value(layout: PageLayout, cell: Cell) -> bool:
    """Whether a cell is the label of a value beside it: "Number   : 12"."""
    right = layout.right_of(cell)
    return bool(right) and right[0].text.startswith(":")
