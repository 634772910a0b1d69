"""`docai ask` with a model, over records, where no recognised form covers it: its SQL, shown and checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from command_line import CommandLine

from docai.llm.chat import ChatRequest
from docai.llm.scripted import Turn
from docai.llm.scripted_server import ScriptedServer, ServerTraits, ThreadedServer
from docai.wiring import prepare_job

SCHEMA: dict[str, Any] = {
    "title": "Haulage slip",
    "type": "object",
    "properties": {
        "carrier": {"type": "string", "x-docai-kind": "organization", "x-docai-aliases": ["Carrier"]},
        "load_date": {"type": "string", "format": "date", "x-docai-aliases": ["Load date"]},
        "freight": {"type": "number", "x-docai-kind": "money", "x-docai-aliases": ["Freight"]},
    },
}
SLIPS = (
    ("Northway Haulage Ltd", "2024-03-05", "1,200.50"),
    ("Pell & Sons Ltd", "2024-03-09", "310.00"),
    ("Northway Haulage Ltd", "2024-03-09", "799.50"),
)
DAYS = "On how many different days were slips written?"
SQL = "SELECT count(DISTINCT load_date) AS days, group_concat(record_id) AS record_ids FROM haulage_slip"
Answer = Callable[[ChatRequest], str]


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("extracted") / "home"
    (root / "in").mkdir(parents=True)
    for number, (carrier, date, freight) in enumerate(SLIPS):
        with pymupdf.open() as document:
            page = document.new_page()
            lines = ("Haulage slip", f"Carrier: {carrier}", f"Load date: {date}", f"Freight: USD {freight}")
            for place, line in enumerate(lines):
                page.insert_text((72, 80 + 30 * place), line, fontsize=12)
            document.save(root / "in" / f"{number}.pdf")
    with prepare_job([root / "in"], schema=SCHEMA, workspace=root, workers=0) as job:
        assert len(list(job.run())) == len(SLIPS)
    return root


@pytest.fixture
def docai(open_copy: Callable[[Path], CommandLine], extracted: Path) -> CommandLine:
    return open_copy(extracted)


class Model:
    """Writes the given SQL, one after the other, and composes nothing that could be used."""

    def __init__(self, *queries: str, dies: bool = False) -> None:
        self._queries = list(queries)
        self._dies = dies
        self.asked: list[ChatRequest] = []

    def __call__(self, request: ChatRequest, number: int) -> Turn:
        if request.schema_name != "query":
            return Turn("no")
        self.asked.append(request)
        if not self._queries:
            return Turn("", fault="reset" if self._dies else "garbage")
        sql = self._queries.pop(0)
        return Turn(sql if sql.startswith("!") else json.dumps({"sql": sql, "reason": ""}))


def ask(docai: CommandLine, model: Model, question: str = DAYS, *words: str) -> tuple[int, dict[str, Any]]:
    with ThreadedServer(ScriptedServer(model, ServerTraits())) as server:
        ran = docai("ask", question, "--base-url", server.base_url, "--wait", "0", "--json", *words)
    assert "Traceback" not in ran.err
    return ran.code, json.loads(ran.out)


def test_a_right_query_answers_with_its_records(docai: CommandLine) -> None:
    model = Model(SQL)
    code, answer = ask(docai, model)
    assert (code, answer["status"], answer["route"]) == (0, "answered", "records")
    assert (answer["value"], answer["sql"], answer["model"]) == (2, SQL, "scripted")
    assert {(c["uri"], c["path"]) for c in answer["citations"]} == {
        (f"in/{number}.pdf", "/load_date") for number in range(3)
    }
    assert answer["prompt"].startswith("sha256:")
    sent = " ".join(str(part) for m in model.asked[0].messages for part in m.parts)
    assert "haulage_slip" in sent
    assert not any(carrier in sent for carrier, _, _ in SLIPS), "no value of a document is sent"


def test_rows_that_lost_their_records_are_uncited(docai: CommandLine) -> None:
    _, answer = ask(docai, Model("SELECT count(DISTINCT load_date) AS days FROM haulage_slip"))
    assert (answer["value"], answer["citations"]) == (2, [])
    assert [issue["code"] for issue in answer["issues"]] == ["uncited"]


def test_a_wrong_query_is_corrected_once(docai: CommandLine) -> None:
    model = Model("SELECT days FROM haulage_slip", SQL)
    _, answer = ask(docai, model)
    assert answer["value"] == 2
    assert "no such column: days" in str(model.asked[1].messages[-1].parts[0])


@pytest.mark.parametrize(
    "queries",
    [("DELETE FROM haulage_slip",) * 2, ("!no JSON",) * 2, ("",), ("DROP TABLE records", "SELECT 1")],
)
def test_without_a_usable_query_the_pages_answer_and_it_is_said(
    docai: CommandLine, queries: tuple[str, ...]
) -> None:
    before = docai("records", "query", "SELECT count(*) FROM haulage_slip").out
    _, answer = ask(docai, Model(*queries))
    assert answer["route"] != "records"
    told = {issue["code"]: issue["message"] for issue in answer["issues"]}
    assert "wrote no SQL over the records" in told["sql-not-written"]
    after = docai("records", "query", "SELECT count(*) FROM haulage_slip").out
    assert json.loads(after)["table"] == json.loads(before)["table"] == [[3]]


def test_a_server_that_dies_while_it_writes(docai: CommandLine) -> None:
    code, answer = ask(docai, Model("SELECT days FROM haulage_slip", dies=True))
    codes = {issue["code"] for issue in answer["issues"]}
    assert {"sql-not-written", "model-unreachable"} <= codes
    assert (answer["engine"], code) == ("extractive", 3)


def test_recognised_forms_ask_no_model(docai: CommandLine) -> None:
    model = Model()
    _, answer = ask(docai, model, "total freight by carrier")
    assert (answer["route"], answer["model"], model.asked) == ("records", None, [])
    assert {row[0]: row[-1] for row in answer["table"]} == {
        "Northway Haulage Ltd": 2000,
        "Pell & Sons Ltd": 310,
    }
    model = Model(SQL)
    _, without = ask(docai, model, DAYS, "--engine", "extractive")
    assert (without["route"] != "records", model.asked) == (True, [])
