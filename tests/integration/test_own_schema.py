"""A user's own schema: its records are asked in its own words, also after the file is gone."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from command_line import CommandLine

SCHEMA = {
    "title": "Haulage slip",
    "type": "object",
    "x-docai-cues": ["haulage slip"],
    "properties": {
        "slip_number": {"type": "string", "x-docai-aliases": ["Slip no."]},
        "carrier": {
            "type": "string",
            "x-docai-kind": "organization",
            "x-docai-aliases": ["Carrier"],
            "description": "Company that drove the load",
        },
        "load_date": {"type": "string", "format": "date", "x-docai-aliases": ["Load date"]},
        "freight": {
            "type": "number",
            "x-docai-kind": "money",
            "x-docai-aliases": ["Freight"],
            "description": "What the haulage costs",
        },
    },
}
SLIPS = (
    ("HS-101", "Northway Haulage Ltd", "2024-03-05", "1,200.50"),
    ("HS-102", "Pell & Sons Ltd", "2024-03-09", "310.00"),
    ("HS-103", "Northway Haulage Ltd", "2024-04-11", "799.50"),
)


@pytest.fixture
def docai(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    (tmp_path / "in").mkdir()
    for number, carrier, date, freight in SLIPS:
        with pymupdf.open() as document:
            page = document.new_page()
            lines = ("Haulage slip", f"Slip no.: {number}", f"Carrier: {carrier}", f"Load date: {date}")
            for place, line in enumerate((*lines, f"Freight: USD {freight}")):
                page.insert_text((72, 80 + 30 * place), line, fontsize=12)
            document.save(tmp_path / "in" / f"{number}.pdf")
    (tmp_path / "haulage_slip.json").write_text(json.dumps(SCHEMA))
    docai = CommandLine(monkeypatch, capsys, tmp_path)
    ran = docai("extract", "in", "-s", "haulage_slip.json", "-j", "0", "--json")
    values = [json.loads(line)["values"] for line in ran.out.splitlines()]
    assert [v["carrier"] for v in values] == [carrier for _, carrier, _, _ in SLIPS]
    assert [v["freight"] for v in values] == [1200.5, 310, 799.5]
    (tmp_path / "haulage_slip.json").unlink()
    return docai


def ask(docai: CommandLine, *words: str) -> dict[str, Any]:
    ran = docai("ask", *words, "--json")
    assert ran.code == 0, ran.err
    answer: dict[str, Any] = json.loads(ran.out)
    return answer


def test_records_are_added_up_by_fields_of_ones_own(docai: CommandLine) -> None:
    answer = ask(docai, "total freight by carrier")
    assert answer["route"] == "records"
    rows = {row[0]: row[-1] for row in answer["table"]}
    assert rows == {"Northway Haulage Ltd": 2000, "Pell & Sons Ltd": 310}
    assert {c["path"] for c in answer["citations"]} == {"/freight", "/carrier"}
    assert ask(docai, "How many haulage slips are there from Pell & Sons Ltd?")["value"] == 1
    listed = ask(docai, "Which slips have a load date after April 1, 2024?")
    assert [row[0] for row in listed["table"]] == ["in/HS-103.pdf"]


def test_pages_are_answered_by_the_fields_too(docai: CommandLine) -> None:
    answer = ask(docai, "How much is the freight?", "--in", "in/HS-102.pdf")
    assert (answer["value"], answer["unit"]) == (310, "USD")
    assert answer["citations"][0]["path"] == "/freight"


def test_the_run_leaves_the_tables_ready(docai: CommandLine) -> None:
    """The first question need not make them."""
    with closing(sqlite3.connect(docai.folder / ".docai" / "tables.db")) as db:
        assert db.execute("SELECT count(*) FROM records").fetchone() == (len(SLIPS),)


def test_tables_have_its_columns(docai: CommandLine) -> None:
    shown = docai("records", "query", "--tables").out
    assert "haulage_slip: " in shown
    assert "freight number" in shown
    assert "load_date date" in shown
