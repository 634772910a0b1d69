"""kill -9 in the middle of `docai extract`: nothing is lost, no committed page is read again."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from benchmark_modules import load_benchmark

TOP = Path(__file__).resolve().parents[2]
FOLDER = TOP / "fixtures" / "contracts"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kill() -> ModuleType:
    """`benchmarks/kill.py`, which does the same twenty times at random instants."""
    return load_benchmark("kill")


def test_three_kills_lose_nothing_and_repeat_no_committed_page(kill: ModuleType, tmp_path: Path) -> None:
    quiet = kill.Trial(FOLDER, tmp_path / "quiet", "contract")
    quiet.prepare()
    wanted = quiet.run_to_end()
    total = quiet.count_pages()[0]
    assert len(wanted) >= 3
    assert total >= 4

    trial = kill.Trial(FOLDER, tmp_path / "killed", "contract")
    trial.prepare()
    kept = []
    for enough in (1, total // 2, total - 1):  # after the first page, half-way, with one page to go
        assert trial.run_until(lambda enough=enough: trial.count_pages()[0] >= enough)
        kept.append(trial.count_pages()[0])
        assert trial.check_database() == "ok"
    assert kept == sorted(kept)
    assert kept[0] >= 1
    assert kill.check_end(trial, wanted, trial.run_to_end()) == []
