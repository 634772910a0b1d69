import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.evaluation.calibration import calibrate


def test_error_weighs_bins_by_their_count() -> None:
    found = calibrate([0.95, 0.95, 0.95, 0.25], [True, True, False, False])
    assert [(b.low, b.count) for b in found.bins] == [(0.2, 1), (0.9, 3)]
    assert found.ece == pytest.approx((3 * abs(2 / 3 - 0.95) + abs(0 - 0.25)) / 4)


def test_nothing_has_no_error() -> None:
    assert calibrate([], []).ece is None


@given(st.lists(st.tuples(st.floats(-0.5, 1.5), st.booleans()), min_size=1))
def test_every_value_lies_in_one_bin(values: list[tuple[float, bool]]) -> None:
    found = calibrate([c for c, _ in values], [r for _, r in values])
    assert sum(b.count for b in found.bins) == len(values)
    assert all(b.low <= b.confidence <= b.high + 1e-9 and 0 <= b.accuracy <= 1 for b in found.bins)
    assert found.ece is not None
    assert 0 <= found.ece <= 1
