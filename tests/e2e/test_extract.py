"""`docai extract` as a user runs it: real files, real processes, exit codes and messages."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from docai_process import FIXTURES, run_docai, write_command


def find_living(group: int) -> list[int]:
    """Processes of a group that still run; one that is dead and not yet reaped by its new parent does not."""
    living = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of_group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue  # ended while we looked
        if int(of_group) == group and state not in "ZX":
            living.append(int(stat.parent.name))
    return living


def wait_until_none_lives(group: int) -> list[int]:
    """What still runs of a group once all of it has ended, or after 20 seconds."""
    waiter = threading.Event()
    for _ in range(200):
        if not find_living(group):
            break
        waiter.wait(0.1)  # the system takes down killed processes in its own time
    return find_living(group)


def read_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def receipts(tmp_path: Path) -> Path:
    folder = tmp_path / "receipts"
    folder.mkdir()
    shutil.copy(FIXTURES / "receipts/copper-kettle.jpg", folder)
    return folder


def test_a_folder_becomes_one_json_line_a_document(receipts: Path) -> None:
    shutil.copy(FIXTURES / "contracts/brightwater-license.pdf", receipts / "other.pdf")
    done = run_docai("extract", "receipts", "--schema", "receipt", cwd=receipts.parent)
    assert done.returncode == 0, done.stderr
    lines = read_lines(done.stdout)
    assert [line["document"]["uri"] for line in lines] == ["receipts/copper-kettle.jpg", "receipts/other.pdf"]
    assert all(line["schema"]["id"] == "receipt" and line["complete"] for line in lines)


def test_every_value_carries_page_box_and_quote_or_says_why_not(receipts: Path) -> None:
    done = run_docai("extract", "receipts", cwd=receipts.parent)
    (line,) = read_lines(done.stdout)
    for field in line["fields"]:
        if field["status"] == "grounded":
            assert field["evidence"], field
            assert all(e["boxes"] and e["quote"] and e["page"] == 1 for e in field["evidence"])
        elif field["status"] == "missing":
            assert field["value"] is None
            assert field["reason"]


def test_content_decides_where_the_folder_does_not_and_docai_says_so(receipts: Path) -> None:
    inbox = receipts.rename(receipts.parent / "inbox")
    shutil.copy(FIXTURES / "contracts/brightwater-license.pdf", inbox / "b.pdf")
    done = run_docai("extract", "inbox", cwd=inbox.parent)
    assert [line["schema"]["id"] for line in read_lines(done.stdout)] == ["contract", "receipt"]
    assert "schema chosen by content" in done.stderr
    assert "--schema" in done.stderr


def test_a_second_run_reads_nothing_again_and_gives_the_same(receipts: Path) -> None:
    first = run_docai("extract", "receipts", cwd=receipts.parent)
    again = run_docai("extract", "receipts", cwd=receipts.parent)
    assert again.stdout == first.stdout
    assert "1 known from before" in again.stderr
    assert "0 read" in again.stderr


def test_bad_files_cost_only_themselves(receipts: Path) -> None:
    (receipts / "empty.pdf").write_bytes(b"")
    (receipts / "notes.pdf").write_text("not a document at all")
    (receipts / "cut.pdf").write_bytes((FIXTURES / "contracts/harbor-lights-services.pdf").read_bytes()[:900])
    (receipts / "wrong-name.pdf").write_bytes((FIXTURES / "receipts/sonnenkorn.png").read_bytes())
    done = run_docai("extract", "receipts", cwd=receipts.parent)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    lines = {Path(line["document"]["uri"]).name: line for line in read_lines(done.stdout)}
    assert sorted(lines) == ["copper-kettle.jpg", "cut.pdf", "empty.pdf", "notes.pdf", "wrong-name.pdf"]
    assert not lines["cut.pdf"]["complete"], "nobody can say what a file that is cut off has lost"
    assert "incomplete: receipts/cut.pdf: page 1: the file is cut off" in done.stderr
    for name in ("empty.pdf", "notes.pdf"):
        assert lines[name]["error"]["stage"] == "pages"
        assert f"failed: receipts/{name}" in done.stderr
    assert "values" in lines["wrong-name.pdf"], "a PNG that is called .pdf is a PNG"


def test_a_deleted_file_retires_its_record(receipts: Path) -> None:
    shutil.copy(FIXTURES / "receipts/sonnenkorn.png", receipts)
    run_docai("extract", "receipts", cwd=receipts.parent)
    (receipts / "copper-kettle.jpg").unlink()
    run_docai("extract", "receipts", cwd=receipts.parent)
    listed = run_docai("records", "list", "--json", cwd=receipts.parent)
    assert [Path(line["document"]["uri"]).name for line in read_lines(listed.stdout)] == ["sonnenkorn.png"]


def test_standard_input_is_a_document(tmp_path: Path) -> None:
    data = (FIXTURES / "receipts/copper-kettle.jpg").read_bytes()
    done = run_docai("extract", "-", "--schema", "receipt", cwd=tmp_path, stdin=data)
    assert done.returncode == 0, done.stderr
    assert read_lines(done.stdout)[0]["document"]["uri"] == "-"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["extract", "nowhere"], "nowhere"),
        (["extract", "receipts", "--schema", "recipt"], "did you mean 'receipt'"),
        (["extract", "receipts", "--schema", "bare.json"], "bare.json"),
        (["extract", "receipts", "--out", "records.docx"], ".jsonl"),
        (["extract", "receipts", "--engine", "vlm7"], "vlm7"),
        (["extract", "empty"], "no documents"),
        (["extract", "receipts", "--pipeline", "contract"], "contracts"),
        (["extract"], "path"),
        (["extract", "receipts", "--bogus"], "--bogus"),
        (["extrakt", "receipts"], "extrakt"),
        (["records", "list"], "docai extract"),
    ],
)
def test_what_cannot_work_is_said_before_any_work(receipts: Path, words: list[str], message: str) -> None:
    (receipts.parent / "bare.json").write_text('{"type": "object"}')
    (receipts.parent / "empty").mkdir()
    done = run_docai(*words, cwd=receipts.parent)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_ctrl_c_keeps_what_was_done_and_leaves_no_process(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "contracts", tmp_path / "contracts")
    process = subprocess.Popen(
        write_command(("extract", "contracts", "-j", 2)),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"goes on from there" in complaint
    assert b"Traceback" not in complaint
    assert wait_until_none_lives(process.pid) == []
    done = run_docai("extract", "contracts", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == first.decode().rstrip("\n")
    assert "known from before" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_one_line_and_loses_nothing(receipts: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            write_command(("extract", "receipts")),
            cwd=receipts.parent,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr
    again = run_docai("extract", "receipts", cwd=receipts.parent)
    assert again.returncode == 0
    assert "0 read" in again.stderr
