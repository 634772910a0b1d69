"""kill -9 of `docai batch`, driver and workers: one outcome each, and only pages in flight read again."""

from __future__ import annotations

import random
import time
from pathlib import Path
from types import ModuleType

import pytest
from benchmark_modules import load_benchmark

from docai.sources.folder import FolderSource
from docai.sources.folder_store import FolderStore
from docai.types import SourceItem

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kill() -> ModuleType:
    """`benchmarks/batch_kill.py`, which does the same twenty times of each kind."""
    return load_benchmark("batch_kill")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """18 files: the fixtures, what is no document or broken, doubles, odd names."""
    corpus = load_benchmark("batch_corpus")
    documents = [p for p in corpus.list_documents(hostile=6, receipts=0) if p.suffix != ".tif"]
    folder = tmp_path_factory.mktemp("batch") / "in"
    corpus.fill_folder(folder, 18, documents)
    return folder


@pytest.fixture(scope="module")
def listing(folder: Path) -> list[SourceItem]:
    return list(FolderSource([folder]).items())


def make_trial(kill: ModuleType, folder: Path, room: Path) -> tuple[object, FolderStore]:
    return kill.BatchTrial(str(folder), str(room / "out"), room / "trial"), FolderStore(room / "out")


def test_three_kills_of_the_driver(
    kill: ModuleType, folder: Path, listing: list[SourceItem], tmp_path: Path
) -> None:
    trial, store = make_trial(kill, folder, tmp_path)
    for outcomes in (1, 6, 10):
        assert trial.run_until(  # type: ignore[attr-defined]
            lambda outcomes=outcomes: len(list(store.list("outcomes/"))) >= outcomes
        )
    trial.run_to_end()  # type: ignore[attr-defined]
    assert kill.check_end(trial, store, listing, kills=3) == []


def test_three_kills_of_workers(
    kill: ModuleType, folder: Path, listing: list[SourceItem], tmp_path: Path
) -> None:
    trial, store = make_trial(kill, folder, tmp_path)
    stops = [lambda n=n: len(list(store.list("outcomes/"))) >= n for n in (1, 5, 8)]
    assert trial.run_and_kill_workers(stops, random.Random(1)) == 3  # type: ignore[attr-defined]
    assert kill.check_end(trial, store, listing, kills=3) == []
    assert len(list(store.list("attempts/"))) <= 3


def test_two_jobs_at_once_share_the_work(
    kill: ModuleType, folder: Path, listing: list[SourceItem], tmp_path: Path
) -> None:
    one, store = make_trial(kill, folder, tmp_path)
    other = kill.BatchTrial(str(folder), str(tmp_path / "out"), tmp_path / "trial")
    processes = [one.start(), other.start()]  # type: ignore[attr-defined]
    end = time.monotonic() + 500
    while any(process.poll() is None for process in processes) and time.monotonic() < end:
        time.sleep(0.1)
    assert {process.returncode for process in processes} <= {0, 1}
    assert kill.check_end(one, store, listing, kills=0) == []
