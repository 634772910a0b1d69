"""vLLM killed and started again under a job: docai waits, says so, goes on, and asks nothing twice."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docai_process import FIXTURES, read_lines, run_docai, start_docai
from vllm_server import VllmServer

from docai.llm.chat import TRIAL

pytestmark = pytest.mark.service

CONTRACTS = FIXTURES / "contracts"
DOCUMENTS = {"brightwater-license.pdf": 2, "larkspur-consulting.tif": 2, "norden-distribution.pdf": 2}
JOB_S = 600


def make_inbox(folder: Path) -> list[str | Path | int]:
    """The folder's inbox, and the command to extract it."""
    (folder / "inbox").mkdir(parents=True)
    for name in DOCUMENTS:
        shutil.copy(CONTRACTS / name, folder / "inbox")
    return ["extract", "inbox", "--schema", "contract", "-j", 1]


def wait_until(happened: Callable[[], bool], what: str) -> None:
    started = time.monotonic()
    while not happened():
        assert time.monotonic() - started < JOB_S, f"not within {JOB_S} s: {what}"
        time.sleep(0.02)


def collect(stream: Any, lines: list[str]) -> threading.Thread:
    thread = threading.Thread(target=lambda: lines.extend(stream), daemon=True)
    thread.start()
    return thread


def test_a_job_outlives_its_server_and_asks_no_page_again_that_was_answered(
    vllm: VllmServer, tmp_path: Path
) -> None:
    before = len(vllm.read_requests())

    def count(event: str) -> Counter[str]:
        """How often each question about a page was asked, or answered."""
        questions = [r for r in vllm.read_requests(before) if r["words"] != TRIAL]
        assert {r["status"] for r in questions if r["event"] == "answered"} <= {200}
        return Counter(r["key"] for r in questions if r["event"] == event)

    command = make_inbox(tmp_path)
    out: list[str] = []
    told: list[str] = []
    with start_docai(*command, "--base-url", vllm.base_url, cwd=tmp_path) as job:
        readers = [collect(job.stdout, out), collect(job.stderr, told)]
        wait_until(
            lambda: count("answered").total() >= 2 and count("asked") > count("answered"),
            "two answers and a question under way",
        )
        vllm.kill()
        lost = count("asked") - count("answered")
        wait_until(lambda: any("waiting for the server" in line for line in told), "docai says that it waits")
        assert job.poll() is None
        vllm.start()
        assert job.wait(JOB_S) in (0, 1)
        for reader in readers:
            reader.join(60)

    records = read_lines("".join(out))
    assert records.keys() == DOCUMENTS.keys()
    complaints = "".join(told)
    assert "answers again" in complaints
    # What was under way is asked again, once; what was answered is not, and nothing is left out.
    asked, answered = count("asked"), count("answered")
    assert set(answered.values()) == {1}
    assert lost.total() >= 1
    assert asked == answered + lost
    for name, record in records.items():
        assert "error" not in record
        assert not [i for i in record["issues"] if i["code"] in ("connection-lost", "no-server")], name

    # All answers are kept: the same command asks about no page again.
    again = run_docai(*command, "--base-url", vllm.base_url, cwd=tmp_path)
    assert read_lines(again.stdout) == records
    assert count("asked") == asked
