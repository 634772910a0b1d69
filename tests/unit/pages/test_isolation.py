"""Worker processes that crash, hang or swell cost their own task and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from worker_parts import build_broken, build_doer, build_dying

from docai.errors import ConfigError, DocumentError
from docai.pages.isolation import InlinePool, TaskPool, WorkerPool

_MEMORY = 1 << 30


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool[str, str]]:
    with WorkerPool(build_doer, 2, _MEMORY, 30.0) as shared:
        yield shared


def run_one(pool: TaskPool[str, str], task: str, affinity: str | None = None) -> object:
    ticket = pool.submit(task, affinity=affinity)
    ((done, result),) = pool.wait()
    assert done == ticket
    return result


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_results_come_once_for_every_task(pool: WorkerPool[str, str]) -> None:
    tasks = [f"echo {i}" for i in range(50)]
    assert sorted(pool.map_unordered(tasks)) == sorted((t, t[5:]) for t in tasks)


@pytest.mark.parametrize(
    ("task", "words"), [("segfault", "SIGSEGV"), ("exit 7", "exit code 7"), ("exit 0", "exit code 0")]
)
def test_a_crash_costs_one_task(pool: WorkerPool[str, str], task: str, words: str) -> None:
    results = dict(pool.map_unordered(["echo a", task, "echo b"], affinity=lambda t: f"{t}.pdf"))
    error = results[task]
    assert isinstance(error, DocumentError)
    assert (error.code, error.stage, error.document) == ("crashed", "pages", f"{task}.pdf")
    assert words in error.message
    assert error.hint
    assert (results["echo a"], results["echo b"]) == ("a", "b")


def test_a_hang_is_ended() -> None:
    with WorkerPool(build_doer, 1, _MEMORY, 0.3) as pool:
        error = run_one(pool, "hang", "slow.pdf")
        assert isinstance(error, DocumentError)
        assert (error.code, error.document) == ("timeout", "slow.pdf")
        assert run_one(pool, "echo on") == "on"


def test_a_task_may_have_a_limit_of_its_own() -> None:
    with WorkerPool(build_doer, 1, _MEMORY, 30.0) as pool:
        pool.submit("hang", timeout_s=0.2)
        ((_, error),) = pool.wait()
        assert isinstance(error, DocumentError)
        assert "0.2 s" in error.message


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the memory limit is Linux's")
def test_a_bomb_is_refused_and_its_worker_replaced() -> None:
    with WorkerPool(build_doer, 1, 400 << 20, 30.0) as pool:
        before = run_one(pool, "pid")
        error = run_one(pool, f"allocate {2 << 30}", "bomb.png")
        assert isinstance(error, DocumentError)
        assert (error.code, error.document) == ("memory", "bomb.png")
        assert run_one(pool, "pid") != before


def test_expected_and_unexpected_errors_come_home(pool: WorkerPool[str, str]) -> None:
    known, bug = run_one(pool, "fail no pages", "a.pdf"), run_one(pool, "bug key", "b.pdf")
    assert isinstance(known, DocumentError)
    assert (known.code, known.message, known.document) == ("damaged", "no pages", "a.pdf")
    assert isinstance(bug, DocumentError)
    assert (bug.code, bug.document) == ("internal", "b.pdf")
    assert "KeyError" in bug.message


def test_a_document_stays_with_its_worker(pool: WorkerPool[str, str]) -> None:
    assert len({run_one(pool, "pid", "same.pdf") for _ in range(6)}) == 1


def test_idle_workers_steal(pool: WorkerPool[str, str], tmp_path: Path) -> None:
    results = dict(pool.map_unordered([f"meet {tmp_path}", f"meet {tmp_path}/."], lambda _: "same.pdf"))
    assert len(set(results.values())) == 2


def test_tasks_are_drawn_lazily(pool: WorkerPool[str, str]) -> None:
    drawn = 0

    def tasks() -> Iterator[str]:
        nonlocal drawn
        for i in range(1000):
            drawn += 1
            yield f"echo {i}"

    results = pool.map_unordered(tasks())
    next(results)
    assert drawn <= 2 * pool.workers
    results.close()
    while pool.wait():
        pass


def test_noise_of_libraries_reaches_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    with WorkerPool(build_doer, 1, _MEMORY, 30.0) as pool:
        assert run_one(pool, "noise warning: bad xref") == "warning: bad xref"
    assert capfd.readouterr() == ("", "")


def test_a_worker_starts_light_and_single_threaded(pool: WorkerPool[str, str]) -> None:
    loaded = str(run_one(pool, "modules")).split()
    assert not {"numpy", "pymupdf", "PIL", "pydantic"} & set(loaded)
    assert run_one(pool, "threads") == "1"


def test_what_a_build_raises_ends_the_run() -> None:
    with WorkerPool(build_broken, 2, _MEMORY, 30.0) as pool:
        pool.submit("echo a")
        with pytest.raises(ConfigError) as caught:
            pool.wait()
    assert caught.value.code == "no-language"


def test_workers_that_die_at_the_start_end_the_run() -> None:
    with WorkerPool(build_dying, 1, _MEMORY, 30.0) as pool:
        pool.submit("echo a")
        with pytest.raises(ConfigError) as caught:
            pool.wait()
    assert caught.value.code == "worker-start"
    assert "exit code 3" in caught.value.message


def test_closing_ends_workers_at_once() -> None:
    with WorkerPool(build_doer, 1, _MEMORY, 30.0) as pool:
        pid = int(str(run_one(pool, "pid")))
        pool.submit("hang")
    assert not is_alive(pid)
    assert pool.wait() == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
@pytest.mark.parametrize(
    ("end", "task"),
    [(signal.SIGKILL, "hang"), (signal.SIGKILL, "pid"), (signal.SIGINT, "hang"), (signal.SIGTERM, "pid")],
)
def test_no_worker_survives_its_parent(end: signal.Signals, task: str) -> None:
    script = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from worker_parts import build_doer\n"
        "from docai.pages.isolation import WorkerPool\n"
        f"pool = WorkerPool(build_doer, 1, {_MEMORY}, 60.0)\n"
        "pool.submit('pid'); print(pool.wait()[0][1], flush=True)\n"
        f"pool.submit({task!r}); pool.wait(); sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    descriptor = os.pidfd_open(pid)
    parent.send_signal(end)
    parent.wait()
    # Waits for the worker's own end; the test run would hang here if it outlived its parent.
    ended = _wait_for(descriptor)
    parent.communicate()
    os.close(descriptor)
    assert ended


def _wait_for(descriptor: int) -> bool:
    import select

    readable, _, _ = select.select([descriptor], [], [], 30)
    return bool(readable)


def test_inline_pool_does_the_same_in_this_process() -> None:
    pool: InlinePool[str, str] = InlinePool(build_doer)
    with pool:
        assert run_one(pool, "pid") == str(os.getpid())
        error = run_one(pool, "fail broken", "a.pdf")
        assert isinstance(error, DocumentError)
        assert error.document == "a.pdf"
        assert sorted(pool.map_unordered(["echo 1", "echo 2"])) == [("echo 1", "1"), ("echo 2", "2")]
        assert pool.wait() == []


def test_a_pool_needs_a_worker() -> None:
    with pytest.raises(ConfigError):
        WorkerPool(build_doer, 0, _MEMORY, 1.0)
