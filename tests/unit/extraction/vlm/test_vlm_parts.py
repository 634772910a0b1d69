"""Groups of fields, context of other pages, prompts, computed terms, relevance, second opinion, inquiry."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vlm_maker import make_document, make_page, order_schema

from docai.errors import DocumentError
from docai.extraction.vlm.context import digest_page, write_context
from docai.extraction.vlm.groups import halve_fields, split_fields
from docai.extraction.vlm.inquiry import AskingPolicy, DocumentInquiry
from docai.extraction.vlm.opinion import AnswerEngine
from docai.extraction.vlm.prompt import hash_prompt, write_system
from docai.extraction.vlm.relevance import find_relevant, needs_asking
from docai.extraction.vlm.terms import compute_terms
from docai.schema import Field, Schema, list_shipped, load_schema
from docai.types import Box, Claim, DocumentView, Operand, Page, PageAnswer, Region

SCHEMAS = [load_schema(name) for name in list_shipped()]


def make_fields(shape: list[tuple[str, int]]) -> list[Field]:
    """Runs of fields: of an object (`o`), of a list's rows (`r`), or single ones (`s`)."""
    fields = []
    for number, (kind, count) in enumerate(shape):
        for i in range(count):
            path = {"o": f"/o{number}/{i}", "r": f"/r{number}/*/{i}", "s": f"/s{number}_{i}"}[kind]
            group = f"/r{number}" if kind == "r" else None
            fields.append(Field(path, str(i), "text", "string", group=group))
    return fields


@given(
    st.lists(st.tuples(st.sampled_from("ors"), st.integers(1, 30)), min_size=1, max_size=8),
    st.integers(4, 60),
)
def test_groups_hold_every_field_once_in_order_and_never_part_a_row(
    shape: list[tuple[str, int]], most: int
) -> None:
    fields = make_fields(shape)
    for groups in (split_fields(fields, most), halve_fields(fields)):
        assert [f for group in groups for f in group] == fields
        for name in {f.group for f in fields if f.group}:
            assert sum(any(f.group == name for f in group) for group in groups) == 1
    rows = max((n for kind, n in shape if kind == "r"), default=0)
    assert max(len(group) for group in split_fields(fields, most)) <= max(most, rows)


def test_halves_are_smaller_until_nothing_can_be_parted() -> None:
    fields = SCHEMAS[0].fields
    first, second = halve_fields(fields)
    assert 0 < len(first) < len(fields)
    assert 0 < len(second) < len(fields)
    assert halve_fields(fields[:1]) == [fields[:1]]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: s.id)
def test_the_system_turn_names_every_field_and_gives_no_json(schema: Schema) -> None:
    text = write_system(schema, schema.fields)
    for field in schema.fields:
        assert (field.group or field.path) + ":" in text
    assert "{" not in text
    assert hash_prompt(schema) == hash_prompt(schema)


def test_prompts_of_other_schemas_have_other_hashes() -> None:
    assert len({hash_prompt(schema) for schema in SCHEMAS}) == len(SCHEMAS)


PAGES = [
    make_page(
        'This Agreement of May 1 binds Acme Inc. ("Supplier") and Bolt Ltd.\n1. Terms of Payment\nfirst end',
        1,
    ),
    make_page("The Supplier delivers\nsecond unique words\nsecond end", 2),
    make_page("third begins here\nand goes\non and\non until\n2. Liability of Parties", 3),
]


def test_context_tells_of_other_pages_and_never_of_the_page_itself() -> None:
    digests = {page.number: digest_page(page) for page in PAGES}
    text = write_context(PAGES[1], digests)
    assert "binds Acme Inc." in text
    assert "1. Terms of Payment" in text
    assert "first end" in text
    assert "third begins here" in text
    assert "unique" not in text
    assert "2. Liability" not in text


@given(st.lists(st.sampled_from(["alpha", "beta", "gamma", '"Term"', "1.", "end."]), max_size=40))
def test_no_word_of_a_page_gets_into_its_own_context(words: list[str]) -> None:
    own = make_page("xyzzy " + " ".join(words), 2)
    pages = [make_page(" ".join(words), 1), own, make_page("later", 3)]
    digests = {page.number: digest_page(page) for page in pages}
    assert "xyzzy" not in write_context(own, digests)
    assert write_context(own, {**digests, 2: digest_page(make_page("other", 2))}) == write_context(
        own, digests
    )


def test_definitions_of_terms_that_the_page_uses_are_told() -> None:
    long = "word " * 200
    first = make_page(f'{long}. The "Effective Date" is May 1, 2020. {long}', 1)
    second = make_page("begins on the Effective Date", 2)
    digests = {1: digest_page(first), 2: digest_page(second)}
    assert 'The "Effective Date" is May 1, 2020.' in write_context(second, digests)
    assert "May 1" not in write_context(make_page("nothing of the kind", 2), digests)


def term_claim(start: str) -> Claim:
    operands = (Operand("two (2) years", 2, "two (2) years"), Operand(start, 2, role="definition"))
    return Claim("/delivery_date", "two (2) years", None, 2, "vlm", rule="start+term", operands=operands)


def date_claim(value: str, quote: str) -> Claim:
    return Claim("/order_date", quote, value, 1, "vlm")


def test_code_computes_the_date_from_the_start_that_the_model_names() -> None:
    claims = [date_claim("2020-05-01", 'May 1, 2020 (the "Order Date")'), term_claim("the Order Date")]
    computed = compute_terms(claims, order_schema())[1]
    assert computed.value == "2022-05-01"
    assert [o.quote for o in computed.operands] == ["two (2) years", 'May 1, 2020 (the "Order Date")']
    assert computed.operands[1].value == "2020-05-01"


def test_a_start_that_prints_its_own_date_needs_no_other_claim() -> None:
    (computed,) = compute_terms([term_claim("from March 3, 2021")], order_schema())
    assert computed.value == "2023-03-03"


def test_without_a_start_nothing_is_computed() -> None:
    assert compute_terms([term_claim("the Launch")], order_schema()) == []
    dates = [date_claim("2020-05-01", "May 1, 2020"), date_claim("2021-05-01", "May 1, 2021")]
    assert compute_terms([*dates, term_claim("the Launch")], order_schema()) == dates


def test_blank_and_failed_pages_are_not_sent() -> None:
    assert needs_asking(make_page("words"))
    assert not needs_asking(make_page(""))
    assert needs_asking(replace(make_page(""), regions=(Region(Box(1, 1, 9, 9), "ink"),)))
    assert not needs_asking(replace(make_page("words"), reader=""))


def test_relevant_pages_are_those_of_claims_and_of_the_field_s_own_phrases() -> None:
    pages = [
        make_page(text, n)
        for n, text in enumerate(("head", "nothing", "Total 9.00", "Order date: soon", "x"), 1)
    ]
    claims = [Claim("/total", "Total 9.00", Decimal(9), 3, "extractive", score=0.9)]
    assert find_relevant(pages, claims, order_schema()) == {1, 3, 4}
    assert find_relevant(pages[:2], [], order_schema()) == {1, 2}


class Second:
    """An embedded engine that says what it is told to."""

    name = "extractive"

    def __init__(self, *claims: Claim) -> None:
        self.claims = claims

    def extract(self, view: DocumentView, schema: Schema) -> tuple[Claim, ...]:
        return self.claims


def claim(path: str, value: object, engine: str = "vlm", score: float | None = None) -> Claim:
    return Claim(path, str(value), value, 1, engine, score=score)  # type: ignore[arg-type]


def test_claims_of_other_segments_and_unknown_fields_are_left_out() -> None:
    answers = (
        PageAnswer(1, (claim("/number", "A-17"), claim("/colour", "red"))),
        PageAnswer(9, (claim("/number", "B"),)),
    )
    view = DocumentView(make_document(1), (make_page("A-17"),), answers=answers)
    claims = AnswerEngine(Second()).extract(view, order_schema())
    assert [(c.path, c.value) for c in claims] == [("/number", "A-17"), ("/paid", False)]


def choose(pages: object) -> tuple[Schema, bool]:
    return order_schema(), True


def ask_numbers(policy: AskingPolicy, order: list[int], pages: list[Page]) -> list[list[int]]:
    inquiry = DocumentInquiry(make_document(len(pages)), policy, lambda: pages)
    by_number = {page.number: page for page in pages}
    return [[k.question.number for k in inquiry.add(by_number[n])] for n in order]


def test_a_page_is_asked_about_as_soon_as_the_next_one_was_read() -> None:
    policy = AskingPolicy(order_schema(), choose)
    assert ask_numbers(policy, [1, 2, 3], PAGES) == [[], [1], [2, 3]]
    assert ask_numbers(policy, [3, 2, 1], PAGES) == [[], [], [1, 2, 3]]
    assert ask_numbers(replace(policy, context=False), [1, 2, 3], PAGES) == [[1], [2], [3]]


def test_questions_do_not_depend_on_the_order_of_reading() -> None:
    policy = AskingPolicy(order_schema(), choose)

    def questions(order: list[int]) -> dict[int, tuple[str, str]]:
        inquiry = DocumentInquiry(make_document(3), policy, lambda: PAGES)
        found = [k for n in order for k in inquiry.add(PAGES[n - 1])]
        return {k.question.number: (k.key, k.question.context) for k in found}

    assert questions([1, 2, 3]) == questions([3, 1, 2]) == questions([2, 3, 1])


def test_without_a_schema_or_with_a_split_all_pages_are_awaited() -> None:
    assert ask_numbers(AskingPolicy(None, choose), [1, 2, 3], PAGES) == [[], [], [1, 2, 3]]
    split = AskingPolicy(order_schema(), choose, split=lambda pages: [(1, 2), (3, 3)])
    assert ask_numbers(split, [1, 2, 3], PAGES) == [[], [], [1, 2, 1]]


def test_a_segment_that_no_schema_fits_asks_nothing() -> None:
    def refuse(pages: object) -> tuple[Schema, bool]:
        raise DocumentError("no-schema", "none fits")

    assert ask_numbers(AskingPolicy(None, refuse), [1, 2, 3], PAGES) == [[], [], []]


def test_only_relevant_pages_are_asked_about_where_that_is_wanted() -> None:
    second = Second(claim("/total", Decimal(9), "extractive", 0.9))
    policy = AskingPolicy(order_schema(), choose, second=second)
    assert ask_numbers(policy, [1, 2, 3], PAGES) == [[], [], [1]]


def test_another_schema_model_or_context_is_another_question() -> None:
    policy = AskingPolicy(order_schema(), choose, basis=("m",))
    keys = {
        policy.key(order_schema(), 1, 3),
        policy.key(SCHEMAS[0], 1, 3),
        replace(policy, basis=("n",)).key(order_schema(), 1, 3),
        replace(policy, context=False).key(order_schema(), 1, 3),
    }
    assert len(keys) == 4


def test_each_page_s_list_items_are_items_of_their_own() -> None:
    answers = tuple(
        PageAnswer(
            n, (replace(claim("/lines/0/text", text), page=n), replace(claim("/buyers/0", text), page=n))
        )
        for n, text in ((1, "Bolt"), (2, "Nut"))
    )
    view = DocumentView(make_document(2), (make_page("Bolt", 1), make_page("Nut", 2)), answers=answers)
    paths = [c.path for c in AnswerEngine(Second()).extract(view, order_schema()) if c.path != "/paid"]
    assert paths == ["/lines/0/text", "/buyers/0", "/lines/1/text", "/buyers/1"]
