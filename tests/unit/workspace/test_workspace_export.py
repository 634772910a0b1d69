"""Records as JSON lines, CSV, workbooks and Parquet."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from workspace_samples import make_failure, make_invoice, make_record

from docai.errors import ConfigError, DocaiError, DocumentError
from docai.types import DocumentRef, Outcome, PageImage
from docai.workspace.export import FORMATS, PageViews, outcome_line, parse_line, write_outcomes
from docai.workspace.export.files import writing

OUTCOMES: list[Outcome] = [make_record(), make_invoice(), make_failure()]


def white_page(document: DocumentRef, number: int) -> PageImage:
    if document.uri == "gone.pdf":
        raise DocumentError("file-gone", "no longer there")
    return PageImage(number, np.full((2339, 1654), 255, np.uint8), "native", 200.0, 200.0)


def sheets(path: Path) -> dict[str, str]:
    """The XML of a workbook's sheets by name."""
    with zipfile.ZipFile(path) as book:
        names = re.findall(r'sheet name="([^"]*)"', book.read("xl/workbook.xml").decode())
        return {
            name: book.read(f"xl/worksheets/sheet{i}.xml").decode() for i, name in enumerate(names, start=1)
        }


@pytest.mark.parametrize("outcome", OUTCOMES, ids=["record", "rows", "failure"])
def test_a_line_is_the_whole_outcome(outcome: Outcome) -> None:
    line = outcome_line(outcome)
    assert "\n" not in line
    assert parse_line(line) == outcome


def test_a_line_leaves_out_what_does_not_apply_and_keeps_values_that_are_null() -> None:
    data = json.loads(outcome_line(make_record()))
    assert list(data) == ["document", "schema", "complete", "values", "fields", "issues", "run"]
    assert data["values"]["expiration_date"] is None
    assert data["fields"][3] == {
        "path": "/expiration_date",
        "value": None,
        "status": "missing",
        "reason": "not_found",
        "confidence": 0.0,
        "evidence": [],
        "alternatives": [],
    }
    assert data["fields"][0]["evidence"][0]["boxes"] == [[72.0, 100.0, 140.0, 112.0]]
    assert json.loads(outcome_line(make_failure()))["error"]["code"] == "damaged-file"


def test_broken_text_is_still_a_line_of_utf8() -> None:
    line = outcome_line(make_record(law="a\udc80b\u2028c\nd"))
    assert len(line.encode().splitlines()) == 1
    assert len(line.splitlines()) == 1
    assert json.loads(line)["values"]["governing_law"] == "a\udc80b\u2028c\nd"


def test_lines_are_written_in_order(tmp_path: Path) -> None:
    target = tmp_path / "new" / "out.jsonl"
    assert write_outcomes(target, iter(OUTCOMES)) == 3
    assert [parse_line(line) for line in target.read_text().splitlines()] == OUTCOMES
    assert [p.name for p in target.parent.iterdir()] == ["out.jsonl"]


def test_csv_has_a_row_a_record_and_a_column_a_field(tmp_path: Path) -> None:
    write_outcomes(tmp_path / "out.csv", OUTCOMES)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8"))))
    assert [row["uri"] for row in rows] == ["a.pdf", "invoice.pdf", "broken.pdf"]
    assert rows[0]["/governing_law"] == "Delaware"
    assert rows[0]["/expiration_date"] == ""
    assert rows[0]["/parties"] == "Acme GmbH; =cmd|' /C calc'!A0"
    assert rows[0]["complete"] == "true"
    assert rows[1]["/number"] == "0042"
    assert rows[1]["/line_items/*/total"] == "12.5; "
    assert rows[1]["/line_items/*/description"] == "Nägel; Holz"
    assert rows[1]["/seller/name"] == "Ö/Co"
    assert rows[1]["/paid"] == "false"
    assert rows[2]["error"] == "damaged-file: not a PDF"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-1+cmd", "'-1+cmd"),
        ("\t=1", "'\t=1"),
        ("-12,50", "-12,50"),
        ("+49 (30) 123-45", "+49 (30) 123-45"),
        ("Delaware", "Delaware"),
    ],
)
def test_csv_gives_spreadsheets_no_formula(tmp_path: Path, text: str, cell: str) -> None:
    write_outcomes(tmp_path / "out.csv", [make_record(law=text)])
    row = next(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8"))))
    assert row["/governing_law"] == cell


def test_a_workbook_links_each_value_to_the_picture_of_its_place(tmp_path: Path) -> None:
    target = tmp_path / "out.xlsx"
    assert write_outcomes(target, [*OUTCOMES, make_record(uri="gone.pdf")], PageViews(white_page)) == 4
    book = sheets(target)
    assert list(book) == ["Records", "line_items", "Fields", "Legend"]
    assert '<hyperlink ref="G2"' in book["Records"]
    assert ">Delaware<" in book["Records"]
    assert "<f>" not in "".join(book.values())
    assert re.search(r'<c r="C2" s="\d+"><v>12.5</v>', book["line_items"])
    with zipfile.ZipFile(target) as archive:
        links = re.findall(r'Target="([^"]*)"', archive.read("xl/worksheets/_rels/sheet3.xml.rels").decode())
    pictures = [tmp_path / link.replace("\\", "/") for link in links]
    assert len(pictures) == 2
    for picture in pictures:
        with Image.open(picture) as crop:
            # The box, 24 pt of page on each side, at the page's own 200 DPI.
            assert crop.width == pytest.approx((48 + 48) * 200 / 72, abs=60)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.xlsx", "out.xlsx.evidence"]


def test_a_second_export_takes_the_place_of_the_first(tmp_path: Path) -> None:
    target = tmp_path / "out.xlsx"
    write_outcomes(target, OUTCOMES, PageViews(white_page))
    write_outcomes(target, [make_failure()], PageViews(white_page))
    assert [p.name for p in tmp_path.iterdir()] == ["out.xlsx"]


def test_parquet_keeps_types_and_lists(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the parquet extra")
    write_outcomes(tmp_path / "out.parquet", OUTCOMES)
    rows = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert rows[0]["/parties"] == ["Acme GmbH", "=cmd|' /C calc'!A0"]
    assert rows[1]["/total"] == 12.5
    assert rows[1]["/line_items/*/total"] == [12.5, None]
    assert rows[1]["/paid"] is False
    assert rows[1]["/number"] == "0042"
    assert rows[2]["error"] == "damaged-file: not a PDF"


@pytest.mark.parametrize("suffix", FORMATS)
def test_no_outcomes_give_an_empty_file(tmp_path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow", reason="needs the parquet extra")
    assert write_outcomes(tmp_path / f"out{suffix}", []) == 0
    assert (tmp_path / f"out{suffix}").is_file()


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_run_that_breaks_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow", reason="needs the parquet extra")
    target = tmp_path / f"out{suffix}"
    target.write_text("old")

    def broken() -> Iterator[Outcome]:
        yield make_record()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_outcomes(target, broken())
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == [target.name]


def test_another_ending_is_refused_before_any_work(tmp_path: Path) -> None:
    taken = iter(OUTCOMES)
    with pytest.raises(ConfigError, match="no ending") as caught:
        write_outcomes(tmp_path / "out.xls", taken)
    assert ".xlsx" in str(caught.value)
    assert next(taken) == OUTCOMES[0]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError) as caught:
        write_outcomes(tmp_path / "file" / "out.jsonl", OUTCOMES)
    assert caught.value.code == "output-not-writable"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_named_with_the_way_out() -> None:
    full = Path("/dev/full")
    with pytest.raises(DocaiError, match="no space left") as caught, writing(full), full.open("w") as file:
        file.write("x")
    assert caught.value.code == "disk-full"
    assert "export" in (caught.value.hint or "")


def test_a_missing_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path\n"
        "from docai.errors import ConfigError\n"
        "from docai.workspace.export import write_outcomes\n"
        "try: write_outcomes(Path('never.parquet'), [])\n"
        "except ConfigError as error: print(error)\n"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert "docai[parquet]" in done.stdout
