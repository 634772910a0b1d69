"""The grammar of a reply, and replies as claims."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from vlm_maker import make_page, order_schema, write_reply

from docai.extraction.vlm.claims import join_claims, read_claims
from docai.extraction.vlm.opinion import weigh_claims
from docai.extraction.vlm.replies import make_reply_schema
from docai.extraction.vlm.verifier import shipped_verifier
from docai.llm.chat import Reply, TokenLogprob, Usage
from docai.schema import list_shipped, load_schema
from docai.types import Claim

NUMBER = {"field": "/number", "quote": "Order No. A-17", "value": "A-17"}
ROW = {
    "field": "/lines",
    "quote": "2 Blue bolts 4.50 9.00",
    "row": {"text": "Blue bolts", "count": 2, "price": 4.5},
}


def read(claims: list[dict[str, Any]], **reply: Any) -> tuple[Claim, ...]:
    return read_claims(make_reply(write_reply(claims), **reply), order_schema().fields, 3).claims


def make_reply(text: str, **given: Any) -> Reply:
    return Reply(text, Usage(10, 10), **given)


@pytest.mark.parametrize("name", list_shipped())
def test_every_shipped_schema_gives_a_small_flat_grammar(name: str) -> None:
    grammar = make_reply_schema(load_schema(name).fields)
    jsonschema.Draft202012Validator.check_schema(grammar)
    text = json.dumps(grammar)
    assert "Length" not in text
    assert "pattern" not in text
    jsonschema.validate({"claims": []}, grammar)


def test_the_quote_comes_before_the_value_it_proves() -> None:
    for variant in make_reply_schema(order_schema().fields)["properties"]["claims"]["items"]["anyOf"]:
        keys = list(variant["properties"])
        assert keys[:2] == ["field", "quote"]
        assert len(keys) > 2


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (NUMBER, True),
        (ROW, True),
        ({"field": "/total", "quote": "Total 9.00", "value": 9.0}, True),
        ({"field": "/total", "quote": "Total 9.00", "value": "9.00"}, False),
        ({"field": "/paid", "quote": "PAID", "value": True}, True),
        ({"field": "/paid", "quote": "PAID", "value": None}, False),
        ({"field": "/kind", "quote": "Purchase order", "value": "purchase"}, True),
        ({"field": "/kind", "quote": "Purchase order", "value": "rental"}, False),
        ({"field": "/order_date", "quote": "Date: ____", "value": None}, True),
        ({"field": "/order_date", "quote": "in 30 days", "term": "30 days", "start": "the order date"}, True),
        ({"field": "/total", "quote": "in 30 days", "term": "30 days", "start": "the order date"}, False),
        ({"field": "/colour", "quote": "blue", "value": "blue"}, False),
        ({"field": "/number", "value": "A-17"}, False),
        ({**ROW, "row": {"text": "Blue bolts"}}, False),
    ],
)
def test_the_grammar_lets_through_what_may_be_claimed(claim: dict[str, Any], holds: bool) -> None:
    validator = jsonschema.Draft202012Validator(make_reply_schema(order_schema().fields))
    assert validator.is_valid({"claims": [claim]}) is holds


def test_values_come_typed_with_their_quote_and_page() -> None:
    number, total, date, paid = read(
        [
            NUMBER,
            {"field": "/total", "quote": "Total EUR 1,234.10", "value": 1234.10},
            {"field": "/order_date", "quote": "5 January 2024", "value": "5 January 2024"},
            {"field": "/paid", "quote": "PAID", "value": True},
        ]
    )
    assert (number.path, number.quote, number.value, number.page) == (
        "/number",
        "Order No. A-17",
        "A-17",
        3,
    )
    assert total.value == Decimal("1234.1")
    assert date.value == "2024-01-05"
    assert paid.value is True


def test_list_values_and_rows_are_numbered_in_the_reply_s_order() -> None:
    claims = read(
        [
            {"field": "/buyers/*", "quote": "Acme Inc.", "value": "Acme Inc."},
            ROW,
            {"field": "/buyers/*", "quote": "Bolt Ltd", "value": "Bolt Ltd"},
            {**ROW, "quote": "1 Nut 0.10", "row": {"text": "Nut", "count": 1, "price": None}},
        ]
    )
    assert [c.path for c in claims] == [
        "/buyers/0",
        "/lines/0/text",
        "/lines/0/count",
        "/lines/0/price",
        "/buyers/1",
        "/lines/1/text",
        "/lines/1/count",
    ]


def test_a_cell_is_quoted_by_its_own_part_of_the_row() -> None:
    quotes = {c.path.rsplit("/", 1)[1]: c.quote for c in read([ROW])}
    assert quotes == {"text": "Blue bolts", "count": "2", "price": "4.50"}


def test_two_columns_that_read_like_one_number_are_two_cells() -> None:
    row = {"text": "Window, 90 cm", "count": 6, "price": 745.5}
    claims = read([{"field": "/lines", "quote": "Window, 90 cm 6 745.50 4,473.00", "row": row}])
    assert [(c.quote, c.value) for c in claims] == [
        ("Window, 90 cm", "Window, 90 cm"),
        ("6", Decimal(6)),
        ("745.50", Decimal("745.5")),
    ]


def test_an_open_place_is_a_claim_of_absence() -> None:
    (claim,) = read([{"field": "/order_date", "quote": "Date: ____", "value": None}])
    assert (claim.value, claim.absent) == (None, "blank")


def test_a_period_from_a_start_stays_open_for_code_to_compute() -> None:
    (claim,) = read(
        [{"field": "/delivery_date", "quote": "within 30 days", "term": "30 days", "start": "the order date"}]
    )
    assert (claim.value, claim.rule) == (None, "start+term")
    assert [o.quote for o in claim.operands] == ["within 30 days", "the order date"]


@pytest.mark.parametrize(
    "claim",
    [
        {"field": "/colour", "quote": "blue", "value": "blue"},
        {"field": "/total", "quote": "Total", "value": True},
        {"field": "/kind", "quote": "rental", "value": "rental"},
        {"field": "/number", "quote": "", "value": "A-17"},
        {"field": "/paid", "quote": "", "value": True},
        {"field": "/number", "value": "A-17"},
        {"quote": "A-17", "value": "A-17"},
        {"field": ["/number"], "quote": "A-17", "value": "A-17"},
        {"field": "/delivery_date", "quote": "soon", "term": "soon", "start": "now"},
    ],
)
def test_what_says_nothing_usable_is_no_claim(claim: dict[str, Any]) -> None:
    reply = make_reply(write_reply([claim]))
    claimed = read_claims(reply, order_schema().fields, 1)
    assert claimed.claims == ()
    assert claimed.verdict == "complete"
    assert not claimed.usable


def test_an_empty_list_is_a_usable_reply() -> None:
    assert read_claims(make_reply('{"claims": []}'), order_schema().fields, 1).usable


def test_complete_claims_of_a_broken_reply_are_kept() -> None:
    text = write_reply([NUMBER, NUMBER])
    claimed = read_claims(
        make_reply(text[: len(text) - 30], finish_reason="length"), order_schema().fields, 1
    )
    assert [c.value for c in claimed.claims] == ["A-17"]
    assert not claimed.usable


def test_only_tokens_that_the_grammar_left_free_tell_how_sure_the_model_was() -> None:
    text = write_reply([NUMBER])
    at = text.rindex("A-17")
    pieces = [text[:at], "A-", "17", text[at + 4 :]]
    tokens = tuple(
        TokenLogprob(p.encode(), lp) for p, lp in zip(pieces, (-3.0, -0.2, -0.1, 0.0), strict=True)
    )
    (claim,) = read([NUMBER], logprobs=tokens)
    assert claim.logprob == pytest.approx(-3.3)  # a token over the value's border counts in full

    pieces = [text[: at - 1], '"', "A-", "17", text[at + 4 :]]
    values = (-3.0, 0.0, -0.2, -0.1, 0.0)
    tokens = tuple(TokenLogprob(p.encode(), lp) for p, lp in zip(pieces, values, strict=True))
    (claim,) = read([NUMBER], logprobs=tokens)
    assert claim.logprob == pytest.approx(-0.3)
    assert claim.score == pytest.approx(0.7408)


def test_without_logprobs_nothing_is_said_about_certainty() -> None:
    (claim,) = read([NUMBER])
    assert claim.logprob is None
    assert claim.score is None


def test_list_items_of_two_replies_about_a_page_are_numbered_on() -> None:
    first = read([{"field": "/buyers/*", "quote": "Acme", "value": "Acme"}, ROW, NUMBER])
    second = read([{"field": "/buyers/*", "quote": "Bolt", "value": "Bolt"}, ROW, NUMBER])
    assert [c.path for c in join_claims(first, second)[len(first) :]] == [
        "/buyers/1",
        "/lines/1/text",
        "/lines/1/count",
        "/lines/1/price",
        "/number",
    ]
    assert join_claims([], first) == list(first)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("2024-04-03", "2024-04-03"),
        ("3 April 2024", "2024-04-03"),
        ("03/04/2024", "03/04/2024"),
        ("April __, 2024", "April __, 2024"),
    ],
)
def test_a_date_that_can_be_read_in_two_ways_stays_as_it_is_written(said: str, value: str) -> None:
    (claim,) = read([{"field": "/order_date", "quote": said, "value": said}])
    assert claim.value == value


def believe(pieces: list[tuple[str, float]] | None) -> float:
    """What comes of one claim whose reply came in such tokens (None: without log probabilities)."""
    page = make_page("Order No. A-17 of 3 May 2024", 1)
    tokens = tuple(TokenLogprob(p.encode(), lp) for p, lp in pieces) if pieces is not None else None
    text = write_reply([NUMBER])
    assert pieces is None or "".join(p for p, _ in pieces) == text
    claims = read_claims(make_reply(text, logprobs=tokens), order_schema().fields, 1).claims
    (claim,) = weigh_claims(claims, [], order_schema(), [page], shipped_verifier())[:1]
    assert claim.path == "/number"
    assert claim.score is not None
    return claim.score


def test_tokens_that_a_grammar_forces_never_lift_belief_nor_hide_doubt() -> None:
    text = write_reply([NUMBER])
    at = text.rindex('"A-17"')
    head, tail = [(c, 0.0) for c in text[:at]], text[at + 6 :]
    plain = believe(None)
    forced = [*head, *((c, -1e-6) for c in '"A-17"'), (tail, 0.0)]
    assert believe(forced) == plain, "no token was free: as if nothing were known"
    sure = [*head, ('"', 0.0), ("A-17", -0.01), ('"', 0.0), (tail, 0.0)]
    assert believe(sure) == plain, "certainty is no proof"
    unsure = [*head, ('"', 0.0), ("A-", 0.0), ("17", -1.6), ('"', 0.0), (tail, 0.0)]
    assert believe(unsure) < plain
    diluted = [*head, ('"', 0.0), ("A", 0.0), ("-", -1e-7), ("17", -1.6), ('"', -1e-6), (tail, 0.0)]
    assert believe(diluted) == believe(unsure), "forced tokens around it change nothing"
    followed = [*head, ('"', 0.0), ("A-17", -0.01), ('"' + tail, -1.6)]
    assert believe(followed) == plain, "whether another claim follows says nothing of this one"
