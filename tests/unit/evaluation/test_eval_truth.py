from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from docai.errors import ConfigError
from docai.evaluation.truth import Passage, load_labels
from docai.schema import Schema, load_schema

Write = Callable[[list[dict[str, Any]]], Path]
SHARED = Path(__file__).resolve().parents[3] / "../shared/data"


def test_labels_take_the_names_of_the_schema(write_labels: Write, schema: Schema) -> None:
    path = write_labels(
        [
            {
                "file": "scans/a.pdf",
                "pages": 3,
                "scan": {"dpi": 300},
                "fields": {"Title": "Deal", "signed_on": "", "colour": "red"},
                "evidence": {"Title": [{"text": "THE DEAL", "pages": [1, 2]}]},
                "clauses": {
                    "Non-Compete": {
                        "present": True,
                        "evidence": [{"text": "shall not compete", "pages": [3]}],
                    }
                },
            }
        ]
    )
    labels = load_labels(path, schema)
    truth = labels.truths[0]
    assert truth.group == "scans"
    assert truth.values == {"/title": "Deal", "/signed_on": None, "/clauses/non_compete": True}
    assert truth.evidence["/title"] == (Passage("THE DEAL", (1, 2)),)
    assert truth.evidence["/clauses/non_compete"] == (Passage("shall not compete", (3,)),)
    assert labels.unknown == ("/colour",)


def test_written_dates_are_read_in_the_files_own_order(write_labels: Write, schema: Schema) -> None:
    rows = [{"file": f, "fields": {"signed_on": d}} for f, d in (("a", "05/04/2018"), ("b", "25/04/2018"))]
    assert load_labels(write_labels(rows), schema).truths[0].values == {"/signed_on": "2018-04-05"}
    rows[1]["fields"] = {"signed_on": "04/25/2018"}
    assert load_labels(write_labels(rows), schema).truths[0].values == {"/signed_on": "2018-05-04"}


def test_rows_keep_labelled_columns_and_empty_rows_go(write_labels: Write, schema: Schema) -> None:
    items = [
        {"description": None, "amount": None},
        {"description": "Pens", "amount": "1.250"},
        {"amount": ""},
    ]
    truth = load_labels(write_labels([{"file": "a", "fields": {"line_items": items}}]), schema).truths[0]
    assert truth.values == {"/line_items": [{"description": "Pens", "amount": Decimal("1.250")}]}


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "labels-invalid"), ('{"fields": {}}', "labels-invalid"), ("[1]", "labels-invalid")],
)
def test_broken_labels_name_the_line(tmp_path: Path, schema: Schema, text: str, code: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"file": "a", "fields": {"title": "x"}}\n' + text, encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2") as raised:
        load_labels(path, schema)
    assert raised.value.code == code


def test_absent_labels_and_foreign_names_are_configuration_errors(
    write_labels: Write, schema: Schema
) -> None:
    with pytest.raises(ConfigError, match="cannot read labels"):
        load_labels(Path("nowhere/labels.jsonl"), schema)
    with pytest.raises(ConfigError, match="no label"):
        load_labels(write_labels([{"file": "a", "fields": {"colour": "red"}}]), schema)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared development data is not beside the checkout")
@pytest.mark.parametrize(
    ("folder", "name", "count", "day_first"),
    [
        ("contracts", "contract", 56, None),
        ("receipts", "receipt", 110, True),
        ("ad-buys", "ad_buy", 50, False),
        ("e-invoices", "invoice", 44, None),
    ],
)
def test_shared_labels_fit_the_shipped_schemas(
    folder: str, name: str, count: int, day_first: bool | None
) -> None:
    labels = load_labels(SHARED / folder / "labels.jsonl", load_schema(name))
    assert (len(labels.truths), labels.unknown, labels.day_first) == (count, (), day_first)
