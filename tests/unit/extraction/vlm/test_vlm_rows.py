"""Which pages are asked about missing rows, and what of the answers is new."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vlm_maker import make_document, make_page, order_schema

from docai.extraction.merge import merge_claims
from docai.extraction.vlm.followup import find_follow_ups, name_follow_up, name_purpose
from docai.extraction.vlm.missing import RowsQuestion, drop_known
from docai.extraction.vlm.opinion import collect_claims
from docai.schema import load_schema
from docai.types import Claim, DocumentView, PageAnswer

ORDER = load_schema(
    {
        "title": "Order",
        "type": "object",
        "properties": {
            "net_total": {"type": "number", "x-docai-kind": "money"},
            "lines": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "text": {"type": "string", "x-docai-kind": "text"},
                        "line_total": {"type": "number", "x-docai-kind": "money"},
                    },
                },
            },
        },
    }
)
FIELDS = {field.path: field for field in ORDER.fields}


def claim_row(number: int, page: int, text: str, total: str) -> list[Claim]:
    return [
        Claim(f"/lines/{number}/text", text, text, page, "vlm"),
        Claim(f"/lines/{number}/line_total", total, Decimal(total), page, "vlm"),
    ]


PAGES = [
    make_page("Order\nscrew 2.00\nnut 3.00", 1),
    make_page("bolt 4.00\nhinge 5.00", 2),
    make_page("latch 6.00\nnet total 20.00", 3),
    make_page("Thank you", 4),
]
ROWS = [
    claim_row(0, 1, "screw", "2.00"),
    claim_row(1, 1, "nut", "3.00"),
    claim_row(0, 2, "bolt", "4.00"),
    claim_row(1, 2, "hinge", "5.00"),
    claim_row(0, 3, "latch", "6.00"),
]
TOTAL = Claim("/net_total", "net total 20.00", Decimal("20.00"), 3, "vlm")


def make_view(rows: Sequence[Sequence[Claim]], *more: PageAnswer) -> DocumentView:
    claims = [*(c for row in rows for c in row), TOTAL]
    answers = [PageAnswer(n, tuple(c for c in claims if c.page == n)) for n in range(1, 5)]
    return DocumentView(make_document(4), tuple(PAGES), answers=(*answers, *more))


def ask(view: DocumentView) -> list[RowsQuestion]:
    said = collect_claims(view, ORDER)
    fields = merge_claims(said, PAGES, ORDER, complete=True)
    return [q for q in find_follow_ups(view, ORDER, said, fields) if isinstance(q, RowsQuestion)]


@pytest.mark.parametrize("left_out", range(5))
def test_the_page_that_prints_what_is_missing_is_asked_about(left_out: int) -> None:
    (question,) = ask(make_view(ROWS[:left_out] + ROWS[left_out + 1 :]))
    missed = ROWS[left_out][0]
    assert question.page.number == missed.page
    assert question.page.words == ()
    assert [f.path for f in question.question.schema.fields] == ["/lines/*/text", "/lines/*/line_total"]
    assert missed.quote not in question.question.note
    for row in ROWS:
        known = row[0].page == missed.page and row is not ROWS[left_out]
        assert (row[0].quote in question.question.note) is known
    assert name_purpose(question) == "rows"
    assert name_follow_up(question) == name_follow_up(
        ask(make_view(ROWS[:left_out] + ROWS[left_out + 1 :]))[0]
    )


def test_where_nobody_knows_the_pages_with_unclaimed_amounts_are_asked_about() -> None:
    questions = ask(make_view([ROWS[0], ROWS[4]]))
    assert [q.page.number for q in questions] == [1, 2, 3]
    assert questions[1].question.note.splitlines()[1] == "- none"


def test_nothing_is_asked_where_rows_add_up_or_a_page_has_no_answer() -> None:
    assert ask(make_view(ROWS)) == []
    assert ask(make_view([*ROWS, claim_row(2, 2, "bolt", "4.00")])) == []
    failed = PageAnswer(4, complete=False)
    assert ask(make_view(ROWS[1:], failed)) == []


def test_new_rows_join_the_known_ones_in_their_place() -> None:
    told = PageAnswer(2, tuple(c for row in ROWS[2:4] for c in row), purpose="rows")
    view = make_view([*ROWS[:2], ROWS[3], ROWS[4]], told)
    fields = merge_claims(collect_claims(view, ORDER), PAGES, ORDER, complete=True)
    texts = [f.value for f in fields if f.path.endswith("/text") and f.status == "grounded"]
    assert texts == ["screw", "nut", "bolt", "hinge", "latch"]
    assert ask(view) == []


def test_answers_in_any_order_give_the_same_rows() -> None:
    told = PageAnswer(1, tuple(c for row in ROWS[:2] for c in row), purpose="rows")
    view = make_view(ROWS[1:], told)
    turned = DocumentView(view.document, view.pages, answers=view.answers[::-1])
    assert {(c.page, c.quote) for c in collect_claims(view, ORDER)} == {
        (c.page, c.quote) for c in collect_claims(turned, ORDER)
    }


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=12))
def test_what_is_known_never_comes_twice(told: list[tuple[int, bool]]) -> None:
    """`told`: rows by number, some of them on the next page."""
    known = [c for row in ROWS[:3] for c in row]
    answer = []
    for number, (at, moved) in enumerate(told):
        text, total = (c.quote for c in ROWS[at])
        answer += claim_row(number, ROWS[at][0].page + moved, text, total)
    kept = drop_known(answer, known, FIELDS)
    assert not {(c.page, c.quote) for c in kept} & {(c.page, c.quote) for c in known}
    new = {(ROWS[at][0].page + moved, ROWS[at][0].quote) for at, moved in told} - {
        (c.page, c.quote) for c in known
    }
    assert {(c.page, c.quote) for c in kept if c.path.endswith("/text")} == new


def test_lists_without_amounts_are_never_asked_about() -> None:
    view = DocumentView(make_document(4), tuple(PAGES), answers=())
    assert find_follow_ups(view, order_schema(), [], []) == []
