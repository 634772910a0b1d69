"""One call after the pages: what it is asked, and how little an answer can do, right or wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vlm_maker import make_document, make_page

from docai.errors import ServiceError
from docai.extraction.extractive import ExtractiveEngine
from docai.extraction.merge import merge_claims
from docai.extraction.vlm.choices import ChoiceQuestion, choose, find_choices, weigh_choices
from docai.extraction.vlm.followup import find_follow_ups, name_follow_up
from docai.extraction.vlm.opinion import AnswerEngine
from docai.extraction.vlm.prompt import Choice, Option
from docai.extraction.vlm.signals import Candidate
from docai.extraction.vlm.verifier import shipped_verifier
from docai.llm.scripted import ScriptedModel
from docai.schema import load_schema
from docai.types import Claim, DocumentView, FieldValue, Operand, Page, PageAnswer

LEASE = load_schema(
    {
        "title": "Lease",
        "type": "object",
        "properties": {
            "start_date": {"type": "string", "format": "date"},
            "signing_date": {"type": "string", "format": "date"},
            "expiration_date": {"type": "string", "format": "date", "description": "When it ends."},
            "term": {"type": "string", "x-docai-kind": "duration"},
            "notice_period": {"type": "string", "x-docai-kind": "duration"},
            "rent": {"type": "number", "x-docai-kind": "money"},
            "pets": {"type": "boolean"},
        },
    }
)
PAGES = [
    make_page("Lease\nmonthly rent $900.00\nstart date 1 May 2020", 1),
    make_page(
        "the monthly rent is $950.00\nsigning date 3 March 2020\nexpiration date after a term of two years", 2
    ),
]
RENTS = [
    Claim("/rent", "monthly rent $900.00", Decimal("900.0"), 1, "vlm"),
    Claim("/rent", "monthly rent is $950.00", Decimal("950.0"), 2, "vlm"),
]
DATES = [
    Claim("/start_date", "start date 1 May 2020", "2020-05-01", 1, "vlm"),
    Claim("/signing_date", "signing date 3 March 2020", "2020-03-03", 2, "vlm"),
]
TERM = Claim("/term", "expiration date after a term of two years", "two years", 2, "vlm")
OPEN_END = Claim(
    "/expiration_date",
    "expiration date after a term of two years",
    None,
    2,
    "vlm",
    rule="start+term",
    operands=(
        Operand("expiration date after a term of two years", 2, "two years"),
        Operand("then", 2, role="definition"),
    ),
)


class Known:
    """A second opinion that has none."""

    name = "known"

    def extract(self, view: DocumentView, schema: object) -> list[Claim]:
        return []


def make_view(claims: Sequence[Claim], *more: PageAnswer) -> DocumentView:
    answers = [PageAnswer(n, tuple(c for c in claims if c.page == n)) for n in (1, 2)]
    return DocumentView(make_document(2), tuple(PAGES), answers=(*answers, *more))


def extract(claims: Sequence[Claim], *more: PageAnswer) -> dict[str, FieldValue]:
    view = make_view(claims, *more)
    weighed = AnswerEngine(Known()).extract(view, LEASE)
    calibration = shipped_verifier().calibration.as_scored()
    fields = merge_claims(weighed, PAGES, LEASE, complete=True, calibration=calibration)
    return {field.path: field for field in fields}


def ask_for(claims: Sequence[Claim]) -> ChoiceQuestion | None:
    view = make_view(claims)
    wanted = AnswerEngine(Known()).follow_up(view, LEASE, tuple(extract(claims).values()))
    return next((question for question in wanted if isinstance(question, ChoiceQuestion)), None)


def answer(question: ChoiceQuestion, *replies: str | ServiceError) -> PageAnswer:
    return asyncio.run(choose(ScriptedModel.from_replies(*replies), question))


def test_only_where_printed_claims_of_the_model_differ() -> None:
    assert ask_for(RENTS[:1]) is None
    assert ask_for([*RENTS[:1], Claim("/rent", "monthly rent is $950.00", Decimal(999), 2, "vlm")]) is None
    question = ask_for(RENTS)
    assert question is not None
    (choice,) = question.choices
    assert choice.path == "/rent"
    assert choice.term is None
    assert {(o.value, o.page) for o in choice.options} == {("900", 1), ("950", 2)}
    assert question.page.words == ()
    assert name_follow_up(question) == name_follow_up(ask_for(RENTS) or question), "so that it is kept"


def test_the_call_has_no_image_and_a_grammar_of_numbers() -> None:
    question = ask_for(RENTS)
    assert question is not None
    model = ScriptedModel.from_replies('{"1": 2}')
    asyncio.run(choose(model, question))
    (request,) = model.asked
    (message,) = request.messages
    (text,) = message.parts
    assert "The document is of this kind: Lease." in str(text)
    assert '900 (page 1: "monthly rent $900.00")' in str(text)
    assert request.json_schema is not None
    assert request.json_schema["properties"] == {"1": {"enum": [0, 1, 2]}}


def test_what_is_chosen_stands_and_the_other_is_an_alternative() -> None:
    question = ask_for(RENTS)
    assert question is not None
    before = extract(RENTS)["/rent"]
    for number, option in enumerate(question.choices[0].options, 1):
        after = extract(RENTS, answer(question, json.dumps({"1": number})))["/rent"]
        assert float(after.value) == float(option.value)
        assert after.status == "grounded", "a wrong choice too is a value that its page says"
        assert [float(a.value) for a in after.alternatives] == [1850 - float(option.value)]
        assert after.confidence <= before.confidence


@pytest.mark.parametrize(
    "reply",
    ['{"1": 0}', '{"1": 7}', '{"1": -1}', '{"1": true}', '{"1": "2"}', '{"9": 1}', "{}", '{"1": null}'],
)
def test_a_number_that_no_option_has_changes_nothing(reply: str) -> None:
    question = ask_for(RENTS)
    assert question is not None
    told = answer(question, reply)
    assert told.complete
    assert told.claims == ()
    assert extract(RENTS, told) == extract(RENTS)


@pytest.mark.parametrize("reply", ["The rent is 900.", '{"1": ', "", '["1"]'])
def test_a_reply_that_is_none_is_asked_for_once_more_and_then_told(reply: str) -> None:
    question = ask_for(RENTS)
    assert question is not None
    assert answer(question, reply, '{"1": 1}').claims
    told = answer(question, reply, reply)
    assert told.claims == ()
    assert not told.complete, "so that it is not kept"
    (issue,) = told.issues
    assert issue.code == "reply-invalid"
    assert "/rent" in issue.message
    assert extract(RENTS, told) == extract(RENTS)


def test_a_server_that_fails_costs_the_choice_and_one_that_is_gone_ends_the_job() -> None:
    question = ask_for(RENTS)
    assert question is not None
    told = answer(question, ServiceError("timeout", "no reply in time"))
    assert [i.code for i in told.issues] == ["timeout"]
    with pytest.raises(ServiceError):
        answer(question, ServiceError("no-server", "nothing answers there"))


def test_a_claim_that_a_choice_makes_up_does_not_count() -> None:
    """Nothing that is not claimed of a page can be brought in by an answer, whatever wrote it."""
    invented = Claim("/rent", "monthly rent is $950.00", Decimal(1234), 2, "vlm")
    told = PageAnswer(1, (invented,), purpose="choice")
    assert extract(RENTS, told) == extract(RENTS)


@pytest.mark.parametrize("claims", [[*DATES, TERM], [*DATES, OPEN_END]], ids=["field", "claim"])
def test_a_rule_is_named_by_the_model_and_computed_here(claims: list[Claim]) -> None:
    assert extract(claims)["/expiration_date"].value is None
    question = ask_for(claims)
    assert question is not None
    (choice,) = question.choices
    assert choice.term is not None
    assert [o.value for o in choice.options] == ["2020-05-01", "2020-03-03"]
    for number, ends in ((1, ("2022-04-30", "2022-05-01")), (2, ("2022-03-02", "2022-03-03"))):
        end = extract(claims, answer(question, json.dumps({"1": number})))["/expiration_date"]
        assert end.value in ends
        assert end.status == "inferred"
        assert end.derivation is not None
        assert end.derivation.rule == "start+term"
        assert {e.page for e in end.evidence} == {2, 1} if number == 1 else {2}
    none = extract(claims, answer(question, '{"1": 0}'))["/expiration_date"]
    assert (none.value, none.status) == (None, "missing")


def test_no_rule_where_the_date_is_known_or_nothing_is_to_compute() -> None:
    end = Claim("/expiration_date", "signing date 3 March 2020", "2020-03-03", 2, "vlm")
    assert ask_for([DATES[0], TERM, end]) is None
    assert ask_for(DATES) is None
    assert ask_for([TERM]) is None
    notice = Claim("/notice_period", "expiration date after a term of two years", "two years", 2, "vlm")
    assert ask_for([*DATES, notice]) is None, "what lasts so long is not the lease"


def test_a_period_that_is_not_on_its_page_gives_no_date() -> None:
    forged = PageAnswer(
        1,
        (
            Claim(
                "/expiration_date",
                "term of nine years",
                None,
                2,
                "vlm",
                rule="start+term",
                operands=(
                    Operand("term of nine years", 2, "nine years"),
                    Operand("start date 1 May 2020", 1, "2020-05-01", role="definition"),
                ),
            ),
        ),
        purpose="choice",
    )
    assert extract([*DATES, TERM], forged)["/expiration_date"].status != "inferred"


def test_choices_are_bounded() -> None:
    many = {f"amount_{n}": {"type": "number", "x-docai-kind": "money"} for n in range(30)}
    schema = load_schema({"title": "Many", "type": "object", "properties": many})
    fields = []
    said = []
    for name in many:
        values: list[Any] = [Decimal(n) for n in range(100, 109)]
        said += [Claim(f"/{name}", f"${v}.00", v, 1, "vlm") for v in values]
    page = make_page("\n".join(f"${n}.00" for n in range(100, 109)))
    fields = merge_claims(said, [page], schema, complete=True)
    choices = find_choices(schema, said, fields)
    assert len(choices) == 8
    assert all(2 <= len(choice.options) <= 4 for choice in choices)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5), st.integers(0, 6))
def test_no_choice_lifts_belief_above_the_best(beliefs: list[float], picked: int) -> None:
    rent = next(f for f in LEASE.fields if f.path == "/rent")
    candidates = [
        Candidate(rent, (Claim("/rent", "q", Decimal(n), 1, "vlm"),)) for n, _ in enumerate(beliefs)
    ]
    weighed = weigh_choices(candidates, beliefs, [Claim("/rent", "q", str(picked), 1, "vlm")])
    assert max(weighed) <= max(beliefs) + 1e-4
    for at, (one, other) in enumerate(zip(beliefs, weighed, strict=True)):
        if picked >= len(beliefs):
            assert one == other
        elif at != picked:
            assert other <= one + 1e-4


def test_the_embedded_engine_s_rivals_may_be_chosen_but_are_no_reason_to_ask() -> None:
    view = make_view(RENTS[:1])
    engine = AnswerEngine(ExtractiveEngine())
    fields = merge_claims(engine.extract(view, LEASE), PAGES, LEASE, complete=True)
    wanted = find_follow_ups(view, LEASE, RENTS[:1], fields)
    assert not [q for q in wanted if isinstance(q, ChoiceQuestion)]


def test_options_and_choices_are_told_as_they_are() -> None:
    option = Option("a", "the a", 3)
    question = ChoiceQuestion(Page("d", 1, 1, 1, 72, 72, "native"), "", (Choice("/x", "text", (option,)),))
    model = ScriptedModel.from_replies('{"1": 1}')
    told = asyncio.run(choose(model, question))
    assert "of this kind" not in str(model.asked[0].messages[0].parts[0])
    assert [(c.value, c.quote, c.page) for c in told.claims] == [("a", "the a", 3)]
    assert (told.purpose, told.page) == ("choice", 1)
    assert told.prompt_tokens > 0
