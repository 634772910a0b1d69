"""`docai batch --runner ray` on a Ray of this machine: exact, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from benchmark_modules import load_benchmark
from docai_process import ENVIRONMENT, run_docai

from docai.batch.store.outcomes import decode_outcome
from docai.sources.folder_store import FolderStore
from docai.types import Record

pytestmark = pytest.mark.service

RUN_S = 600
RAY = ("--runner", "ray", "--workers", "2")
INSTANTS = (1, 3, 5)
"""Outcomes that are there when something is killed."""


@pytest.fixture(scope="module", autouse=True)
def ray_is_there() -> None:
    import ray  # an ImportError fails the tests, for .ci/run installs it

    assert ray.__version__


@pytest.fixture(scope="module")
def corpus() -> ModuleType:
    return load_benchmark("batch_corpus")


@pytest.fixture
def room(corpus: ModuleType, tmp_path: Path) -> Path:
    """A folder `in` with 14 files: fixtures, what is broken or no document, doubles, odd names."""
    documents = [p for p in corpus.list_documents(hostile=4, receipts=0) if p.suffix != ".tif"]
    corpus.fill_folder(tmp_path / "in", 14, documents)
    return tmp_path


def start(room: Path, *options: str, **environment: str) -> subprocess.Popen[bytes]:
    words = ("batch", "in", "out", "--schema", "contract", *RAY, *options)
    with (room / "said.txt").open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "docai.cli.main", *words],
            cwd=room,
            env={**ENVIRONMENT, **environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )


def run(room: Path, *options: str, **environment: str) -> None:
    process = start(room, *options, **environment)
    code = process.wait(timeout=RUN_S)
    assert code in (0, 1), (room / "said.txt").read_text()


def wait_for_outcomes(room: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + RUN_S
    while time.monotonic() < end and process.poll() is None:
        if len(list((room / "out/outcomes").glob("*.json"))) >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"ended with {process.poll()}: {(room / 'said.txt').read_text()}")


def find_processes(room_of: int, name: str) -> list[int]:
    """Descendants of a process by the beginning of their command line."""
    found = []
    for pid in load_benchmark("kill").list_descendants(room_of):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if Path(words[0].decode()).name.startswith(name):
            found.append(pid)
    return found


def check(room: Path) -> list[str]:
    wrong: list[str] = load_benchmark("batch_check").check_folders(room / "in", room / "out")
    return wrong


def test_every_item_has_one_outcome_and_a_second_run_finds_them(room: Path) -> None:
    run(room)
    assert check(room) == []
    before = {p: p.stat().st_mtime_ns for p in (room / "out/outcomes").iterdir()}
    run(room)
    assert {p: p.stat().st_mtime_ns for p in (room / "out/outcomes").iterdir()} == before
    summary = (room / "said.txt").read_text().split("listed")[-1]
    assert "pages       0 read" in summary


def test_the_same_records_as_on_one_machine(room: Path) -> None:
    run(room)
    by_ray = read_values(room / "out")
    (room / "out").rename(room / "by-ray")
    words = ("batch", "in", "out", "--schema", "contract", "-j", "2", "-q")
    subprocess.run(
        [sys.executable, "-m", "docai.cli.main", *words],
        cwd=room,
        env=ENVIRONMENT,
        timeout=RUN_S,
        check=False,
    )
    assert by_ray == read_values(room / "out")


def read_values(out: Path) -> dict[str, Any]:
    store = FolderStore(out)
    values: dict[str, Any] = {}
    for found in store.list("outcomes/"):
        stored = decode_outcome(found.key, store.get(found.key) or b"")
        values[found.key] = [o.values if isinstance(o, Record) else o.error.code for o in stored.outcomes]
    return values


@pytest.mark.parametrize("outcomes", INSTANTS)
def test_a_station_is_killed(room: Path, outcomes: int) -> None:
    process = start(room)
    wait_for_outcomes(room, outcomes, process)
    for pid in find_processes(process.pid, "ray::StationActor")[:1]:
        os.kill(pid, signal.SIGKILL)
    assert process.wait(timeout=RUN_S) in (0, 1), (room / "said.txt").read_text()
    assert "a worker of the cluster is lost" in (room / "said.txt").read_text()
    assert check(room) == []


@pytest.mark.parametrize("outcomes", INSTANTS)
def test_the_driver_is_killed(room: Path, outcomes: int) -> None:
    process = start(room)
    wait_for_outcomes(room, outcomes, process)
    process.kill()
    process.wait()
    run(room)
    assert check(room) == []


@pytest.mark.parametrize("outcomes", INSTANTS)
def test_the_node_is_killed(room: Path, outcomes: int) -> None:
    process = start(room)
    wait_for_outcomes(room, outcomes, process)
    raylets = find_processes(process.pid, "raylet")
    assert raylets
    for pid in raylets:
        os.kill(pid, signal.SIGKILL)
    # Its stations may bring what they have to an end; without them the job says that the node is gone.
    assert process.wait(timeout=RUN_S) in (0, 1, 3), (room / "said.txt").read_text()
    run(room)
    assert check(room) == []


def test_no_cluster_at_the_address(room: Path) -> None:
    words = ("batch", "in", "out", "--schema", "contract", "--runner", "ray", "--address", "127.0.0.1:9")
    done = run_docai(*words, cwd=room)
    assert done.returncode == 3, done.stderr
    assert "no Ray cluster at 127.0.0.1:9" in done.stderr
    assert not list((room / "out").glob("outcomes/*"))
