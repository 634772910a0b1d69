"""Which pages are worth sending: together they hold what the embedded engine promises of each field."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from vlm_maker import make_page

from docai.extraction.vlm.relevance import find_relevant
from docai.schema import Field, Schema, load_schema
from docai.types import Claim, Operand, Scalar

CONTRACT = load_schema("contract")
PAGES = [make_page(f"words of page {n}", n) for n in range(1, 10)]


def say(path: str, page: int, score: float, value: Scalar = "x") -> Claim:
    return Claim(path, "x", value, page, "extractive", score=score)


def test_a_clause_that_stands_on_a_page_that_is_sent_anyway_costs_no_other() -> None:
    law = say("/governing_law", 5, 0.97)
    strong = [say("/clauses/insurance", 7, 0.98, True), say("/clauses/insurance", 5, 0.48, True)]
    weak = [say("/clauses/insurance", 7, 0.98, True), say("/clauses/insurance", 5, 0.25, True)]
    assert find_relevant(PAGES, [law, *strong], CONTRACT) == {1, 5}
    assert find_relevant(PAGES, [law, *weak], CONTRACT) == {1, 5, 7}


def test_several_doubtful_fields_are_worth_a_page_that_one_is_not() -> None:
    doubtful = [say("/effective_date", 6, 0.4), say("/term", 6, 0.4)]
    assert find_relevant(PAGES, doubtful[:1], CONTRACT) == {1}
    assert find_relevant(PAGES, doubtful, CONTRACT) == {1, 6}


def test_every_page_with_rows_is_sent_and_every_party_s() -> None:
    claims = [
        say("/signatures/0/name", 8, 0.2),
        say("/signatures/1/name", 9, 0.2),
        say("/parties/0", 2, 0.9),
        say("/parties/1", 4, 0.9),
    ]
    assert find_relevant(PAGES, claims, CONTRACT) == {1, 2, 4, 8, 9}


def test_all_that_a_value_is_computed_from_is_sent_and_a_no_asks_for_nothing() -> None:
    computed = Claim(
        "/expiration_date",
        "x",
        "2024-01-01",
        3,
        "extractive",
        score=0.9,
        operands=(Operand("two years", 4),),
    )
    absent = say("/clauses/audit_rights", 6, 0.99, False)
    assert find_relevant(PAGES, [computed, absent], CONTRACT) == {1, 3, 4}


def test_where_the_engine_is_silent_a_text_is_sought_by_its_other_names_a_date_by_its_own() -> None:
    note = Field("/remark", "remark", "text", "string", aliases=("special terms",))
    due = Field("/handover_date", "handover_date", "date", "string", aliases=("until",))
    schema = Schema("s", "sha256:0", {}, (note, due))
    pages = [make_page(text, n) for n, text in enumerate(("head", "special terms", "until", "x", "y"), 1)]
    assert find_relevant(pages, [], schema) == {1, 2}
    pages[4] = make_page("the handover date", 5)
    assert find_relevant(pages, [], schema) == {1, 2, 5}


PATHS = [field.path for field in CONTRACT.fields if field.group is None and not field.many]
CLAIMS = st.lists(
    st.builds(say, st.sampled_from(PATHS), st.integers(1, 9), st.floats(0, 1), st.sampled_from(["x", True])),
    max_size=20,
)


@given(CLAIMS)
def test_a_field_with_one_sure_claim_has_its_page_sent(claims: list[Claim]) -> None:
    chosen = find_relevant(PAGES, claims, CONTRACT)
    assert chosen <= set(range(1, 10))
    for claim in claims:
        if (claim.score or 0) >= 0.5 and sum(other.path == claim.path for other in claims) == 1:
            assert claim.page in chosen
