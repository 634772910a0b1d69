from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.evaluation.answers import is_day_first, match_pairs, same_answer


@pytest.mark.parametrize(
    ("kind", "truth", "value", "same"),
    [
        ("organization", "MR. D.I.Y. (M) SDN BHD", "Mr DIY (M) Sdn. Bhd.", True),
        ("party", "Müller & Söhne", "MULLER & SOHNE", True),
        ("party", "Acme Inc", "Acme LLC", False),
        ("identifier", "RE-20151008/504", "RE 20151008504", True),
        ("money", "RM 21.50", 21.5, True),
        ("money", Decimal("571.0400"), 571.04, True),
        ("money", "1.50", 150, False),
        ("money", "$20,400.00", Decimal(20400), True),
        ("money", Decimal("-8.79"), 8.79, False),
        ("date", "2020-02-05", "2020-02-05", True),
        ("date", "2020-02-05", "2020-05-02", False),
        ("duration", "successive 1 year", "1 year", True),
        ("duration", "30 days", "60 days", False),
        ("duration", "perpetual", "Perpetual", True),
        ("boolean", True, True, True),
        ("boolean", False, None, False),
        ("text", "-", "/", False),
    ],
)
def test_same_answer(kind: str, truth: object, value: object, same: bool) -> None:
    assert same_answer(kind, truth, value) is same  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["03/04/2018", "22-05-16", "1.2.2017"], True),
        (["4/17/20", "4/5/20"], False),
        (["03/04/2018", "2018-02-05", "28 MAR 18"], None),
        (["25/12/2018", "12/25/2018"], None),
    ],
)
def test_day_order_comes_from_the_unambiguous_dates(texts: list[str], order: bool | None) -> None:
    assert is_day_first(texts) is order


def test_matching_is_not_greedy() -> None:
    # The first value would take the only truth that the second one equals.
    wishes = {("a", 1), ("b", 1), ("a", 2)}
    assert match_pairs(["a", "b"], [1, 2], lambda t, v: (t, v) in wishes) == {0: 1, 1: 0}


@given(st.lists(st.integers(0, 4), max_size=8), st.lists(st.integers(0, 4), max_size=8))
def test_matching_is_the_multiset_intersection(truths: list[int], values: list[int]) -> None:
    matched = match_pairs(truths, values, lambda t, v: t == v)
    assert len(set(matched.values())) == len(matched)
    assert all(truths[t] == values[v] for v, t in matched.items())
    assert len(matched) == sum(min(truths.count(n), values.count(n)) for n in range(5))
