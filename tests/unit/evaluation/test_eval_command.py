"""`docai eval` over records that are already there, with pages from real files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from docai.cli.main import app
from docai.errors import ConfigError
from docai.types import Box, Evidence, FieldValue, Record


@pytest.fixture
def folder(
    tmp_path: Path, write_labels: Callable[[list[dict[str, Any]]], Path], make_record: Callable[..., Record]
) -> Path:
    write_labels([{"file": "images/a.png", "fields": {"title": "Deal", "total": "$1,200.00"}}])
    (tmp_path / "images").mkdir()
    Image.new("L", (600, 800), 255).save(tmp_path / "images/a.png", dpi=(150, 150))
    (tmp_path / "lines").mkdir()
    # 150 pixels an inch: the title stands at (72, 48) to (144, 60) points.
    (tmp_path / "lines/a.csv").write_text("150,100,300,100,300,125,150,125,DEAL\n", encoding="utf-8")
    fields = (
        FieldValue(
            path="/title",
            value="Deal",
            status="grounded",
            confidence=0.9,
            evidence=(
                Evidence(page=1, quote="DEAL", match="exact", score=1.0, boxes=(Box(73, 50, 144, 59),)),
            ),
        ),
        FieldValue(path="/total", value=12, status="grounded", confidence=0.6),
    )
    record = make_record(str(tmp_path / "images/a.png"), {"title": "Deal", "total": 12}, fields)
    (tmp_path / "records.jsonl").write_text(record.model_dump_json(by_alias=True) + "\n", encoding="utf-8")
    schema = {
        "title": "Deal",
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "total": {"type": "number", "x-docai-kind": "money"},
        },
    }
    (tmp_path / "deal.json").write_text(json.dumps(schema), encoding="utf-8")
    return tmp_path


def run(folder: Path, *more: str) -> str:
    options = ["eval", str(folder), "--schema", str(folder / "deal.json")]
    result = CliRunner().invoke(app, [*options, "--records", str(folder / "records.jsonl"), *more])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0
    return result.stdout


def test_json_and_html(folder: Path) -> None:
    shown = json.loads(run(folder, "--json", "--html", str(folder / "report.html"), "--quiet"))
    everything = shown["groups"]["all"]
    assert {key: score["f1"] for key, score in everything["fields"].items()} == {"/title": 1.0, "/total": 0.0}
    assert everything["word_boxes"] == {
        "values": 1, "hits": 1, "unspelled": 0, "hit_rate": 1.0, "mean_f1": 1.0,
    }  # fmt: skip
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "data:image/jpeg;base64," in page
    assert page.count("<article") == 1
    assert "$1,200.00" in page


def test_table(folder: Path) -> None:
    text = run(folder)
    assert "1 labelled, schema" in text
    assert "total" in text


def test_labels_of_other_files_are_an_error(
    folder: Path, write_labels: Callable[[list[dict[str, Any]]], Path]
) -> None:
    write_labels([{"file": "images/b.png", "fields": {"title": "Deal"}}])
    with pytest.raises(ConfigError, match="none of the 1 labelled files"):
        run(folder)
