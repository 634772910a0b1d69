"""How long a request is tried again."""

from __future__ import annotations

import pytest

from docai.sources.patience import Patience


def test_pauses_double_with_jitter_and_end() -> None:
    pauses: list[float] = []
    patience = Patience(12, 1000.0, pauses.append)
    while patience.wait():
        pass
    ceilings = [min(10.0, 0.2 * 2**n) for n in range(12)]
    assert len(pauses) == 12
    assert all(0 <= pause <= most for pause, most in zip(pauses, ceilings, strict=True))
    assert len(set(pauses)) > 6
    assert not patience.wait()


@pytest.mark.parametrize(("retries", "retry_s"), [(0, 100.0), (100, 0.0)])
def test_no_patience_at_all(retries: int, retry_s: float) -> None:
    assert not Patience(retries, retry_s, lambda seconds: None).wait()
