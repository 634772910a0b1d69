"""Places in files without pages: a paragraph or a cell, never a box.

docai lays the text of such a file out on pages of its own, so that all that reads pages reads it too. What is
found there leaves with the locators of its lines, and without the boxes, which nobody else has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from docai.types import Box, Evidence, FieldValue, Page

_LISTED = 3
"""So many paragraphs or cells are named one by one; of more the first and the last."""
_SLACK_PT = 0.5


def find_locator(page: Page, boxes: Sequence[Box]) -> str | None:
    """The paragraphs or cells that the boxes lie on; None for a page that has boxes to show."""
    if not page.locators:
        return None
    lines = (
        word.line
        for word in page.words
        if any(
            box.x0 - _SLACK_PT <= (word.box.x0 + word.box.x1) / 2 <= box.x1 + _SLACK_PT
            and box.y0 - _SLACK_PT <= (word.box.y0 + word.box.y1) / 2 <= box.y1 + _SLACK_PT
            for box in boxes
        )
    )
    return join_locators(page, lines)


def join_locators(page: Page, lines: Iterable[int]) -> str | None:
    """The locators of lines of a page, each once, in reading order; None for a page without."""
    names = list(dict.fromkeys(page.locators[n] for n in lines if n < len(page.locators)))
    if not names:
        return None
    return "; ".join(names) if len(names) <= _LISTED else f"{names[0]} to {names[-1]}"


def place_evidence(evidence: Evidence, page: Page | None) -> Evidence:
    """Evidence as it leaves docai: with a locator where the page has no boxes that anybody else could see."""
    if page is None or not page.locators or not evidence.boxes:
        return evidence
    return evidence.model_copy(update={"boxes": (), "locator": find_locator(page, evidence.boxes)})


def place_fields(fields: Sequence[FieldValue], pages: Sequence[Page]) -> tuple[FieldValue, ...]:
    """Fields with their evidence, that of alternatives too, as they leave docai."""
    flowing = {page.number: page for page in pages if page.locators}
    if not flowing:
        return tuple(fields)
    return tuple(_place_field(item, flowing) for item in fields)


def _place_field(item: FieldValue, pages: Mapping[int, Page]) -> FieldValue:
    def place(found: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        return tuple(dict.fromkeys(place_evidence(e, pages.get(e.page)) for e in found))

    others = tuple(a.model_copy(update={"evidence": place(a.evidence)}) for a in item.alternatives)
    return item.model_copy(update={"evidence": place(item.evidence), "alternatives": others})
