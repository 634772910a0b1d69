"""Evidence in files without pages: a paragraph or a cell, never a box."""

from __future__ import annotations

from docai.grounding.locators import find_locator, join_locators, place_evidence, place_fields
from docai.types import Alternative, Box, Evidence, FieldValue, Page, Word

LOCATORS = ("paragraph 1", "paragraph 1", "paragraph 2", "paragraph 3", "paragraph 4")


def make_page(number: int = 1, locators: tuple[str, ...] = LOCATORS) -> Page:
    words = tuple(
        Word(f"w{line}", Box(10, 20.0 * line, 40, 20.0 * line + 10), None, "text-layer", line)
        for line in range(5)
    )
    return Page("sha256:0", number, 100, 100, 150, 150, "rendered", words=words, locators=locators)


def evidence(*lines: int, page: int = 1) -> Evidence:
    boxes = tuple(Box(10, 20.0 * line, 40, 20.0 * line + 10) for line in lines)
    return Evidence(page=page, quote="w", match="exact", score=1.0, boxes=boxes)


def test_lines_to_locators() -> None:
    page = make_page()
    assert join_locators(page, [0, 1]) == "paragraph 1"
    assert join_locators(page, [1, 2, 2]) == "paragraph 1; paragraph 2"
    assert join_locators(page, range(5)) == "paragraph 1 to paragraph 4"
    assert join_locators(page, []) is None
    assert find_locator(page, evidence(2, 3).boxes) == "paragraph 2; paragraph 3"
    assert find_locator(make_page(locators=()), evidence(2).boxes) is None


def test_boxes_leave_only_pages_that_have_them() -> None:
    scanned = make_page(locators=())
    assert place_evidence(evidence(1), scanned) == evidence(1)
    assert place_evidence(evidence(1), None) == evidence(1)
    placed = place_evidence(evidence(3), make_page())
    assert (placed.boxes, placed.locator, placed.quote) == ((), "paragraph 3", "w")


def test_fields_with_alternatives() -> None:
    field = FieldValue(
        path="/x",
        value="w",
        status="grounded",
        evidence=(evidence(0), evidence(1), evidence(2, page=2)),
        alternatives=(Alternative(value="v", confidence=0.1, evidence=(evidence(4),)),),
    )
    (placed,) = place_fields([field], [make_page(), make_page(2, ())])
    # Two lines of one paragraph are one place.
    assert [(e.page, e.locator, len(e.boxes)) for e in placed.evidence] == [
        (1, "paragraph 1", 0),
        (2, None, 1),
    ]
    assert placed.alternatives[0].evidence[0].locator == "paragraph 4"
    assert place_fields([field], [make_page(1, ())]) == (field,)
