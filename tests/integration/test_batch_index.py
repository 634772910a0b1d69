"""`docai batch --index`: passages on a Qdrant server, and `docai ask` over them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from docai_process import FIXTURES, run_docai
from qdrant_bridge import QdrantBridge

DOCUMENT = "fernhill-joinery.pdf"
QUESTION = "What is the total of the invoice of Fernhill Joinery?"


@pytest.fixture
def server() -> Iterator[QdrantBridge]:
    with QdrantBridge(api_key="secret") as running:
        yield running


def test_a_batch_fills_a_server_and_a_workspace_asks_it(tmp_path: Path, server: QdrantBridge) -> None:
    (tmp_path / "in").mkdir()
    shutil.copyfile(FIXTURES / "invoices" / DOCUMENT, tmp_path / "in" / DOCUMENT)
    (tmp_path / "in" / "empty.pdf").touch()
    words = ("batch", "in", "out", "--schema", "invoice", "--workers", 0, "--index", server.url)
    refused = run_docai(*words, cwd=tmp_path)
    assert refused.returncode == 2, refused.stderr
    assert "DOCAI_QDRANT_API_KEY" in refused.stderr
    assert not list((tmp_path / "out").glob("outcomes/*"))

    done = run_docai(*words, cwd=tmp_path, DOCAI_QDRANT_API_KEY="secret")
    assert done.returncode == 1, done.stderr
    count = server.client.count("docai").count
    assert count > 0
    status = json.loads(run_docai("batch", "status", "out", cwd=tmp_path).stdout)
    assert status["records"] == 1
    again = run_docai(*words, cwd=tmp_path, DOCAI_QDRANT_API_KEY="secret")
    assert "2 done before" in again.stderr
    assert server.client.count("docai").count == count

    (tmp_path / "elsewhere").mkdir()
    asked = ("ask", QUESTION, "--qdrant", server.url)
    stranger = run_docai("extract", FIXTURES / "receipts", "--workers", 1, cwd=tmp_path / "elsewhere")
    assert stranger.returncode in (0, 1), stranger.stderr
    nobody = run_docai(*asked, cwd=tmp_path / "elsewhere", DOCAI_QDRANT_API_KEY="secret")
    assert nobody.returncode == 2
    assert "none of which is in this workspace" in nobody.stderr

    (tmp_path / "here").mkdir()
    known = run_docai(
        "extract", tmp_path / "in" / DOCUMENT, "--schema", "invoice", "--workers", 0, cwd=tmp_path / "here"
    )
    assert known.returncode == 0, known.stderr
    found = run_docai(*asked, cwd=tmp_path / "here", DOCAI_QDRANT_API_KEY="secret")
    assert found.returncode == 0, found.stderr
    answer = json.loads(found.stdout)
    assert answer["status"] == "answered"


def test_what_does_not_go_together_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "empty.pdf").touch()
    for words, said in (
        (("--collection", "mine"), "--index URL"),
        (("--runner", "ray", "--index", "http://localhost:6333"), "is not filled by the runner"),
        (("--index", "localhost:6333"), "is no address"),
    ):
        run = run_docai("batch", "in", "out", "--schema", "invoice", *words, cwd=tmp_path)
        assert run.returncode == 2, run.stderr
        assert said in run.stderr
        assert not list((tmp_path / "out").glob("outcomes/*"))
