import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from docai.errors import ConfigError, DocumentError
from docai.evaluation.html import build_html
from docai.evaluation.judge import evaluate
from docai.evaluation.outcomes import load_outcomes
from docai.evaluation.report import Report, report_to_json
from docai.evaluation.table import build_tables
from docai.evaluation.truth import Labels, load_labels
from docai.schema import Schema
from docai.types import (
    Box,
    ErrorInfo,
    Evidence,
    FailedDocument,
    Failure,
    FieldValue,
    Outcome,
    PageImage,
)


def show_page(uri: str, number: int) -> PageImage:
    if "lost" in uri:
        raise DocumentError("gone", "the file is gone", document=uri, page=number)
    return PageImage(number, np.full((400, 300), 255, np.uint8), "native", 144.0, 144.0)


def show_nothing(uri: str, number: int) -> PageImage:
    raise AssertionError("figures need no pixels where no lines are annotated")


@pytest.fixture
def labels(write_labels: Callable[[list[dict[str, Any]]], Path], schema: Schema) -> Labels:
    passages = {"title": [{"text": "THE DEAL", "pages": [1]}], "signed_on": [{"text": "May", "pages": [2]}]}
    fields = {"title": "Deal", "signed_on": "2019-05-01"}
    files = ("scans/a.pdf", "scans/b.pdf", "digital/c.pdf", "digital/lost.pdf")
    return load_labels(
        write_labels([{"file": f, "fields": fields, "evidence": passages} for f in files]), schema
    )


@pytest.fixture
def outcomes(labels: Labels, make_record: Any) -> list[Outcome]:
    def field(path: str, value: str, confidence: float, status: str, *pages: int) -> FieldValue:
        spots = tuple(
            Evidence(page=p, quote=value, match="exact", score=1.0, boxes=(Box(10, 10, 60, 20),))
            for p in pages
        )
        return FieldValue.model_validate(
            {"path": path, "value": value, "status": status, "confidence": confidence, "evidence": spots}
        )

    right = (
        field("/title", "The <Deal>", 0.9, "grounded", 1),
        field("/signed_on", "2019-05-01", 0.8, "inferred", 1, 2),
    )
    wrong = (
        field("/title", "DEAL", 0.7, "grounded", 2),
        field("/signed_on", "2018-05-01", 0.6, "grounded", 2),
    )
    return [
        make_record(
            str(labels.folder / "scans/a.pdf"), {"title": "The <Deal>", "signed_on": "2019-05-01"}, right
        ),
        make_record("elsewhere/scans/b.pdf", {"title": "DEAL", "signed_on": "2018-05-01"}, wrong, False),
        Failure(
            document=FailedDocument(uri=str(labels.folder / "digital/c.pdf")),
            error=ErrorInfo(code="broken", message="no pages"),
        ),
    ]


@pytest.fixture
def report(labels: Labels, schema: Schema, outcomes: list[Outcome]) -> Report:
    return evaluate(labels, schema, outcomes, show_nothing)


def test_figures(report: Report) -> None:
    shown = report_to_json(report)
    assert shown["documents"] == {"labelled": 4, "records": 2, "incomplete": 1, "failed": 1, "absent": 1}
    assert set(shown["groups"]) == {"all", "digital", "scans"}
    everything = shown["groups"]["all"]
    assert everything["fields"]["/title"] == {
        "tp": 1, "fp": 1, "fn": 3, "precision": 0.5, "recall": 0.25, "f1": 0.3333,
    }  # fmt: skip
    assert everything["statuses"]["grounded"] == {"count": 3, "right": 1, "accuracy": 0.3333}
    # Right pages: a's title, a's date by its second operand, b's date; b's title stands on the wrong page.
    assert (everything["pages"]["tp"], everything["pages"]["fp"], everything["pages"]["fn"]) == (3, 1, 5)
    assert everything["calibration"]["values"] == 4
    assert shown["groups"]["digital"]["mean_f1"] == {"/": 0.0}
    assert json.loads(json.dumps(shown)) == shown


def test_tables_name_every_field_and_group(report: Report) -> None:
    console = Console(width=120, record=True, file=None, quiet=True)
    console.quiet = False
    with console.capture() as capture:
        console.print(build_tables(report))
    text = capture.get()
    assert all(name in text for name in ("title", "signed_on", "F1 scans", "1 failed", "1 absent", "ECE"))


def test_html_shows_failures_on_their_pages_and_loads_nothing(
    report: Report, labels: Labels, outcomes: list[Outcome]
) -> None:
    text = build_html(report, labels, show_page)
    assert text.count("<article") == 6
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", text)
    assert "The &lt;Deal&gt;" in text
    assert "The <Deal>" not in text
    assert "page 1 cannot be shown" in text  # lost.pdf
    assert "broken: no pages" in text
    used = set(re.findall(r'<use href="#(page\d+)"', text))
    assert used
    assert used == set(re.findall(r'<symbol id="(page\d+)"', text))


def test_records_are_read_back_and_bad_lines_named(tmp_path: Path, outcomes: list[Outcome]) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text("".join(o.model_dump_json(by_alias=True) + "\n" for o in outcomes), encoding="utf-8")
    assert list(load_outcomes(path)) == outcomes
    path.write_text('{"values": {}}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1"):
        list(load_outcomes(path))
    with pytest.raises(ConfigError, match="cannot read records"):
        list(load_outcomes(tmp_path / "none.jsonl"))
