"""A batch that asks a model: killed while it asks, it asks again only for what was in flight."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from asked_batch import check_asked
from docai_process import ENVIRONMENT
from test_vlm_resumption import PAGES, Server, make_inbox

from docai.llm.scripted_server import ThreadedServer

pytestmark = pytest.mark.slow

WORDS = ("batch", "inbox", "out", "--schema", "contract", "-j", "2")
IN_FLIGHT = 3
"""What the server answers at once."""


def start(folder: Path, server: Server) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "docai.cli.main", *WORDS],
        cwd=folder,
        env={**ENVIRONMENT, "DOCAI_BASE_URL": server.inner.base_url},
        stderr=subprocess.PIPE,
    )


def test_killed_while_it_asks_it_asks_only_for_what_was_in_flight(tmp_path: Path) -> None:
    server = Server()
    folder = make_inbox(tmp_path)
    with ThreadedServer(server.inner):
        process = start(folder, server)
        server.wait_for(asked=6)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        done = start(folder, server)
        _, said = done.communicate(timeout=300)
    assert done.returncode == 0, said.decode()
    check_asked(folder)
    assert len(server.truth.asked) <= PAGES + IN_FLIGHT + 1
