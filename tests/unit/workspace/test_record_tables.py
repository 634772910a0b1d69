"""Records as tables: what SQL sees, what it may do, which documents are copies and which amend others."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from workspace_samples import make_invoice, make_record

from docai.errors import ConfigError
from docai.types import Amends, Box, DocumentRef, FieldValue, Page, Record, Run, SchemaRef, SourceItem, Word
from docai.workspace import Workspace, open_workspace
from docai.workspace.tables.copies import similarity, sketch_text
from docai.workspace.tables.families import find_families


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(tmp_path) as opened:
        yield opened


def record(
    name: str, schema: str = "contract", amends: Amends | None = None, units: str | None = None, **values: Any
) -> Record:
    fields = tuple(
        FieldValue(path=f"/{key}", value=value, status="grounded", confidence=0.9, unit=units)
        for key, value in values.items()
        if not isinstance(value, list)
    )
    return Record(
        document=DocumentRef(id=f"sha256:{name}", uri=f"{name}.pdf", page_count=1),
        schema_ref=SchemaRef(id=schema, hash="sha256:5c"),
        complete=True,
        values=values,
        fields=fields,
        amends=amends,
        run=Run(docai="0.1.0", engine="extractive"),
    )


def put(workspace: Workspace, item: Record, text: str = "") -> None:
    document = item.document
    workspace.ledger.put_item(SourceItem(document.uri, 10, "v1"), document.id)
    words = tuple(Word(w, Box(0, 0, 1, 1), None, "text-layer") for w in text.split())
    page = Page(document.id, 1, 600, 800, 200, 200, "rendered", words=words, reader="layer")
    workspace.pages.put_page(page, "r")
    workspace.outcomes.create(f"{document.id}{item.schema_ref.id}", [item])


def rows(workspace: Workspace, sql: str, as_of: str | None = None) -> list[tuple[Any, ...]]:
    queries = workspace.open_queries(as_of)
    try:
        return list(queries.run(sql).rows)
    finally:
        queries.close()


def noisy(text: str, rate: float, seed: int) -> str:
    rng = random.Random(seed)
    return " ".join(w[:-1] + "x" if rng.random() < rate else w for w in text.split())


TEXT = " ".join(f"word{random.Random(3).randrange(10)}{i}" for i in range(600))


def test_values_are_typed_columns_and_lists_are_tables(workspace: Workspace) -> None:
    put(workspace, make_invoice())
    assert rows(workspace, "SELECT total, total_unit, paid, seller_name FROM invoice") == [
        (12.5, "EUR", 0, "Ö/Co")
    ]
    assert rows(workspace, "SELECT position, description, total, tags FROM invoice_line_items") == [
        (0, "Nägel", 12.5, "a; b"),
        (1, "Holz", None, None),
    ]
    assert rows(workspace, "SELECT path, status FROM fields WHERE status = 'missing'") == [
        ("/line_items/1/total", "missing")
    ]


def test_a_list_of_names_is_one_text_and_rows(workspace: Workspace) -> None:
    put(workspace, make_record())
    assert rows(workspace, "SELECT governing_law, parties FROM contract") == [
        ("Delaware", "Acme GmbH; =cmd|' /C calc'!A0")
    ]
    assert len(rows(workspace, "SELECT value FROM contract_parties")) == 2


def test_sums_are_those_of_decimals(workspace: Workspace) -> None:
    for number in range(10):
        put(workspace, record(f"i{number}", "invoice", total=0.1, number=f"N-{number}"))
    assert rows(workspace, "SELECT sum(total), count(*) FROM invoice") == [(1, 10)]
    assert rows(workspace, "SELECT sum(x) FROM (SELECT 2 AS x UNION SELECT 'NaN' UNION SELECT 'inf')") == [
        (2,)
    ]


def test_results_name_the_records_they_rest_on(workspace: Workspace) -> None:
    put(workspace, record("a", law="Ohio"))
    put(workspace, record("b", law="Ohio"))
    queries = workspace.open_queries()
    assert [len(ids) for ids in queries.run("SELECT record_id, law FROM contract").record_ids] == [1, 1]
    grouped = queries.run("SELECT law, group_concat(record_id) AS record_ids FROM contract GROUP BY law")
    assert [len(ids) for ids in grouped.record_ids] == [2]
    assert queries.run("SELECT count(*) FROM contract").record_ids == ((),)
    queries.close()


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM records",
        "UPDATE records SET uri = 'x'",
        "INSERT INTO fields (path) VALUES ('x')",
        "DROP VIEW contract",
        "CREATE TEMP TABLE x (y)",
        "ATTACH '/tmp/elsewhere.db' AS x",
        "PRAGMA query_only = OFF",
        "VACUUM INTO '/tmp/elsewhere.db'",
        "SELECT load_extension('x')",
        "SELECT 1; DROP TABLE records",
        "BEGIN",
    ],
)
def test_what_does_more_than_read_is_refused_and_changes_nothing(workspace: Workspace, sql: str) -> None:
    put(workspace, record("a", law="Ohio"))
    with pytest.raises(ConfigError, match="cannot be run") as caught:
        rows(workspace, sql)
    assert caught.value.code == "bad-sql"
    assert rows(workspace, "SELECT law FROM contract") == [("Ohio",)]


def test_a_query_without_end_is_stopped(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docai.workspace.tables.queries.MAX_SECONDS", 0.05)
    put(workspace, record("a", law="Ohio"))
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    with pytest.raises(ConfigError, match="stopped"):
        rows(workspace, endless)


def test_a_million_rows_are_cut_and_said_so(workspace: Workspace) -> None:
    put(workspace, record("a", law="Ohio"))
    queries = workspace.open_queries()
    many = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 1000000) SELECT x FROM n"
    result = queries.run(many)
    queries.close()
    assert result.cut
    assert len(result.rows) == 10_000


def test_an_unknown_table_is_told_with_those_there_are(workspace: Workspace) -> None:
    put(workspace, record("a", law="Ohio"))
    with pytest.raises(ConfigError, match="contract_family"):
        rows(workspace, "SELECT * FROM contracts")


def test_the_tables_follow_edits_and_deletions(workspace: Workspace) -> None:
    put(workspace, record("a", law="Ohio"))
    assert rows(workspace, "SELECT law FROM contract") == [("Ohio",)]
    workspace.ledger.put_item(SourceItem("a.pdf", 11, "v2"), "sha256:new")
    assert rows(workspace, "SELECT law FROM contract") == []
    assert rows(workspace, "SELECT * FROM fields") == []


def test_a_damaged_tables_file_is_made_again(workspace: Workspace) -> None:
    put(workspace, record("a", law="Ohio"))
    assert rows(workspace, "SELECT law FROM contract") == [("Ohio",)]
    for suffix in ("", "-wal", "-shm"):
        (workspace.folder / f"tables.db{suffix}").unlink(missing_ok=True)
    (workspace.folder / "tables.db").write_bytes(b"no database" * 1000)
    assert rows(workspace, "SELECT law FROM contract") == [("Ohio",)]


def test_the_same_bytes_under_two_names_count_once(workspace: Workspace) -> None:
    put(workspace, record("a", law="Ohio"))
    workspace.ledger.put_item(SourceItem("copy/a.pdf", 10, "v1"), "sha256:a")
    assert rows(workspace, "SELECT uri, copies FROM contract") == [("a.pdf", 2)]


def test_a_second_scan_of_a_document_counts_once(workspace: Workspace) -> None:
    put(workspace, record("a", number="N-1", total=10), noisy(TEXT, 0.03, 1))
    put(workspace, record("b", number="N-1", total=10), noisy(TEXT, 0.03, 2))
    put(workspace, record("c", number="N-1", total=10), " ".join(reversed(TEXT.split())))
    assert rows(workspace, "SELECT uri FROM contract") == [("a.pdf",), ("c.pdf",)]
    assert len(rows(workspace, "SELECT uri FROM all_contract WHERE duplicate_of IS NOT NULL")) == 1


def test_two_invoices_on_one_letterhead_are_no_copies(workspace: Workspace) -> None:
    put(workspace, record("a", "invoice", number="N-1", total=10), TEXT + " total 10")
    put(workspace, record("b", "invoice", number="N-2", total=10), TEXT + " total 10")
    put(workspace, record("c", "invoice", number="N-1", total=11), TEXT + " total 11")
    assert len(rows(workspace, "SELECT uri FROM invoice")) == 3


def test_sketches_estimate_the_share_of_common_text() -> None:
    words = TEXT.split()
    a, half = sketch_text(words), sketch_text(words[:300] + [f"other{i}" for i in range(300)])
    assert similarity(a, a) == 1.0
    assert 0.2 < similarity(a, half) < 0.47  # a third of the union is common
    assert similarity(a, sketch_text([])) == 0.0


MAIN = {"document_title": "Supply Agreement", "parties": ["Acme, Inc.", "Beta GmbH"]}


def test_amendments_stand_beside_what_they_amend(workspace: Workspace) -> None:
    put(workspace, record("main", **MAIN, agreement_date="2019-01-05", expiration_date="2021-01-05"))
    amends = Amends(title="Supply Agreement", date="2019-01-05", parties=("ACME Inc", "Beta GmbH"))
    first = {"document_title": "First Amendment to Supply Agreement", "parties": MAIN["parties"]}
    put(
        workspace,
        record("one", amends=amends, **first, agreement_date="2020-06-01", expiration_date="2023-01-05"),
    )
    put(workspace, record("other", **{**MAIN, "parties": ["Gamma Ltd"]}, agreement_date="2019-01-05"))
    found = rows(
        workspace, "SELECT members, uri, expiration_date, since FROM contract_family ORDER BY 1 DESC"
    )
    assert found[0] == (2, "main.pdf", "2023-01-05", "2020-06-01")
    assert len(found) == 2
    before = rows(
        workspace, "SELECT expiration_date FROM contract_family WHERE uri = 'main.pdf'", "2019-12-31"
    )
    assert before == [("2021-01-05",)]


def test_a_clause_of_any_member_counts_for_the_family(workspace: Workspace) -> None:
    put(workspace, record("main", **MAIN, agreement_date="2019-01-05", audit=True))
    amends = Amends(title="Supply Agreement", date=None, parties=())
    put(workspace, record("one", amends=amends, **MAIN, agreement_date="2020-01-05", audit=False))
    assert rows(workspace, "SELECT members, audit FROM contract_family") == [(2, 1)]


def test_amendments_of_each_other_end_somewhere() -> None:
    amends = Amends(title="Supply Agreement", date=None, parties=())
    records = {i: record(str(i), amends=amends, **MAIN, agreement_date="2019-01-05") for i in range(4)}
    families = find_families(records)
    assert families.keys() == records.keys()
