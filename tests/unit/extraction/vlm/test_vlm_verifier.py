"""What a model's claims are worth, and what of them enters: the shipped verifier on small documents."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vlm_maker import make_page, order_schema

from docai.extraction.merge import merge_claims
from docai.extraction.vlm.labels import LabelFinder
from docai.extraction.vlm.opinion import weigh_claims
from docai.extraction.vlm.signals import Candidate, Signals, list_candidates
from docai.extraction.vlm.verifier import Verifier, shipped_verifier
from docai.grounding.confidence import Calibration
from docai.schema import load_schema
from docai.types import Claim, FieldValue, Page

SCHEMA = order_schema()
FIELDS = {field.path: field for field in SCHEMA.fields}
PAGE = make_page(
    "Order A-17\nOrder date: 2020-05-01\nDelivery date: 2020-06-01\nThe price is paid in advance\n"
    "Subtotal: 12.00\nTotal: 9.00\nIt is not paid before delivery"
)


def claim(
    path: str, value: object, quote: str = "", engine: str = "vlm", score: float | None = None
) -> Claim:
    return Claim(path, quote or str(value), value, 1, engine, score=score)  # type: ignore[arg-type]


def other(path: str, value: object, score: float = 0.9) -> Claim:
    return claim(path, value, engine="extractive", score=score)


def weigh(said: Sequence[Claim], others: Sequence[Claim] = ()) -> list[Claim]:
    return weigh_claims(said, others, SCHEMA, (PAGE,), shipped_verifier())


def find_score(claims: Sequence[Claim], path: str) -> float:
    return next(c.score or 0.0 for c in claims if c.path == path and c.engine == "vlm")


def merge(said: Sequence[Claim], others: Sequence[Claim] = (), page: Page = PAGE) -> dict[str, FieldValue]:
    verifier = shipped_verifier()
    claims = weigh_claims(said, others, SCHEMA, (page,), verifier)
    calibration = verifier.calibration.as_scored()
    fields = merge_claims(claims, (page,), SCHEMA, complete=True, calibration=calibration)
    return {field.path: field for field in fields}


def test_agreement_raises_and_contradiction_lowers_what_a_claim_is_worth() -> None:
    said = [claim("/total", Decimal(9), "Total: 9.00")]
    alone = find_score(weigh(said), "/total")
    agreed = find_score(weigh(said, [other("/total", Decimal(9))]), "/total")
    disputed = weigh(said, [other("/total", Decimal(12))])
    assert find_score(disputed, "/total") < alone < agreed
    assert Decimal(12) in [c.value for c in disputed], "the rival is for the record to show"


def test_a_value_that_is_surely_another_field_s_is_doubted_more() -> None:
    others = [other("/order_date", "2020-05-01"), other("/delivery_date", "2020-06-01")]
    swapped = weigh([claim("/delivery_date", "2020-05-01", "Order date: 2020-05-01")], others)
    own = weigh([claim("/delivery_date", "2020-06-01", "Delivery date: 2020-06-01")], others)
    assert find_score(swapped, "/delivery_date") < 0.5 < find_score(own, "/delivery_date")


def test_a_model_that_is_unsure_itself_is_believed_less() -> None:
    def believe(score: float | None) -> float:
        said = [claim("/total", Decimal(9), "Total: 9.00", score=score)]
        return find_score(weigh(said, [other("/total", Decimal(9))]), "/total")

    assert believe(0.3) < believe(0.8) < believe(0.99) == believe(None)


@pytest.mark.parametrize(
    ("quote", "value"), [("The price is paid in advance", False), ("Subtotal: 12.00", True)]
)
def test_a_flag_that_its_passage_does_not_state_does_not_enter(quote: str, value: bool) -> None:
    said = [claim("/paid", value, quote)]
    yes = other("/paid", not value, 0.8)
    field = merge(said, [yes])["/paid"]
    assert field.status == "unsupported"
    assert (field.value, field.reason) == (value, "doubtful")
    assert field.evidence, "what it stands on stays visible"


def test_a_doubtful_value_stays_visible_and_does_not_enter() -> None:
    said = [claim("/delivery_date", "2020-05-01", "Order date: 2020-05-01")]
    others = [other("/order_date", "2020-05-01", 0.97), other("/delivery_date", "2020-06-01", 0.5)]
    field = merge(said, others)["/delivery_date"]
    values = [field.value, *(a.value for a in field.alternatives)]
    assert set(values) == {"2020-05-01", "2020-06-01"}
    assert field.status == "unsupported" or field.value == "2020-06-01"


def test_the_second_opinion_alone_makes_no_value() -> None:
    others = [other("/number", "A-17"), other("/buyers/0", "Acme")]
    claims = weigh([claim("/total", Decimal(9))], others)
    assert {c.path for c in claims} == {"/total", "/paid"}


def test_a_flag_that_no_page_states_is_claimed_absent() -> None:
    assert [(c.path, c.value, c.quote) for c in weigh([])] == [("/paid", False, "")]
    assert [c.value for c in weigh([claim("/paid", True)])] == [True]


def test_equal_values_are_one_candidate_and_cells_of_rows_stand_alone() -> None:
    said = [
        claim("/total", Decimal(9)),
        claim("/total", Decimal("9.00")),
        claim("/lines/0/count", Decimal(2)),
    ]
    said += [claim("/lines/1/count", Decimal(2)), claim("/buyers/0", "Acme"), claim("/buyers/1", "ACME")]
    found = list_candidates(said, [other("/total", Decimal(9))], FIELDS)
    sizes = [(c.field.path, len(c.said), len(c.others)) for c in found]
    cells = ("/lines/*/count", 1, 0)
    assert sizes == [("/total", 2, 1), cells, cells, ("/buyers/*", 2, 0)]


def test_the_last_label_before_a_value_is_its_label() -> None:
    schema = load_schema("receipt")
    labels = LabelFinder(schema)
    total = next(f for f in schema.fields if f.path == "/total")
    assert labels.find(total, "Subtotal 12.00 Total", "9.00", Decimal(9)) == (True, False)
    assert labels.find(total, "Total 9.00 Subtotal", "12.00", Decimal(12)) == (False, True)
    assert labels.find(total, "Cashier 7", "12.00", Decimal(12)) == (False, False)


@given(
    st.decimals(0, 10_000, places=2),
    st.floats(0, 1),
    st.sampled_from(["Total: 9.00", "12.00", "no such words", ""]),
)
def test_belief_is_a_probability_and_the_same_in_every_run(value: Decimal, score: float, quote: str) -> None:
    said = Claim("/total", quote, value, 1, "vlm", score=score)
    candidate = Candidate(FIELDS["/total"], (said,))
    vector = Signals((PAGE,), [other("/total", Decimal(9))], SCHEMA).measure(candidate)
    belief = shipped_verifier().believe(vector, candidate)
    assert 0 <= belief <= 1
    assert vector == Signals((PAGE,), [other("/total", Decimal(9))], SCHEMA).measure(candidate)


def test_the_threshold_of_a_calibration_decides_what_enters() -> None:
    said = [claim("/total", Decimal(9), "Total: 9.00")]
    for enters, status in ((0.5, "grounded"), (0.9, "unsupported")):
        verifier = Verifier(Calibration(1.0, {}, enters=enters))
        claims = weigh_claims(said, [], SCHEMA, (PAGE,), verifier)
        calibration = verifier.calibration.as_scored()
        fields = merge_claims(claims, (PAGE,), SCHEMA, complete=True, calibration=calibration)
        assert next(f for f in fields if f.path == "/total").status == status
