"""An agreement and its amendment, extracted and asked: families, as-of dates and answers agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from command_line import CommandLine

BASE = """SUPPLY AGREEMENT

This Supply Agreement (the "Agreement") is entered into as of January 5, 2019 by and between Corvid Metals
Inc., a Delaware corporation, and Bellamy Tools LLC, an Ohio limited liability company.

1. Term. This Agreement shall expire on May 31, 2024.

2. Governing Law. This Agreement shall be governed by the laws of the State of Ohio."""
AMENDMENT = """FIRST AMENDMENT TO SUPPLY AGREEMENT

This First Amendment is entered into as of February 1, 2023 by and between Corvid Metals Inc., a Delaware
corporation, and Bellamy Tools LLC, an Ohio limited liability company, and amends the Supply Agreement dated
January 5, 2019 between the parties.

1. Term. Section 1 is replaced as follows: The Agreement shall expire on May 31, 2027."""
ENDS = "When does the Supply Agreement between Corvid Metals and Bellamy Tools expire?"


@pytest.fixture
def docai(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    (tmp_path / "in").mkdir()
    for name, text in (("supply", BASE), ("first-amendment", AMENDMENT)):
        with pymupdf.open() as document:
            document.new_page().insert_textbox(pymupdf.Rect(72, 72, 540, 700), text, fontsize=11)
            document.save(tmp_path / "in" / f"{name}.pdf")
    docai = CommandLine(monkeypatch, capsys, tmp_path)
    assert docai("extract", "in", "-s", "contract", "-j", "0", "--json").code == 0
    return docai


def ask(docai: CommandLine, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(docai("ask", *words, "--json").out)
    return answer


def test_the_amendment_counts_from_its_day_on(docai: CommandLine) -> None:
    answer = ask(docai, ENDS)
    assert (answer["status"], answer["value"]) == ("conflict", "2027-05-31")
    told = answer["sentences"][-1]
    assert "Amended by" in told["text"]
    assert "2023-02-01" in told["text"]
    assert answer["citations"][told["citations"][0]]["uri"] == "in/first-amendment.pdf"
    before = ask(docai, ENDS, "--as-of", "2022-12-31")
    assert (before["status"], before["value"]) == ("answered", "2024-05-31")
    assert before["issues"] == []
    law = ask(docai, "Which law governs the Supply Agreement between Corvid Metals and Bellamy Tools?")
    assert (law["status"], law["value"]) == ("answered", "Ohio")
    assert [issue["code"] for issue in law["issues"]] == ["amended"]


def test_it_agrees_with_the_family_in_the_tables(docai: CommandLine) -> None:
    listed = ask(docai, "Which contracts expire after 2025?")
    assert listed["table"] == [["in/supply.pdf", "2027-05-31"]]
    early = docai("ask", "Which contracts expire after 2025?", "--as-of", "2022-12-31", "--json")
    assert json.loads(early.out)["table"] == []
