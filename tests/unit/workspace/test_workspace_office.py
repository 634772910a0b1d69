"""Pages and records of files without pages keep their locators."""

from __future__ import annotations

import dataclasses
import json

from workspace_samples import make_page, make_record

from docai.types import Evidence, FieldValue, Record
from docai.workspace.codec import decode_outcome, decode_page, encode_outcome, encode_page
from docai.workspace.export.lines import outcome_line, parse_line

PLACED = Evidence(page=1, quote="Oregon", match="exact", score=1.0, locator="paragraph 12")


def make_office_record() -> Record:
    field = FieldValue(path="/governing_law", value="Oregon", status="grounded", evidence=(PLACED,))
    return make_record().model_copy(update={"fields": (field,)})


def test_pages() -> None:
    page = dataclasses.replace(make_page(words=2), locators=("paragraph 1", "Sheet1!B7"))
    back = decode_page(encode_page(page))
    assert back.locators == page.locators
    assert decode_page(encode_page(make_page(words=2))).locators == ()


def test_records() -> None:
    record = make_office_record()
    assert decode_outcome(encode_outcome(record)) == record
    line = outcome_line(record)
    assert json.loads(line)["fields"][0]["evidence"][0]["locator"] == "paragraph 12"
    assert parse_line(line) == record


def test_a_page_with_boxes_says_nothing_of_locators() -> None:
    boxed = PLACED.model_copy(update={"locator": None})
    field = FieldValue(path="/governing_law", value="Oregon", status="grounded", evidence=(boxed,))
    assert "locator" not in outcome_line(make_record().model_copy(update={"fields": (field,)}))
