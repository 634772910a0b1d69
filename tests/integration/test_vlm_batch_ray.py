"""A batch on Ray that asks a model: one client for all stations, and no page asked about twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmark_modules import load_benchmark
from docai_process import run_docai
from test_vlm_resumption import PAGES, Server, make_inbox

from docai.batch.store.outcomes import decode_outcome
from docai.llm.scripted_server import ThreadedServer
from docai.sources.folder import FolderSource
from docai.sources.folder_store import FolderStore
from docai.types import Record

pytestmark = pytest.mark.service

WORDS = ("batch", "inbox", "out", "--schema", "contract", "--runner", "ray", "--workers", "2")


def test_all_stations_ask_through_one_client(tmp_path: Path) -> None:
    server = Server()
    folder = make_inbox(tmp_path)
    with ThreadedServer(server.inner):
        done = run_docai(*WORDS, cwd=folder, DOCAI_BASE_URL=server.inner.base_url)
    assert done.returncode == 0, done.stderr
    store = FolderStore(folder / "out")
    (job,) = store.list("jobs/")
    recipe = json.loads(store.get(job.key) or b"")["recipe"]
    listing = list(FolderSource([folder / "inbox"]).items())
    assert load_benchmark("batch_check").check_batch(store, recipe, listing) == []
    assert len(server.truth.asked) == PAGES
    for found in store.list("outcomes/"):
        (record,) = decode_outcome(found.key, store.get(found.key) or b"").outcomes
        assert isinstance(record, Record)
        assert record.complete
        assert record.run.engine == "vlm"
        assert record.values["governing_law"]
