"""`docai batch` and `docai batch collect`, as a user runs them: counts add up, a retry's outcome is the one
that counts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.docai_process import run_docai

INVOICES = Path(__file__).resolve().parents[2] / "fixtures/invoices"

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of one invoice under two names, a broken file, and what a batch made of them."""
    root = tmp_path_factory.mktemp("batch")
    (root / "in").mkdir()
    for name in ("a.pdf", "copy of a.pdf"):
        shutil.copy(INVOICES / "fernhill-joinery.pdf", root / "in" / name)
    (root / "in/broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    done = run_docai("batch", "in", "out", "--schema", "invoice", "-j", "1", cwd=root)
    assert done.returncode == 1, done.stderr
    return root


def collect(root: Path, *options: str) -> dict[str, Any]:
    done = run_docai("batch", "collect", "out", *options, cwd=root)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def read_rows(path: Path) -> list[dict[str, Any]]:
    import pyarrow.dataset as ds

    return ds.dataset(path).to_table().to_pylist()


def test_counts_and_rows_are_the_listing(folder: Path) -> None:
    manifest = collect(folder)
    counts = manifest["counts"]
    assert (counts["items"], counts["complete"], counts["failed"], counts["left"]) == (3, 2, 1, 0)
    at = folder / manifest["at"]  # as seen from where the command ran
    records = read_rows(at / "records/invoice")
    assert sorted(Path(row["uri"]).name for row in records) == ["a.pdf", "copy of a.pdf"]
    assert len({row["document_id"] for row in records}) == 1
    assert records[0]["grand_total"] == json.loads(records[0]["values"])["grand_total"] is not None
    total = next(row for row in read_rows(at / "fields") if row["path"] == "/grand_total")
    assert total["status"] == "grounded"
    assert total["evidence"][0]["boxes"]
    [failure] = read_rows(at / "failures")
    assert failure["code"] in counts["failures_by_code"]


def test_a_document_that_came_since_is_left_and_one_that_went_is_gone(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "moved"
    shutil.copytree(folder, root)
    job = next((root / "out/jobs").iterdir())
    job.write_text(job.read_text().replace(str(folder / "in"), str(root / "in")))
    shutil.copy(INVOICES / "trois-ponts.png", root / "in/new.png")
    (root / "in/broken.pdf").unlink()
    everything = collect(root, "--all", "--format", "jsonl", "--to", "all")
    assert everything["counts"]["items"] == 3
    assert not (root / "all/records").exists()
    listed = collect(root, "--to", "listed")["counts"]
    assert listed["items"] == 3
    assert listed["failed"] == 0
    assert listed["left"] >= 1


def test_a_retry_s_outcome_is_the_one_that_counts(folder: Path) -> None:
    done = run_docai("batch", "retry", "out", cwd=folder)
    assert done.returncode == 1, done.stderr
    assert len(list((folder / "out/outcomes").iterdir())) == 3  # one, and the broken file's first and second
    counts = collect(folder, "--to", "again")["counts"]
    assert (counts["items"], counts["failed"], counts["records"]) == (3, 1, 2)


def test_a_place_without_a_batch(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    done = run_docai("batch", "collect", "nothing", cwd=tmp_path)
    assert done.returncode == 2
    assert "holds no batch" in done.stderr
