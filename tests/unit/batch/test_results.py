"""What `batch collect` writes: data sets that other programs open, with counts that add up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from docai.batch.results import ResultWriter, writing
from docai.batch.results.shapes import shape_records
from docai.errors import ConfigError
from docai.schema import Schema, load_schema
from docai.sources.folder_store import FolderStore
from docai.types import (
    DocumentRef,
    ErrorInfo,
    Evidence,
    FailedDocument,
    Failure,
    FieldValue,
    Outcome,
    Record,
    Run,
    SchemaRef,
    Segment,
    SourceItem,
)
from docai.workspace.export import outcome_line, parse_line

pytest.importorskip("pyarrow")


INVOICE = load_schema("invoice")


def make_record(uri: str, schema: Schema = INVOICE, values: Any = None, **changes: Any) -> Record:
    evidence = Evidence(page=1, quote="12.50", match="exact", score=1.0, boxes=((1.0, 2.0, 3.0, 4.0),))
    value = FieldValue(
        path="/grand_total",
        value=Decimal("12.50"),
        status="grounded",
        confidence=0.9,
        unit="EUR",
        evidence=(evidence,),
    )
    record = Record(
        document=DocumentRef(id=f"sha256:{uri}", uri=uri, page_count=2),
        schema=SchemaRef(id=schema.id, hash=schema.hash),
        complete=True,
        values=values if values is not None else {"grand_total": 12.5, "line_items": [{"quantity": 2}]},
        fields=(value,),
        run=Run(docai="0", engine="extractive"),
    )
    return record.model_copy(update=changes)


def make_failure(uri: str, code: str = "damaged") -> Failure:
    return Failure(document=FailedDocument(uri=uri), error=ErrorInfo(code=code, message="no pages"))


def write(root: Path, outcomes: dict[str, Sequence[Outcome] | None], **options: Any) -> dict[str, Any]:
    writer = ResultWriter(FolderStore(root), "results", {INVOICE.hash: INVOICE}, outcome_line, **options)
    for uri, given in outcomes.items():
        writer.add(SourceItem(uri, 1, "v"), given)
    return writer.finish({"job": "j"})


def test_counts_add_up_to_the_listing(tmp_path: Path) -> None:
    half = make_record("c", complete=False)
    parts = [make_record("d", segment=Segment(first=n, last=n)) for n in (1, 2)]
    manifest = write(
        tmp_path,
        {"a": [make_record("a")], "b": [make_failure("b")], "c": [half], "d": parts, "e": None},
    )
    counts = manifest["counts"]
    assert counts == {
        "items": 5,
        "complete": 2,
        "incomplete": 1,
        "failed": 1,
        "left": 1,
        "records": 4,
        "failures_by_code": {"damaged": 1},
    }
    assert json.loads((tmp_path / "results/manifest.json").read_text()) == manifest
    for parts_of in manifest["parts"].values():
        for part in parts_of:
            assert (tmp_path / "results" / part["key"]).stat().st_size == part["bytes"]


def test_records_have_the_schema_s_columns_and_types(tmp_path: Path) -> None:
    import pyarrow.dataset as ds

    write(tmp_path, {"a": [make_record("a")], "b": [make_record("b", values={"line_items": []})]})
    table = ds.dataset(tmp_path / "results/records/invoice").to_table()
    [first, second] = table.to_pylist()
    assert first["grand_total"] == 12.5
    assert first["line_items"][0]["quantity"] == 2.0
    assert first["line_items"][0]["description"] is None
    assert json.loads(first["values"])["grand_total"] == 12.5
    assert (second["grand_total"], second["line_items"]) == (None, [])
    assert table.schema.equals(shape_records(INVOICE))


def test_a_field_carries_its_evidence(tmp_path: Path) -> None:
    import pyarrow.dataset as ds

    write(tmp_path, {"a": [make_record("a")]})
    [row] = ds.dataset(tmp_path / "results/fields").to_table().to_pylist()
    assert (row["uri"], row["path"], row["value"], row["unit"]) == ("a", "/grand_total", "12.5", "EUR")
    assert row["evidence"][0]["quote"] == "12.50"
    assert row["evidence"][0]["boxes"] == [[1.0, 2.0, 3.0, 4.0]]


def test_two_files_with_the_same_bytes_are_two_rows(tmp_path: Path) -> None:
    import pyarrow.dataset as ds

    record = make_record("a")
    write(tmp_path, {"a": [record], "copy of a": [record]})
    rows = (
        ds.dataset(tmp_path / "results/records/invoice").to_table(columns=["uri", "document_id"]).to_pylist()
    )
    assert [row["uri"] for row in rows] == ["a", "copy of a"]
    assert len({row["document_id"] for row in rows}) == 1


def test_json_lines_are_the_outcomes_again(tmp_path: Path) -> None:
    outcomes = {"a": [make_record("a")], "b": [make_failure("b")]}
    write(tmp_path, outcomes, formats=("jsonl",))
    assert not (tmp_path / "results/records").exists()
    lines = (tmp_path / "results/jsonl/part-00000.jsonl").read_text().splitlines()
    assert [parse_line(line) for line in lines] == [outcomes["a"][0], outcomes["b"][0]]


def test_parts_are_bounded_and_fit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.dataset as ds

    monkeypatch.setitem(writing.ROWS_PER_PART, "records", 3)
    rows = {f"{n}": [make_record(f"{n}", values={"grand_total": n} if n > 3 else {})] for n in range(8)}
    manifest = write(tmp_path, rows)
    assert [part["rows"] for part in manifest["parts"]["records/invoice"]] == [3, 3, 2]
    assert ds.dataset(tmp_path / "results/records/invoice").count_rows() == 8


def test_results_that_are_written_over_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(writing.ROWS_PER_PART, "records", 1)
    write(tmp_path, {"a": [make_record("a")], "b": [make_record("b")], "c": [make_failure("c")]})
    write(tmp_path, {"a": [make_record("a")]})
    left = sorted(str(p.relative_to(tmp_path / "results")) for p in tmp_path.rglob("*") if p.is_file())
    assert left == [
        "fields/part-00000.parquet",
        "jsonl/part-00000.jsonl",
        "manifest.json",
        "records/invoice/part-00000.parquet",
    ]


def test_somebody_else_s_manifest_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "results/manifest.json"
    path.parent.mkdir()
    path.write_text('{"name": "an app"}')
    with pytest.raises(ConfigError, match="no manifest of docai"):
        write(tmp_path, {"a": [make_record("a")]})
    assert path.read_text() == '{"name": "an app"}'


def test_what_no_column_takes_is_null_and_stays_in_values(tmp_path: Path) -> None:
    import pyarrow.dataset as ds

    odd = {"grand_total": "twelve", "line_items": "none", "seller_name": "a\ud800b"}
    write(tmp_path, {"a": [make_record("a", values=odd)]})
    [row] = ds.dataset(tmp_path / "results/records/invoice").to_table().to_pylist()
    assert (row["grand_total"], row["line_items"], row["seller_name"]) == (None, None, "a?b")
    assert json.loads(row["values"])["grand_total"] == "twelve"


def test_a_schema_with_columns_of_docai_s_names(tmp_path: Path) -> None:
    schema = load_schema(
        {
            "title": "odd",
            "type": "object",
            "properties": {
                "uri": {"type": "string"},
                "values": {"type": "integer"},
                "any": {"type": ["string", "null"]},
            },
        }
    )
    names = shape_records(schema).names
    assert len(names) == len(set(names))
    assert {"uri", "docai_uri", "values", "docai_values", "any"} <= set(names)


def test_duckdb_and_pandas_open_it(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="needs duckdb (.ci/run has it)")
    pandas = pytest.importorskip("pandas", reason="needs pandas (.ci/run has it)")
    write(tmp_path, {"a": [make_record("a")], "b": [make_failure("b")]})
    results = tmp_path / "results"
    total = duckdb.sql(f"select sum(grand_total) from '{results}/records/invoice/*.parquet'").fetchall()
    assert total == [(12.5,)]
    quote = duckdb.sql(f"select evidence[1].quote from '{results}/fields/*.parquet'").fetchall()
    assert quote == [("12.50",)]
    assert list(pandas.read_parquet(results / "failures")["code"]) == ["damaged"]
    assert len(pandas.read_json(results / "jsonl/part-00000.jsonl", lines=True)) == 2
