"""`docai batch` as a user runs it, from a folder into a folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from benchmark_modules import load_benchmark
from docai_process import FIXTURES, run_docai

from docai.sources.folder import FolderSource
from docai.sources.folder_store import FolderStore


def fill(folder: Path) -> None:
    folder.mkdir()
    shutil.copyfile(FIXTURES / "invoices" / "fernhill-joinery.pdf", folder / "fernhill.pdf")
    shutil.copyfile(folder / "fernhill.pdf", folder / "the same, again ü.pdf")
    (folder / "empty.pdf").touch()
    (folder / "noise.pdf").write_bytes(bytes(range(256)))
    (folder / "cut.pdf").write_bytes((folder / "fernhill.pdf").read_bytes()[:900])


def test_a_folder_into_a_folder_its_status_and_a_retry(tmp_path: Path) -> None:
    fill(tmp_path / "in")
    words = ("batch", "in", "in/out", "--schema", "invoice", "--workers", 1)
    first = run_docai(*words, cwd=tmp_path)
    assert first.returncode == 1, first.stderr
    assert "noise.pdf" in first.stderr
    store = FolderStore(tmp_path / "in" / "out")
    listing = [i for i in FolderSource([tmp_path / "in"]).items() if "/out/" not in i.uri]
    assert len(listing) == 5
    status = json.loads(run_docai("batch", "status", "in/out", cwd=tmp_path).stdout)
    assert status["items"] == 5
    assert status["records"] == 2
    assert status["shared"] == 1
    assert status["incomplete"] == 1
    assert status["failed"] == {"empty": 1, "not-a-document": 1}
    assert status["running"] == []
    check_batch = load_benchmark("batch_check").check_batch
    assert check_batch(store, status["recipe"], listing) == []

    again = run_docai(*words, cwd=tmp_path)
    assert again.returncode == 1
    assert "5 done before" in again.stderr
    retried = run_docai("batch", "retry", "in/out", "--code", "empty", "--workers", 1, cwd=tmp_path)
    assert retried.returncode == 1, retried.stderr
    names = [found.key for found in store.list("outcomes/")]
    assert sum(name.endswith(".1.json") for name in names) == 1
    assert check_batch(store, status["recipe"], listing) == []


def test_what_cannot_be_used_is_said_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    nothing = run_docai("batch", "in", "out", cwd=tmp_path)
    assert nothing.returncode == 2
    assert "no documents" in nothing.stderr
    assert not list((tmp_path / "out").glob("outcomes/*"))
    (tmp_path / "file").touch()
    fill(tmp_path / "full")
    occupied = run_docai("batch", "full", "file", "--schema", "invoice", cwd=tmp_path)
    assert occupied.returncode == 2
    assert "file stands where a folder must be" in occupied.stderr
    unknown = run_docai("batch", "status", "elsewhere", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "holds no batch" in unknown.stderr
