"""Questions over records: which SQL they become, which are left alone, and what the answer cites."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docai.answering.question import read_question
from docai.answering.tables.answers import answer_with_table
from docai.answering.tables.comparisons import find_comparisons
from docai.answering.tables.forms import recognise
from docai.schema import load_schema
from docai.types import (
    Answer,
    Box,
    DocumentRef,
    Evidence,
    FieldValue,
    Record,
    Run,
    SchemaRef,
    SourceItem,
)
from docai.workspace import Workspace, open_workspace
from docai.workspace.tables.queries import RecordQueries

TODAY = datetime.date(2026, 11, 24)


def record(name: str, schema: str, units: dict[str, str] | None = None, **values: Any) -> Record:
    clauses = {k.removeprefix("clauses_"): v for k, v in values.items() if k.startswith("clauses_")}
    plain = {k: v for k, v in values.items() if not k.startswith("clauses_")}
    leaves = [(f"/{k}", v) for k, v in plain.items()] + [(f"/clauses/{k}", v) for k, v in clauses.items()]
    fields = tuple(
        FieldValue(
            path=path,
            value=value,
            status="missing" if value is None else "grounded",
            confidence=0.9,
            unit=(units or {}).get(path.strip("/")),
            evidence=()
            if value is None
            else (Evidence(page=2, quote=str(value), match="exact", score=1.0, boxes=(Box(1, 2, 3, 4),)),),
        )
        for path, value in leaves
        if not isinstance(value, list)
    )
    return Record(
        document=DocumentRef(id=f"sha256:{name}", uri=f"{name}.pdf", page_count=3),
        schema_ref=SchemaRef(id=schema, hash="sha256:5c"),
        complete=True,
        values={**plain, **({"clauses": clauses} if clauses else {})},
        fields=fields,
        run=Run(docai="0.1.0", engine="extractive"),
    )


RECORDS = (
    record("lease", "contract", parties=["Acme, Inc."], agreement_date="2019-03-01",
           expiration_date="2026-12-31", governing_law="Delaware", clauses_anti_assignment=True,
           clauses_audit_rights=False),
    record("supply", "contract", parties=["Beta GmbH"], agreement_date="2008-01-01",
           expiration_date=None, governing_law="New York", clauses_anti_assignment=False,
           clauses_audit_rights=True),
    record("nolaw", "contract", parties=["Gamma Ltd"], agreement_date="2020-05-05",
           expiration_date="2030-01-01", governing_law=None, clauses_anti_assignment=True,
           clauses_audit_rights=True),
    record("i1", "invoice", {"grand_total": "EUR"}, invoice_number="1", issue_date="2018-01-10",
           seller_name="Acme, Inc.", grand_total=100.1),
    record("i2", "invoice", {"grand_total": "EUR"}, invoice_number="2", issue_date="2018-06-10",
           seller_name="Acme, Inc.", grand_total=200.2),
    record("i3", "invoice", {"grand_total": "USD"}, invoice_number="3", issue_date="2019-06-10",
           seller_name="Beta GmbH", grand_total=900.0),
)  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(tmp_path) as opened:
        for item in RECORDS:
            opened.ledger.put_item(SourceItem(item.document.uri, 1, "v"), item.document.id)
            opened.outcomes.create(item.document.id, [item])
        yield opened


@pytest.fixture
def tables(workspace: Workspace) -> Iterator[RecordQueries]:
    queries = workspace.open_queries()
    yield queries
    queries.close()


SCHEMAS = {name: load_schema(name).fields for name in ("contract", "invoice")}


def ask(question: str, workspace: Workspace, tables: RecordQueries) -> Answer | None:
    query = recognise(read_question(question), tables, SCHEMAS, TODAY)
    if query is None:
        return None
    result = tables.run(query.sql, query.parameters)
    load = workspace.outcomes.load_records
    return answer_with_table(question, query.sql, result, query.paths, load, query=query)


def uris(answer: Answer | None) -> set[str]:
    assert answer is not None
    place = answer.columns.index("uri")
    return {row[place].removesuffix(".pdf") for row in answer.table}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which contracts expire before 2027?", {"lease"}),
        ("Which contracts expire in the next 90 days?", {"lease"}),
        ("Which agreements expire after 2027?", {"nolaw"}),
        ("Which contracts have no governing law?", {"nolaw"}),
        ("Which contracts without an expiration date are there?", {"supply"}),
        ("Which contracts forbid assignment?", {"lease", "nolaw"}),
        ("Which contracts have audit rights and were signed after 2010?", {"nolaw"}),
        ("List contracts governed by the law of New York", {"supply"}),
        ("Which invoices are over 150 EUR?", {"i2"}),
        ("Which invoices are from 2018?", {"i1", "i2"}),
        ("Show invoices between January 2018 and March 2018", {"i1"}),
        ("What is the largest invoice?", {"i3"}),
        ("What is the earliest contract?", {"supply"}),
        ("Which invoices of Acme, Inc. are there?", {"i1", "i2"}),
    ],
)
def test_lists(question: str, expected: set[str], workspace: Workspace, tables: RecordQueries) -> None:
    assert uris(ask(question, workspace, tables)) == expected


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many contracts are there?", 3),
        ("How many contracts have no governing law?", 1),
        ("How many invoices by Acme, Inc. are there?", 2),
        ("Wie viele Rechnungen gibt es?", 3),
        ("Total of all invoices in EUR", None),
    ],
)
def test_counts(question: str, value: int | None, workspace: Workspace, tables: RecordQueries) -> None:
    answer = ask(question, workspace, tables)
    assert (answer.value if answer else None) == value


def test_amounts_of_two_currencies_are_never_added(workspace: Workspace, tables: RecordQueries) -> None:
    answer = ask("total by seller", workspace, tables)
    assert answer is not None
    assert [row[:3] for row in answer.table] == [
        ("Beta GmbH", "USD", 900),
        ("Acme, Inc.", "EUR", 300.3),
    ]
    whole = ask("What is the total of all invoices?", workspace, tables)
    assert whole is not None
    assert {row[:2] for row in whole.table} == {("USD", 900), ("EUR", 300.3)}


def test_rows_cite_the_pages_of_the_fields_they_used(workspace: Workspace, tables: RecordQueries) -> None:
    answer = ask("Which contracts expire before 2027?", workspace, tables)
    assert answer is not None
    assert [(c.uri, c.page, c.quote, c.path) for c in answer.citations] == [
        ("lease.pdf", 2, "2026-12-31", "/expiration_date")
    ]
    assert answer.route == "records"
    assert not answer.issues


def test_a_query_that_loses_its_records_is_shown_as_uncited(
    workspace: Workspace, tables: RecordQueries
) -> None:
    sql = "SELECT count(*) FROM contract"
    answer = answer_with_table(sql, sql, tables.run(sql), [], workspace.outcomes.load_records)
    assert answer.citations == ()
    assert [issue.code for issue in answer.issues] == ["uncited"]


@pytest.mark.parametrize(
    "question",
    [
        "Which law governs the agreement between Acme and Beta?",
        "Which contracts mention Bitcoin?",
        "Which contracts with a notice period of more than 60 days are there?",
        "How many contracts were signed by Zeta Corp?",
        "Which contracts automatically renew?",
        "What does the contract say about shipping?",
        "When does the lease end?",
    ],
)
def test_what_the_forms_cannot_say_whole_is_left_alone(
    question: str, workspace: Workspace, tables: RecordQueries
) -> None:
    assert ask(question, workspace, tables) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("before 2027", [("<", "2027-01-01")]),
        ("after 2020", [(">", "2020-12-31")]),
        ("since march 2024", [(">=", "2024-03-01")]),
        ("in 2018", [(">=", "2018-01-01"), ("<=", "2018-12-31")]),
        ("from 2018 onwards", [(">=", "2018-01-01")]),
        ("on or before 31 december 2025", [("<=", "2025-12-31")]),
        ("between january 2019 and march 2020", [(">=", "2019-01-01"), ("<=", "2020-03-31")]),
        ("last year", [(">=", "2025-01-01"), ("<=", "2025-12-31")]),
        ("this quarter", [(">=", "2026-10-01"), ("<=", "2026-12-31")]),
        ("next month", [(">=", "2026-12-01"), ("<=", "2026-12-31")]),
        ("in the next 30 days", [(">=", "2026-11-24"), ("<=", "2026-12-24")]),
        ("over $1,000", [(">", "1000")]),
        ("at least 20.50 eur", [(">=", "20.50")]),
        ("more than 60 days", []),
        ("page 7", []),
    ],
)
def test_comparisons(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(c.operator, str(c.value)) for c in find_comparisons(text, TODAY)] == expected
