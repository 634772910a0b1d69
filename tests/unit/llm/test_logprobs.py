"""Forced tokens do not count, tokens at a value's borders do."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.llm.chat import TokenLogprob
from docai.llm.logprobs import TokenIndex
from docai.llm.salvage import parse_reply


def tokens(*pieces: tuple[str, float]) -> tuple[str, list[TokenLogprob]]:
    return "".join(p for p, _ in pieces), [TokenLogprob(p.encode(), q) for p, q in pieces]


def test_a_value_is_measured_by_its_own_free_tokens() -> None:
    text, parts = tokens(
        ('[{"field":', 0.0), ('"/total"', -0.7), (',"value":', 0.0), ("17", -0.02), (".5", -1.5), ("}]", 0.0)
    )
    spans = parse_reply(text).items[0].spans
    index = TokenIndex(text, parts)
    value = index.measure(*spans["value"])
    assert value.total == pytest.approx(-1.52)
    assert (value.lowest, value.free_tokens) == (-1.5, 2)
    assert index.measure(*spans["field"]).total == pytest.approx(-0.7)


def test_forced_tokens_tell_nothing() -> None:
    text, parts = tokens(('{"paid":', 0.0), ("true", -1e-6), ("}", 0.0))
    assert TokenIndex(text, parts).measure(8, 12).free_tokens == 0


@pytest.mark.parametrize(
    ("closing", "total"),
    [
        ([('"', -0.5), ("},{", -2.0)], -0.6),  # whether the name goes on is about the name
        ([('"},{"', -2.0)], -0.1),  # whether another item follows is not
        ([('me"},{"', -2.0)], -2.1),
    ],
)
def test_what_follows_a_value_is_not_about_it(closing: list[tuple[str, float]], total: float) -> None:
    name = "Ac" if closing[0][0].startswith("me") else "Acme"
    text, parts = tokens(('{"name":"', 0.0), (name, -0.1), *closing)
    end = text.index('"}') + 1
    assert TokenIndex(text, parts).measure(text.index('"Ac'), end).total == pytest.approx(total)


def test_tokens_that_end_within_a_character() -> None:
    text = '["größe"]'
    data = text.encode()
    parts = [TokenLogprob(data[i : i + 1], -float(i)) for i in range(len(data))]
    start = text.index("ö")
    found = TokenIndex(text, parts).measure(start, start + 1)
    assert found.free_tokens == 2
    assert found.total == -(4.0 + 5.0)


@given(st.text(min_size=1, max_size=40).filter(lambda text: '"' not in text), st.data())
def test_every_byte_of_a_span_is_counted_once(text: str, data: st.DataObject) -> None:
    raw = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)))) | {0, len(raw)})
    parts = [TokenLogprob(raw[a:b], -1.0) for a, b in pairwise(cuts)]
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = len(text[:start].encode()), len(text[:end].encode())
    expected = sum(1 for a, b in pairwise(cuts) if a < last and b > first)
    assert TokenIndex(text, parts).measure(start, end).free_tokens == expected
