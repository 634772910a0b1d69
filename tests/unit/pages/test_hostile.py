"""Broken, encrypted and exploding files end in pages or in one error that says what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from worker_parts import BuildPageReader

from docai.errors import DocaiError, DocumentError
from docai.pages.isolation import WorkerPool

SHARED = Path(__file__).resolve().parents[3] / "../shared/data/hostile"
CODES = {
    "damaged",
    "empty",
    "memory",
    "no-pages",
    "not-a-document",
    "password-needed",
    "timeout",
    "too-large",
}
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared development data is not here")


def list_hostile() -> list[Path]:
    return sorted(path for path in SHARED.rglob("*") if path.is_file())


def run(paths: Sequence[Path]) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    with WorkerPool(BuildPageReader(), 1, 1500 << 20, 60.0) as pool:
        for path, result in pool.map_unordered(paths, affinity=lambda p: p.name):
            if isinstance(result, DocaiError):
                assert isinstance(result, DocumentError), path.name
                assert result.code in CODES, (path.name, result.code)
                assert (result.stage, result.document) == ("pages", path.name)
                assert result.message
                assert result.hint
                assert str(path.parent) not in str(result)
                outcomes[result.code] += 1
            else:
                assert result
                assert all(min(shape[:2]) >= 1 for shape, _ in result)
                outcomes["pages"] += 1
    return outcomes


@needs_shared
def test_a_sample_of_hostile_files(capfd: pytest.CaptureFixture[str]) -> None:
    paths = list_hostile()[::16]
    outcomes = run(paths)
    assert outcomes.total() == len(paths)
    assert outcomes["pages"] > len(paths) / 2
    assert capfd.readouterr().err == ""


@needs_shared
@pytest.mark.slow
def test_all_hostile_files() -> None:
    paths = list_hostile()
    outcomes = run(paths)
    assert outcomes.total() == len(paths)
    assert outcomes["crashed"] == outcomes["timeout"] == 0


def test_what_is_no_file_of_pages(tmp_path: Path) -> None:
    (tmp_path / "zero.pdf").touch()
    (tmp_path / "folder.pdf").mkdir()
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.4\n1 0 obj\n<<")
    (tmp_path / "text.pdf").write_text("Dear Sir or Madam")
    outcomes = run([*sorted(tmp_path.iterdir())])
    assert outcomes == {"empty": 1, "not-a-document": 2, "damaged": 1}
