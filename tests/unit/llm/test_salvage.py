"""Replies that break: what was finished is kept, and the end has a name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.llm.salvage import find_loop, parse_object, parse_reply

CLAIMS = [
    {"field": "/total", "quote": "TOTAL RM 17.50", "value": 17.5},
    {"field": "/date", "quote": "12/03/2018 }]", "value": '2018-03-12 "noon" \\ [x]'},
    {"field": "/paid", "quote": "PAID", "value": True, "more": {"a": [1, {"b": None}]}},
]
REPLY = json.dumps({"claims": CLAIMS})


def values(text: str, finish: str = "stop") -> list[object]:
    return [item.value for item in parse_reply(text, finish).items]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        REPLY,
        json.dumps(CLAIMS),
        json.dumps({"claims": CLAIMS}, indent=2) + "\n",
        f"Here is what I found (see [1]):\n```json\n{REPLY}\n```\nDone.",
        json.dumps({"note": "a [b] {c}", "claims": CLAIMS}),
    ],
)
def test_whole_replies_are_complete(text: str) -> None:
    assert values(text) == CLAIMS
    assert parse_reply(text).verdict == "complete"


def test_nothing_on_the_page_is_a_complete_answer() -> None:
    assert parse_reply('{"claims": []}') == parse_reply("[]")
    assert parse_reply("[]").verdict == "complete"
    assert parse_reply("[]").items == ()


@given(st.integers(1, len(REPLY) - 1))
def test_of_a_reply_cut_anywhere_every_finished_item_stays(cut: int) -> None:
    parsed = parse_reply(REPLY[:cut], "length")
    found = [item.value for item in parsed.items]
    assert found == CLAIMS[: len(found)]
    ends = [REPLY.index(json.dumps(claim)) + len(json.dumps(claim)) for claim in CLAIMS]
    assert len(found) == sum(end <= cut for end in ends)
    assert parsed.verdict == "truncated"


@given(
    st.lists(
        st.dictionaries(
            st.text(min_size=1),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(),
                lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
                max_leaves=5,
            ),
            max_size=4,
        ),
        max_size=5,
    ),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_any_list_comes_back_with_the_places_of_its_values(
    items: list[dict[str, object]], plain: bool
) -> None:
    text = json.dumps({"claims": items}, ensure_ascii=plain, indent=None if plain else 1)
    parsed = parse_reply(text)
    assert [item.value for item in parsed.items] == items
    assert parsed.verdict == "complete"
    for item in parsed.items:
        for key, (start, end) in item.spans.items():
            assert json.loads(text[start:end]) == item.value[key]
        assert set(item.spans) == set(item.value)


@given(st.text(max_size=300), st.sampled_from(["stop", "length", "other"]))
def test_no_text_whatever_is_an_error(text: str, finish: str) -> None:
    assert parse_reply(text, finish).verdict  # type: ignore[arg-type]
    assert parse_object(text, finish).verdict  # type: ignore[arg-type]


def test_raw_control_characters_in_strings_are_read() -> None:
    assert values('[{"value": "a\nb\x01\tc"}]') == [{"value": "a\nb\x01\tc"}]


def test_white_space_without_end_is_a_loop() -> None:
    assert parse_reply('{"claims": [' + "\n  " * 300, "length").verdict == "whitespace"
    assert parse_reply(" \n" * 500, "length").verdict == "whitespace"
    kept = parse_reply(REPLY[:-2] + "\t" * 200, "length")
    assert (len(kept.items), kept.verdict) == (3, "whitespace")


def test_a_passage_over_and_over_is_a_loop() -> None:
    text = '[{"field": "/a", "value": "' + "the same again, " * 40
    assert parse_reply(text, "length").verdict == "repetition"
    item = json.dumps(CLAIMS[0])
    looped = parse_reply("[" + ", ".join([json.dumps(CLAIMS[1]), *[item] * 30]) + ', {"fie', "length")
    assert [i.value for i in looped.items] == [CLAIMS[1], CLAIMS[0]]
    assert looped.verdict == "repetition"
    pair = ", ".join([item, json.dumps(CLAIMS[2])] * 14)
    assert values(f"[{pair}]") == [CLAIMS[0], CLAIMS[2]]


def test_equal_rows_of_a_table_are_no_loop() -> None:
    row = {"field": "/line_items/total", "quote": "Coffee 2.00", "value": 2}
    text = json.dumps([CLAIMS[0], row, row, row, CLAIMS[1], row])
    assert len(values(text)) == 6
    assert parse_reply(text).verdict == "complete"
    assert len(values(json.dumps([row] * 8))) == 8


def test_other_ends_have_names() -> None:
    assert parse_reply("").verdict == "empty"
    assert parse_reply("I cannot help with that.", "refusal").verdict == "refusal"
    assert parse_reply("The total is 17.50.").verdict == "not-json"
    assert parse_reply(REPLY, "length").verdict == "truncated"


def test_loops_are_found_at_the_end_only() -> None:
    assert find_loop("ab" * 100) == "repetition"
    assert find_loop("ab" * 100 + "and then something else came, which was not the same") is None
    assert find_loop("x" + " " * 60) == "whitespace"
    assert find_loop("") is None


def test_single_objects() -> None:
    parsed = parse_object('{"text": "RM [17.50]", "sure": true}')
    assert parsed.items[0].value == {"text": "RM [17.50]", "sure": True}
    assert parsed.verdict == "complete"
    assert parse_object('{"text": "RM', "length").verdict == "truncated"
    assert parse_object("[1]").verdict == "not-json"
