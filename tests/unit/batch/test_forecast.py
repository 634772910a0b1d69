"""Ranges of forecasts from samples."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.batch.forecast import Sampled, forecast_ranges

pages = st.lists(st.integers(0, 500), min_size=1, max_size=20)


@given(pages, st.integers(0, 10_000))
def test_a_range_holds_the_likely_value_and_is_no_wider_than_the_sample(found: list[int], more: int) -> None:
    total = len(found) + more
    got = forecast_ranges([Sampled(n / 7, n, 3 * n) for n in found], total)["pages"]
    likely = total * sum(found) / len(found)
    assert total * min(found) - 1e-6 <= got.low <= likely + 1e-6
    assert likely - 1e-6 <= got.high <= total * max(found) + 1e-6


@given(pages)
def test_a_sample_of_all_leaves_no_doubt(found: list[int]) -> None:
    got = forecast_ranges([Sampled(0.0, n, 0) for n in found], len(found))["pages"]
    assert got.low == pytest.approx(sum(found)) == pytest.approx(got.high)


def test_nine_samples_in_ten_or_so_hold_the_truth() -> None:
    chance = random.Random(3)
    truth = [chance.randrange(1, 40) for _ in range(2000)]
    hits = 0
    for _ in range(60):
        drawn = chance.sample(truth, 20)
        got = forecast_ranges([Sampled(0.0, n, 0) for n in drawn], len(truth))["pages"]
        hits += got.low <= sum(truth) <= got.high
    assert hits >= 45


def test_without_a_sample_there_is_no_forecast() -> None:
    with pytest.raises(ValueError, match="no sample"):
        forecast_ranges([], 9)
