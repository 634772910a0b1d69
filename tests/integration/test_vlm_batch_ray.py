"""A batch on Ray that asks a model: one client for all stations, and no page asked about twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from asked_batch import check_asked
from docai_process import run_docai
from test_vlm_resumption import PAGES, Server, make_inbox

from docai.llm.scripted_server import ThreadedServer

pytestmark = pytest.mark.service

WORDS = ("batch", "inbox", "out", "--schema", "contract", "--runner", "ray", "--workers", "2")


def test_all_stations_ask_through_one_client(tmp_path: Path) -> None:
    server = Server()
    folder = make_inbox(tmp_path)
    with ThreadedServer(server.inner):
        done = run_docai(*WORDS, cwd=folder, DOCAI_BASE_URL=server.inner.base_url)
    assert done.returncode == 0, done.stderr
    check_asked(folder)
    assert len(server.truth.asked) == PAGES
