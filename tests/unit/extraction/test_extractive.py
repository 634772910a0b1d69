"""The embedded engine: both readers behind one protocol, any names, verbatim quotes, the same every time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from prose_maker import SERVICES, make_view

from docai.extraction.extractive import ExtractiveEngine, measure_shape, share_fields, share_probability
from docai.protocols import ExtractionModel
from docai.schema import load_schema
from docai.types import Box, Claim, Document, DocumentView, Page, Word

ENGINE: ExtractionModel = ExtractiveEngine()

RENAMED: dict[str, Any] = {
    "title": "Deal",
    "type": "object",
    "properties": {
        "heading_of_paper": {"type": "string", "x-docai-kind": "title"},
        "counterparties": {
            "type": "array",
            "items": {"type": "string"},
            "x-docai-kind": "party",
            "description": "Everybody bound by it",
        },
        "signed_on": {"type": "string", "format": "date", "description": "When they concluded the deal"},
        "beginning": {"type": "string", "format": "date", "description": "From when it is in force"},
        "last_day": {"type": "string", "format": "date", "description": "When its first period ends"},
        "rollover": {"type": "string", "x-docai-kind": "duration", "description": "How long it is extended"},
        "cancel_before": {
            "type": "string",
            "x-docai-kind": "duration",
            "description": "Notice so that it is not renewed",
        },
        "law_that_applies": {"type": "string", "x-docai-kind": "place"},
        "free_exit": {"type": "boolean", "description": "One side may terminate without cause"},
        "must_insure": {"type": "boolean", "description": "One side must carry insurance"},
    },
}


def _best(claims: list[Claim]) -> dict[str, object]:
    best: dict[str, Claim] = {}
    for claim in claims:
        if claim.path not in best or (claim.score or 0) > (best[claim.path].score or 0):
            best[claim.path] = claim
    return {path: claim.value for path, claim in best.items()}


def test_the_shipped_schema() -> None:
    got = _best(list(ENGINE.extract(make_view(SERVICES), load_schema("contract"))))
    assert got["/document_title"] == "MASTER SERVICES AGREEMENT"
    assert got["/parties/0"] == "Quartz Analytics, Inc."
    assert got["/parties/1"] == "Belmont Foods LLC"
    assert got["/agreement_date"] == "2015-03-03"
    assert got["/effective_date"] == "2015-04-01"
    assert got["/expiration_date"] == "2018-04-01"
    assert got["/governing_law"] == "Ohio"
    assert got["/clauses/anti_assignment"] is True
    assert got["/clauses/insurance"] is False


def test_other_names_for_the_same_things() -> None:
    got = _best(list(ENGINE.extract(make_view(SERVICES), load_schema(RENAMED))))
    assert got == {
        "/heading_of_paper": "MASTER SERVICES AGREEMENT",
        "/counterparties/0": "Quartz Analytics, Inc.",
        "/counterparties/1": "Belmont Foods LLC",
        "/signed_on": "2015-03-03",
        "/beginning": "2015-04-01",
        "/last_day": "2018-04-01",
        "/rollover": "successive 1 year",
        "/cancel_before": "60 days",
        "/law_that_applies": "Ohio",
        "/free_exit": True,
        "/must_insure": False,
    }


def test_quotes_are_verbatim_and_scores_are_probabilities() -> None:
    view = make_view(SERVICES)
    claims = list(ENGINE.extract(view, load_schema("contract")))
    assert claims
    for claim in claims:
        assert claim.engine == "extractive"
        assert claim.score is not None
        assert 0 <= claim.score <= 1
        page = view.pages[claim.page - 1]
        if claim.words and not claim.path.startswith("/signatures"):
            assert claim.quote == " ".join(page.words[i].text for i in claim.words)
        for operand in claim.operands:
            words = view.pages[operand.page - 1].words
            assert operand.quote == " ".join(words[i].text for i in operand.words)


def test_the_same_every_time() -> None:
    view, schema = make_view(SERVICES), load_schema("contract")
    assert list(ENGINE.extract(view, schema)) == list(ExtractiveEngine().extract(view, schema))


def test_one_answer_for_each_flag() -> None:
    claims = ENGINE.extract(make_view(SERVICES), load_schema("contract"))
    flags = [c for c in claims if c.path.startswith("/clauses/")]
    for path in {c.path for c in flags}:
        assert len({c.value for c in flags if c.path == path}) == 1


@pytest.mark.parametrize("text", ["", "Invoice"])
def test_hardly_any_words(text: str) -> None:
    for name in ("contract", "invoice"):
        claims = ENGINE.extract(make_view(text), load_schema(name))
        assert all(c.value in (False, "Invoice") or c.value is None for c in claims)


def test_pages_without_words() -> None:
    page = Page("d", 1, 612, 792, 200, 200, "native")
    view = DocumentView(Document("d", "d.pdf", "application/pdf", 1), (page,))
    assert list(ENGINE.extract(view, load_schema("contract"))) == []


def test_running_text_and_forms_are_told_apart() -> None:
    assert measure_shape(make_view(SERVICES)).prose > 0.6
    rows = [("Invoice No.", "4711"), ("Date", "01.02.2024"), ("Total", "119.00"), ("VAT", "19.00")]
    words = [
        Word(text, Box(60 + 200 * column, 60 + 20 * row, 120 + 200 * column, 70 + 20 * row), None, "ocr", row)
        for row, cells in enumerate(rows)
        for column, text in enumerate(cells)
    ]
    page = Page("d", 1, 612, 792, 200, 200, "native", words=tuple(words))
    form = DocumentView(Document("d", "d.pdf", "application/pdf", 1), (page,))
    shape = measure_shape(form)
    assert shape.prose == 0
    fields = load_schema("invoice").fields
    to_prose, to_forms = share_fields(shape, fields)
    assert set(to_forms) == set(fields)
    assert all(f.kind == "boolean" for f in to_prose)


def _form_page(number: int) -> Page:
    rows = [
        ("Contract No.", "4711"),
        ("Advertiser", "Finch for Mayor"),
        ("Gross Amount", "$119.00"),
        ("Agency", "Owl Media"),
    ]
    words = [
        Word(text, Box(60 + 90 * k, 60 + 20 * row, 140 + 90 * k, 70 + 20 * row), None, "ocr", row)
        for row, cells in enumerate(rows)
        for k, text in enumerate(" ".join(cells).split())
    ]
    return Page("d", number, 612, 792, 200, 200, "native", words=tuple(words))


def test_terms_behind_an_order_form_do_not_make_it_a_letter() -> None:
    terms = make_view(SERVICES).pages[0]
    view = DocumentView(
        Document("d", "d.pdf", "application/pdf", 2), (_form_page(1), replace(terms, number=2))
    )
    shape = measure_shape(view)
    assert shape.prose > 0.6
    assert shape.has_form
    assert not shape.is_letter
    to_prose, to_forms = share_fields(shape, load_schema("ad_buy").fields)
    assert to_prose == []
    assert set(to_forms) == set(load_schema("ad_buy").fields)
    to_prose, _ = share_fields(shape, load_schema("contract").fields)
    assert {f.name for f in to_prose} >= {"parties", "expiration_date", "insurance"}


def test_rivals_share_what_the_best_leaves() -> None:
    claims = [Claim("/a", "x", v, 1, "extractive", score=s) for v, s in (("x", 0.8), ("y", 0.7), ("x", 0.5))]
    assert [c.score for c in share_probability(claims)] == [0.8, 0.14, 0.5]


EMPLOYMENT = """\
EMPLOYMENT AGREEMENT

This Employment Agreement is entered into as of February 1, 2012 between Falcon Retail Group, Inc. \
(the "Employer") and Maria Gomez (the "Employee").

1. Position. The Employee shall serve as Vice President of Marketing and shall report to the Chief \
Executive Officer.

2. Commencement. The employment shall commence on March 1, 2012 and shall continue until terminated.

3. Compensation. The Employer shall pay the Employee an annual base salary of $185,000, payable in \
monthly instalments. The Employee is eligible for a target bonus of 30% of base salary.

4. Vacation. The Employee is entitled to 25 days of paid vacation in each calendar year.

5. Probation. The first six (6) months of employment are a probationary period.

6. Termination. Either party may terminate this Agreement upon three (3) months written notice.

7. Contact. Questions go to hr@falcon.example or +1 212 555 0100.

8. Governing Law. This Agreement is governed by the laws of the State of New York. Any dispute shall \
be brought before the courts of Illinois.
"""
JOB: dict[str, Any] = {
    "title": "Job",
    "type": "object",
    "properties": {
        "employer": {"type": "string"},
        "employee": {"type": "string"},
        "start_date": {"type": "string", "format": "date", "description": "First day of employment"},
        "annual_salary": {"type": "number", "x-docai-kind": "money", "description": "Base salary per year"},
        "bonus_percent": {"type": "number", "x-docai-kind": "percent", "description": "Target bonus"},
        "vacation_days": {"type": "integer", "description": "Days of paid vacation"},
        "probation_period": {"type": "string", "x-docai-kind": "duration"},
        "notice_period": {"type": "string", "x-docai-kind": "duration", "description": "Notice to terminate"},
        "state_law": {"type": "string", "description": "Law of which state"},
        "court_place": {"type": "string", "x-docai-kind": "place", "description": "Where the courts are"},
        "has_bonus": {
            "type": "boolean",
            "description": "Whether a bonus is promised",
            "x-docai-aliases": ["target bonus"],
        },
        "pay_frequency": {
            "type": "string",
            "enum": ["weekly", "monthly", "annual"],
            "description": "How often it is payable",
            "x-docai-aliases": ["payable in instalments"],
        },
        "commission": {"type": "number", "x-docai-kind": "money", "description": "Sales commission"},
    },
}


def test_a_schema_of_another_kind_of_contract() -> None:
    got = _best(list(ENGINE.extract(make_view(EMPLOYMENT), load_schema(JOB))))
    assert {path: str(value) for path, value in got.items()} == {
        "/employer": "Falcon Retail Group, Inc.",
        "/employee": "Maria Gomez",
        "/start_date": "2012-03-01",
        "/annual_salary": "185000",
        "/bonus_percent": "30",
        "/vacation_days": "25",
        "/probation_period": "6 months",
        "/notice_period": "3 months",
        "/state_law": "New York",
        "/court_place": "Illinois",
        "/has_bonus": "True",
        "/pay_frequency": "monthly",
    }
