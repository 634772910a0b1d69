"""kill -9 of docai, a server that goes away, broken replies: the records are those of a quiet run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from truth_script import FIXTURES, MODEL, TruthScript

from docai.llm.chat import ChatRequest
from docai.llm.scripted import Turn
from docai.llm.scripted_server import ScriptedServer, ServerTraits, ThreadedServer
from docai.schema import load_schema

pytestmark = pytest.mark.slow

DIGITAL = "brightwater-license.pdf"
DOCUMENTS, PAGES = 3, 2 + 4 + 6
COMMAND = [sys.executable, "-m", "docai.cli.main", "extract", "inbox", "--schema", "contract", "-j", "2"]


class Server:
    """Answers from the truth, a third of a second each; `broken`: every seventh reply is cut off."""

    def __init__(self) -> None:
        self.truth = TruthScript("contracts", load_schema("contract"), [DIGITAL])
        self.broken = False
        self.replied = threading.Condition()
        self.inner = ScriptedServer(self.play, ServerTraits(model=MODEL, image_tokens=1122, capacity=3))

    def play(self, request: ChatRequest, number: int) -> Turn:
        with self.replied:
            turn = Turn(
                self.truth.answer(request), 0.3, "truncated" if self.broken and number % 7 == 3 else None
            )
            self.replied.notify_all()
        return turn

    def wait_for(self, asked: int) -> None:
        with self.replied:
            assert self.replied.wait_for(lambda: len(self.truth.asked) >= asked, timeout=120)


def make_inbox(folder: Path) -> Path:
    """Three documents of two, four and six pages."""
    import pymupdf

    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    with pymupdf.open(FIXTURES / "contracts" / DIGITAL) as source:
        for copies in range(1, DOCUMENTS + 1):
            with pymupdf.open() as document:
                for _ in range(copies):
                    document.insert_pdf(source)
                document.save(inbox / f"{copies}.pdf", no_new_id=True)
    return folder


def start(folder: Path, server: Server) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DOCAI_")}
    environment["DOCAI_BASE_URL"] = server.inner.base_url
    return subprocess.Popen(
        COMMAND, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def read_records(output: str) -> list[dict[str, Any]]:
    """Records without what may differ: how long it took, and what retries cost."""
    records = [json.loads(line) for line in output.splitlines()]
    for record in records:
        record["run"].update(seconds=0, tokens=0)
    return records


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_job_that_was_hurt_gives_the_records_of_a_quiet_one(tmp_path: Path) -> None:
    server = Server()
    thread = ThreadedServer(server.inner)
    with thread:
        quiet = make_inbox(tmp_path / "quiet")
        output, _ = start(quiet, server).communicate(timeout=300)
        wanted = read_records(output)
        assert len(wanted) == DOCUMENTS
        assert len(server.truth.asked) == PAGES

        hurt = tmp_path / "hurt"
        shutil.copytree(quiet / "inbox", hurt / "inbox")
        server.truth.asked.clear()
        job = start(hurt, server)
        server.wait_for(5)
        job.send_signal(signal.SIGKILL)
        job.communicate()
        before = len(server.truth.asked)

        server.broken = True
        job = start(hurt, server)
        server.wait_for(before + 3)
        thread.call(server.inner.kill)
        thread.call(server.inner.start)
        output, complaints = job.communicate(timeout=300)
        assert job.returncode == 0, complaints
        assert read_records(output) == wanted
        asked_again = before + len(server.truth.asked[before:]) - PAGES
        # In flight at the kill and at the server's end, and what broken replies cost: nothing else.
        assert asked_again <= 5 + 3 + 2 * (PAGES // 7 + 1)
        shutil.rmtree(hurt)
