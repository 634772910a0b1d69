"""Rows that a model missed and values of which it must say which is meant, through the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docai_process import read_lines, run_docai
from test_vlm_engine import serve
from truth_script import FIXTURES, Claims, TruthScript

from docai.llm.chat import ChatRequest, count_images
from docai.llm.scripted import Turn
from docai.schema import load_schema

INVOICE = "fernhill-joinery.pdf"
ROWS = 22
FORGOTTEN = "Brass fittings, set"


def extract(folder: Path, url: str, schema: str) -> dict[str, Any]:
    done = run_docai("extract", "inbox", "--schema", schema, "--base-url", url, "-j", 1, cwd=folder)
    assert done.returncode == 0, done.stderr
    (record,) = read_lines(done.stdout).values()
    return record


def is_asked_again(truth: TruthScript) -> bool:
    return "reported already" in str(truth.requests[-1].messages[-1].parts[-1])


def read_invoice(spoil: Callable[[TruthScript, Claims], Claims]) -> TruthScript:
    """A model whose rows go wrong; other claims are right."""

    def change(file: str, number: int, claims: Claims) -> Claims:
        rows = [c for c in claims if c["field"] == "/line_items"]
        rest = [] if is_asked_again(truth) else [c for c in claims if c["field"] != "/line_items"]
        return [*rest, *spoil(truth, rows)]

    truth = TruthScript("invoices", load_schema("invoice"), [INVOICE], change)
    return truth


def forget(truth: TruthScript, rows: Claims) -> Claims:
    """One row is missed at first; asked again the model tells all, those that are known too."""
    return rows if is_asked_again(truth) else [r for r in rows if r["row"]["description"] != FORGOTTEN]


def forget_for_good(truth: TruthScript, rows: Claims) -> Claims:
    """Asked again it invents a row and repeats another one."""
    kept = [r for r in rows if r["row"]["description"] != FORGOTTEN]
    if not is_asked_again(truth):
        return kept
    invented = {"description": "Oak stairs", "quantity": 1.0, "unit_price": 77.0, "line_total": 77.0}
    return [*kept[:1], {"field": "/line_items", "quote": "Oak stairs 1 77.00 77.00", "row": invented}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    shutil.copy(FIXTURES / "invoices" / INVOICE, tmp_path / "inbox")
    return tmp_path


def test_a_row_that_was_missed_is_asked_for_and_found(folder: Path) -> None:
    truth = read_invoice(forget)
    with serve(truth.script()) as server:
        record = extract(folder, server.base_url, "invoice")
        asked = list(truth.asked)
        again = run_docai(
            "extract", "inbox", "--schema", "invoice", "--base-url", server.base_url, "-j", 1,
            "--keep-unsupported", cwd=folder,
        )  # fmt: skip
    rows = record["values"]["line_items"]
    assert len(rows) == ROWS
    assert rows[4]["description"] == FORGOTTEN, "in its place, and none of the others twice"
    assert rows[4]["line_total"] == 649
    assert not [i for i in record["issues"] if i["code"] == "rows-do-not-add-up"]
    assert sorted(asked) == [(INVOICE, 1), (INVOICE, 1), (INVOICE, 2)], "the page that prints what is missing"
    question = str(next(r for r in truth.requests if "reported already" in str(r)).messages[-1].parts[-1])
    assert "- Site survey and measuring | 1 | 480 | 480" in question.replace(".0", "")
    assert FORGOTTEN not in question, "nothing of the page that the model did not say itself"
    assert again.returncode == 0
    assert truth.asked == asked, "answers are kept, those to further questions too"


def test_rows_that_stay_missing_are_told_and_no_row_is_made_up(folder: Path) -> None:
    truth = read_invoice(forget_for_good)
    with serve(truth.script()) as server:
        record = extract(folder, server.base_url, "invoice")
    rows = record["values"]["line_items"]
    assert len(rows) == ROWS - 1
    assert "Oak stairs" not in json.dumps(rows)
    (issue,) = [i for i in record["issues"] if i["code"] == "rows-do-not-add-up"]
    assert issue["message"] == "the 21 rows of /line_items come to 19046.2, by /net_total it is 19695.2"
    assert record["complete"], "all was read, and what is wrong is said"


DAY = {
    "title": "Note",
    "type": "object",
    "properties": {"day": {"type": "string", "format": "date", "description": "When it was written."}},
}
PRINTED = {"2024-04-19": "Invoice Date 19 April 2024", "2024-05-19": "Due Date 19 May 2024"}


@pytest.mark.parametrize(
    ("reply", "stands"),
    [
        ('{"1": 1}', "2024-04-19"),
        ('{"1": 2}', "2024-05-19"),
        ('{"1": 0}', "2024-04-19"),
        ('{"1": 5}', "2024-04-19"),
        ("It was in May.", "2024-04-19"),
    ],
    ids=["the first", "the other", "none", "no such", "garbage"],
)
def test_of_two_printed_values_the_one_that_is_named_stands(folder: Path, reply: str, stands: str) -> None:
    def claim_both(file: str, page: int, claims: Claims) -> Claims:
        both = [{"field": "/day", "quote": quote, "value": day} for day, quote in PRINTED.items()]
        return both if page == 1 else []

    (folder / "day.json").write_text(json.dumps(DAY))
    truth = TruthScript("invoices", load_schema(str(folder / "day.json")), [INVOICE], claim_both)

    def play(request: ChatRequest, number: int) -> Turn:
        said = truth.answer(request)
        return Turn(said if count_images(request) else reply)

    with serve(play) as server:
        record = extract(folder, server.base_url, "day.json")
    assert "/day: date. When it was written." in truth.chosen[0]
    assert len(truth.chosen) == (2 if reply.startswith("It") else 1)
    assert [i["code"] for i in record["issues"]] == (["reply-invalid"] if reply.startswith("It") else [])
    (field,) = record["fields"]
    assert (field["value"], field["status"]) == (stands, "grounded")
    assert [a["value"] for a in field["alternatives"]] == [day for day in PRINTED if day != stands]
    assert record["complete"]
