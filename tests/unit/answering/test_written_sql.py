"""SQL of a model over records: what it is told, what is run, what comes of a bad one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from docai.answering.question import read_question
from docai.answering.tables.written import (
    Written,
    describe_tables,
    goes_to_records,
    read_query,
    write_query,
)
from docai.errors import DocaiError, ServiceError
from docai.llm.chat import ModelClient, Reply
from docai.llm.scripted import ScriptedModel
from docai.schema import load_schema
from docai.types import DocumentRef, FieldValue, Record, Run, SchemaRef, SourceItem
from docai.workspace import open_workspace
from docai.workspace.tables.queries import RecordQueries

SCHEMAS = {"invoice": load_schema("invoice").fields}
QUESTION = read_question("On how many different days were invoices issued?")
SQL = "SELECT count(DISTINCT issue_date) AS days, group_concat(record_id) AS record_ids FROM invoice"


class Desk:
    """A scripted model, asked from this thread."""

    def __init__(self, *replies: str | DocaiError) -> None:
        self.model = ScriptedModel.from_replies(*replies)
        self.name = self.model.name

    def start(self, work: Callable[[ModelClient], Coroutine[Any, Any, Reply]]) -> Future[Reply]:
        future: Future[Reply] = Future()
        try:
            future.set_result(asyncio.run(work(self.model)))
        except DocaiError as error:
            future.set_exception(error)
        return future

    def said_last(self) -> str:
        return str(self.model.asked[-1].messages[-1].parts[0])


def query(sql: str, reason: str = "") -> str:
    return json.dumps({"sql": sql, "reason": reason})


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[RecordQueries]:
    schema = load_schema("invoice")
    with open_workspace(tmp_path) as stores:
        for number, (seller, day) in enumerate(
            [("Acme Secret Ltd", "2024-01-05"), ("Beta", "2024-01-05"), ("Beta", "2024-02-01")]
        ):
            name = f"sha256:{number}"
            stores.ledger.put_item(SourceItem(f"{number}.pdf", 1, "1"), name)
            values = {"seller_name": seller, "issue_date": day}
            fields = tuple(
                FieldValue(path=f"/{path}", value=value, status="grounded") for path, value in values.items()
            )
            stores.outcomes.create(
                name,
                [
                    Record(
                        document=DocumentRef(id=name, uri=f"{number}.pdf", page_count=1),
                        schema_ref=SchemaRef(id=schema.id, hash=schema.hash),
                        complete=True,
                        values=values,
                        fields=fields,
                        run=Run(docai="0", engine="extractive"),
                    )
                ],
            )
        queries = stores.open_queries()
        yield queries
        queries.close()


def write(tables: RecordQueries, *replies: str | DocaiError) -> tuple[Written, Desk]:
    desk = Desk(*replies)
    return write_query(QUESTION, tables, SCHEMAS, desk, "2026-11-24"), desk


def test_a_right_query_is_run_with_its_records(tables: RecordQueries) -> None:
    written, desk = write(tables, query(SQL + ";"))
    assert written.result is not None
    assert written.result.rows[0][0] == 2
    assert len(written.result.record_ids[0]) == 3
    assert (written.sql, written.paths) == (SQL, ("/issue_date",))
    assert written.tokens > 0
    assert len(desk.model.asked) == 1


def test_the_model_sees_the_tables_and_no_value(tables: RecordQueries) -> None:
    _, desk = write(tables, query(SQL))
    told = desk.said_last()
    assert "table invoice\n" in told
    assert "issue_date date" in told
    assert "record_id: id of the record" in told
    description = next(f.description for f in SCHEMAS["invoice"] if f.path == "/issue_date")
    assert description == "" or description in told
    assert "Acme" not in told
    assert "2024-01-05" not in told
    assert QUESTION.text in told
    assert "2026-11-24" in told


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("DELETE FROM invoice", "cannot modify invoice"),
        ("DROP TABLE t_invoice -- invoice", "it does more than read"),
        ("SELECT 1 FROM invoice; DROP TABLE records", "more than one statement"),
        ("ATTACH 'x.db' AS y; SELECT * FROM invoice", "it does more than read"),
        ("SELECT nonsense FROM invoice", "no such column: nonsense"),
        ("SELECT 42", "it reads none of the tables"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n, invoice",
         "it was stopped"),
    ],
)  # fmt: skip
def test_a_bad_query_is_told_and_may_be_corrected_once(tables: RecordQueries, sql: str, told: str) -> None:
    tables.max_seconds = 0.1
    written, desk = write(tables, query(sql), query(SQL))
    assert written.result is not None
    assert told in desk.said_last()
    failed, desk = write(tables, query(sql), query(sql))
    assert failed.result is None
    assert told in failed.trouble
    assert len(desk.model.asked) == 2
    assert tables.run("SELECT count(*) FROM invoice").rows == ((3,),), "nothing is changed"


@pytest.mark.parametrize("text", ["", "I think there are two.", '{"sql": 3}', '{"sql": "SEL', "[]", "{" * 50])
def test_garbage_is_no_query(tables: RecordQueries, text: str) -> None:
    assert read_query(text)[0] is None
    written, desk = write(tables, text, text)
    assert (written.result, "no JSON of the form" in written.trouble) == (None, True)
    assert len(desk.model.asked) == 2


def test_a_model_may_say_that_the_tables_do_not_tell(tables: RecordQueries) -> None:
    written, _ = write(tables, query("", "no column holds colours"))
    assert written.result is None
    assert "no column holds colours" in written.trouble


def test_a_server_that_dies_is_no_error(tables: RecordQueries) -> None:
    gone = ServiceError("server-away", "the server went away")
    written, _ = write(tables, query("SELECT nonsense FROM invoice"), gone)
    assert (written.result, written.failed, written.trouble) == (None, gone, "the server went away")


def test_replies_of_models_without_a_grammar() -> None:
    assert read_query('Sure:\n```json\n{"sql": "SELECT 1;", "reason": "x"}\n```')[0] == "SELECT 1"
    assert read_query("```sql\nSELECT uri FROM invoice;\n```")[0] == "SELECT uri FROM invoice"


def test_which_questions_go_to_records() -> None:
    for text in (
        "On how many different days were invoices issued?",
        "What is the average total by seller and month?",
        "Which invoices were issued on a Monday?",
    ):
        assert goes_to_records(read_question(text), SCHEMAS), text
    for text in (
        "Which law governs the lease with Acme Corp?",
        "How many days of notice must be given?",
        "Who signed it?",
        "Is there a cap on liability?",
    ):
        assert not goes_to_records(read_question(text), SCHEMAS), text


def test_enumerations_and_lists_are_described() -> None:
    schema = load_schema(
        {"title": "Slip", "type": "object", "properties": {
            "kind": {"type": "string", "enum": ["in", "out"], "description": "Which way"},
            "tags": {"type": "array", "items": {"type": "string"}}}}
    )  # fmt: skip
    from docai.types import TableColumn

    columns = [
        TableColumn("slip", "kind", "/kind", "text", "slip"),
        TableColumn("slip", "tags", "/tags/*", "text", "slip"),
    ]
    told = describe_tables(columns, {"slip": schema.fields})
    assert "kind text: Which way; one of in, out" in told
    assert "tags text: several values" in told
