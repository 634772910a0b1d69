"""`docai ask` as a user runs it: a folder is extracted once, then asked in every way."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from docai_process import FIXTURES, run_docai

LAW = "Which law governs the Master Services Agreement between Harbor Lights Media and Oakvale Analytics?"


def ask(cwd: Path, *words: str | Path) -> tuple[int, dict[str, Any]]:
    done = run_docai("ask", *words, cwd=cwd)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ask")
    (root / "contracts").mkdir()
    for name in ("brightwater-license.pdf", "harbor-lights-services.pdf", "norden-distribution.pdf"):
        shutil.copy(FIXTURES / "contracts" / name, root / "contracts")
    done = run_docai("extract", "contracts", "-q", cwd=root)
    assert done.returncode == 0, done.stderr
    return root


def test_an_answer_is_cited_to_its_place(folder: Path) -> None:
    code, answer = ask(folder, LAW)
    assert code == 0
    assert (answer["status"], answer["value"]) == ("answered", "Oregon")
    cited = answer["citations"][0]
    assert cited["uri"] == "contracts/harbor-lights-services.pdf"
    assert cited["page"] == 2
    assert "Oregon" in cited["quote"]
    assert cited["boxes"]
    assert answer["scope"]["documents"] == 3
    assert answer["retrieved"][0]["uri"] == "contracts/harbor-lights-services.pdf"


def test_what_is_not_here_is_an_answer(folder: Path) -> None:
    code, answer = ask(folder, "Which law governs the lease with Zanzibar Shipping Ltd?")
    assert code == 1
    assert answer["status"] == "not_found"
    assert answer["value"] is None


def test_every_document_has_a_row(folder: Path) -> None:
    code, answer = ask(folder, "--each", "Which contracts forbid assignment?")
    assert code == 0
    assert answer["route"] == "each"
    assert {row["uri"]: row["verdict"] for row in answer["rows"]} == {
        "contracts/brightwater-license.pdf": "yes",
        "contracts/harbor-lights-services.pdf": "yes",
        "contracts/norden-distribution.pdf": "yes",
    }
    assert all(row["citations"] for row in answer["rows"])


def test_records_are_counted_and_compared(folder: Path) -> None:
    code, answer = ask(folder, "Which contracts expire before 2025?")
    assert code == 0
    assert answer["route"] == "records"
    assert [row[0] for row in answer["table"]] == ["contracts/harbor-lights-services.pdf"]
    assert answer["citations"][0]["path"] == "/expiration_date"
    _, counted = ask(folder, "How many contracts are there?")
    assert counted["value"] == 3


def test_a_folder_narrows_the_scope(folder: Path) -> None:
    _, answer = ask(folder, "How many contracts are there?", "--in", "contracts/norden-distribution.pdf")
    assert answer["value"] == 1
    done = run_docai("ask", LAW, "--in", "elsewhere", cwd=folder)
    assert done.returncode == 2
    assert "elsewhere" in done.stderr


def test_the_page_shows_the_words_and_loads_nothing(folder: Path) -> None:
    done = run_docai("ask", LAW, "--out", "answer.html", cwd=folder)
    assert done.returncode == 0, done.stderr
    html = (folder / "answer.html").read_text()
    assert "data:image/" in html
    assert "Oregon" in html
    assert "http://" not in html


def test_rows_become_a_table_and_a_field(folder: Path) -> None:
    question = "Which contracts forbid assignment?"
    done = run_docai(
        "ask", "--each", question, "--save-as", "forbids_assignment", "-o", "rows.csv", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    assert len((folder / "rows.csv").read_text().splitlines()) == 4
    shown = run_docai("records", "query", "SELECT record_id, forbids_assignment FROM contract", cwd=folder)
    assert [row[-1] for row in json.loads(shown.stdout)["table"]] == [1, 1, 1]


def test_a_damaged_index_is_made_again_and_said_so(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    for file in (tmp_path / "copy/.docai/index").rglob("*"):
        if file.is_file():
            file.write_bytes(b"damaged")
    _, answer = ask(tmp_path / "copy", LAW)
    assert answer["value"] == "Oregon"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["ask", "   "], "no words"),
        (["ask", "why? " * 2000], "characters"),
        (["ask", LAW, "--save-as", "x"], "--each"),
        (["ask", LAW, "--out", "answer.docx"], "answer.docx"),
        (["ask", "How many contracts are there?", "--as-of", "soon"], "--as-of"),
    ],
)
def test_bad_input_is_told_in_one_line(folder: Path, words: list[str], told: str) -> None:
    done = run_docai(*words, cwd=folder)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_indexed_yet(tmp_path: Path) -> None:
    done = run_docai("ask", LAW, cwd=tmp_path)
    assert done.returncode == 2
    assert "docai" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cold_ask_loads_no_renderer_and_no_framework(folder: Path) -> None:
    code = (
        "import sys; from docai.wiring.answering import ask; "
        f"ask({LAW!r}); "
        "print(sorted({m.split('.')[0] for m in sys.modules} "
        "& {'pymupdf', 'llama_index', 'qdrant_client', 'openai', 'cv2', 'tesserocr', 'rapidocr'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr
