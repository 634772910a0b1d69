"""Places that a form holds for a value and that are empty or blacked out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docai.extraction.forms.candidates import Document
from docai.extraction.forms.claims import ENGINE
from docai.extraction.forms.labels import LabelMatcher
from docai.extraction.layout import Cell, PageLayout
from docai.imaging.geometry import to_upright
from docai.schema import Field
from docai.types import Box, Claim

# "Date: ________", "Name ........", "Sum [   ]"
_FILLER = re.compile(r"_{3,}|\.{5,}|…{2,}|\[\s{0,6}\]")
LABEL_F1 = 0.9
# Scores of an empty place; a redaction beside the label leaves less doubt.
BLANK, REDACTED = 0.7, 0.85


def find_absence(
    document: Document, matcher: LabelMatcher, fields: Sequence[Field], index: int
) -> Claim | None:
    """The place of the field at `index` where it is empty: a label with nothing behind it.

    Only labels that name the field alone count, with a colon, a line to write on or a black box.
    """
    for layout in document.layouts:
        for cell in layout.cells:
            label, filler = _label(cell)
            if not label or matcher.match(label, index).f1 < LABEL_F1 or matcher.match(label, index).contrast:
                continue
            place = _place(layout, cell)
            if _covered(layout, place, "redaction"):
                return _claim(fields[index], cell, "redacted", REDACTED)
            marked = filler or cell.text.rstrip().endswith(":") or _covered(layout, place, "rule")
            if marked and (filler or _is_empty(layout, cell, place, matcher, len(fields))):
                return _claim(fields[index], cell, "blank", BLANK)
    return None


def _label(cell: Cell) -> tuple[str, bool]:
    """A cell's label, and whether a line to write on follows it; no label when a value follows."""
    text = cell.text.strip()
    filler = _FILLER.search(text)
    head = text[: filler.start()] if filler else text
    rest = text[filler.end() :].strip(" _.:") if filler else ""
    head = head.rstrip(" :_")
    return ("", False) if rest or ":" in head or len(head) > 40 else (head, filler is not None)


def _place(layout: PageLayout, cell: Cell) -> Box:
    """Where the value would stand: from the label to the next cell of its row."""
    right = layout.right_of(cell)
    end = right[0].box.x0 if right else layout.width
    pad = 0.3 * cell.height
    return Box(cell.box.x1, cell.box.y0 - pad, max(cell.box.x1 + 1.0, end), cell.box.y1 + pad)


def _covered(layout: PageLayout, place: Box, kind: str) -> bool:
    for region in layout.page.regions:
        if region.kind != kind:
            continue
        box = to_upright(layout.page, region.box)
        width = min(box.x1, place.x1) - max(box.x0, place.x0)
        if width > place.y1 - place.y0 and min(box.y1, place.y1) > max(box.y0, place.y0):
            return True
    return False


def _is_empty(layout: PageLayout, cell: Cell, place: Box, matcher: LabelMatcher, count: int) -> bool:
    """Whether neither the row nor the line below holds a value for the label."""
    right = layout.right_of(cell)
    if right and not _is_label(right[0], matcher, count):
        return False
    if _covered(layout, place, "ink"):
        return False
    below = [c for c in layout.below(cell, 2) if c.box.y0 - cell.box.y1 < 1.2 * cell.height]
    return not below or _is_label(below[0], matcher, count)


def _is_label(cell: Cell, matcher: LabelMatcher, count: int) -> bool:
    text = cell.text.strip()
    if text.endswith(":") or ":" in text[:30]:
        return True
    return max((matcher.match(text, k).f1 for k in range(count)), default=0.0) >= LABEL_F1


def _claim(field: Field, cell: Cell, absent: str, score: float) -> Claim:
    return Claim(
        path=field.path,
        quote=cell.text,
        value=None,
        page=cell.page,
        engine=ENGINE,
        score=score,
        words=cell.words,
        absent="redacted" if absent == "redacted" else "blank",
    )
