"""`docai schema`: list, show, check, infer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from docai.cli.inference import infer_schema
from docai.cli.schema import schema_app
from docai.errors import ConfigError
from docai.schema import list_shipped, load_schema

RUNNER = CliRunner()


def run(*arguments: str, code: int = 0) -> str:
    result = RUNNER.invoke(schema_app, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def write(path: Path, *rows: Any) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_list_names_every_shipped_schema() -> None:
    lines = run("list").splitlines()
    assert [line.split()[0] for line in lines] == list(list_shipped())
    rows = [json.loads(line) for line in run("list", "--json").splitlines()]
    assert [row["id"] for row in rows] == list(list_shipped())


def test_show_prints_the_schema_and_the_record_schema() -> None:
    assert json.loads(run("show", "invoice")) == load_schema("invoice").definition
    record = json.loads(run("show", "contract", "--record"))
    assert record["properties"]["governing_law"]["type"] == ["string", "null"]
    assert "/line_items/*/unit_price" in run("show", "invoice", "--fields")


def test_check_names_every_bad_schema_and_exits_2(tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.json", {"properties": {"a": {"type": "nothing"}}})
    output = run("check", str(bad), "contract", "nowhere.json", code=2)
    assert "/properties/a/type" in output
    assert "contract: " in output
    assert "no schema and no file named 'nowhere.json'" in output


def test_check_advises_where_docai_has_nothing_to_go_by(tmp_path: Path) -> None:
    vague = write(tmp_path / "vague.json", {"properties": {"x7": {"type": "string"}}})
    assert "/x7 is plain text" in run("check", str(vague))


def test_infer_writes_a_schema_that_checks(tmp_path: Path) -> None:
    rows = [
        {"total": "€ 12,50", "placed": "3 May 2024", "notice": "30 days"},
        {"total": "€ 9,00", "placed": None},
    ]
    out = tmp_path / "order.schema.json"
    run("infer", str(write(tmp_path / "orders.jsonl", *rows)), "-o", str(out))
    fields = {field.path: (field.kind, field.json_type) for field in load_schema(out).fields}
    assert fields == {
        "/total": ("money", "number"),
        "/placed": ("date", "string"),
        "/notice": ("duration", "string"),
    }
    assert json.loads(out.read_text())["title"] == "Orders"
    run("check", str(out))


def test_infer_reads_nested_objects_lists_and_rows(tmp_path: Path) -> None:
    example = {
        "seller": {"name": "Oak & Vale LLC", "vat_id": "DE123456789"},
        "parties": ["A Inc.", "B Inc."],
        "lines": [{"text": "Screws", "pieces": 3, "price": 0.1}, {"text": "Nails", "pieces": 4}],
        "paid": True,
    }
    schema = load_schema(infer_schema([write(tmp_path / "one.json", example)])[0])
    assert {field.path: field.json_type for field in schema.fields} == {
        "/seller/name": "string",
        "/seller/vat_id": "string",
        "/parties/*": "string",
        "/lines/*/text": "string",
        "/lines/*/pieces": "integer",
        "/lines/*/price": "number",
        "/paid": "boolean",
    }
    assert schema.field("/lines/0/text").required
    assert not schema.field("/lines/0/price").required


def test_infer_reads_labels_and_csv(tmp_path: Path) -> None:
    labels = [{"file": f"{i}.pdf", "fields": {"order_no": f"00{i}", "rate": f"{i} %"}} for i in range(3)]
    properties = infer_schema([write(tmp_path / "labels.jsonl", *labels)])[0]["properties"]
    assert properties["order_no"] == {"type": "string"}
    assert properties["rate"]["x-docai-kind"] == "percent"
    table = tmp_path / "t.csv"
    table.write_text("mode,pieces\n" + "cash,1\ncard,\n" * 8)
    properties = infer_schema([table])[0]["properties"]
    assert properties == {
        "mode": {"type": "string", "enum": ["card", "cash"]},
        "pieces": {"type": ["integer", "null"]},
    }


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("scan.pdf", "%PDF-1.4", "a document does not tell which fields you want"),
        ("rows.json", "[1, 2]", "an example is an object"),
        ("rows.json", "{", "Expecting property name"),
        ("rows.jsonl", "", "no examples"),
        ("rows.yaml", "a: [", "expected"),
    ],
)
def test_infer_says_why_it_cannot(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        infer_schema([path])
