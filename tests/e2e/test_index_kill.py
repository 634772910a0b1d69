"""kill -9 in the middle of `docai index`: after the next run the index holds what the workspace holds."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from benchmark_modules import load_benchmark

TOP = Path(__file__).resolve().parents[2]
FOLDER = TOP / "fixtures" / "contracts"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def indexing() -> ModuleType:
    """`benchmarks/indexing.py`, which does the same twenty times at random instants."""
    return load_benchmark("indexing")


def test_three_kills_leave_index_and_workspace_in_agreement(indexing: ModuleType, tmp_path: Path) -> None:
    quiet = indexing.IndexTrial(FOLDER, tmp_path / "quiet")
    quiet.prepare()
    quiet.run_to_end()
    wanted = indexing.read_state(quiet.workspace)
    total = sum(map(len, wanted.values()))
    assert total > 40

    trial = indexing.IndexTrial(FOLDER, tmp_path / "killed")
    trial.prepare_from(quiet)
    assert trial.count_kept() == (0, 0, 0)
    folder = trial.workspace / ".docai" / "index"
    instants = (
        lambda: trial.count_kept()[0] >= 1,  # the first passages are kept, hardly a vector
        lambda: trial.count_kept()[1] >= total // 2,
    )
    for instant in instants:
        assert trial.run_until(instant)
        assert trial.check_database() == "ok"
        assert trial.count_kept()[2] == 0
    # While the index is being written; a quick machine may have written it by then.
    trial.run_until(lambda: folder.is_dir() and any(folder.iterdir()))
    assert indexing.check_end(trial, wanted) == []
