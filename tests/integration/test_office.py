"""Office, HTML and e-mail files from the folder to the record and the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import docai
from docai.types import Record

pytest.importorskip("unstructured", reason="the extra office is not installed")

LAW = "This Agreement shall be governed by the laws of the State of Oregon."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import docx
    import openpyxl

    folder = tmp_path_factory.mktemp("office")
    contract = docx.Document()
    contract.add_heading("MASTER SERVICES AGREEMENT", 0)
    contract.add_paragraph(
        "This Master Services Agreement is entered into as of March 1, 2024 by and between Northwind "
        "Robotics, Inc., a Delaware corporation, and Halvorsen Consulting LLC, a New York company."
    )
    contract.add_heading("Governing Law", 1)
    contract.add_paragraph(LAW)
    contract.save(str(folder / "msa.docx"))
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ("Northwind Supplies Ltd.",),
        ("Invoice number", "INV-2024-0117"),
        ("Invoice date", "2024-05-17"),
        (),
        ("Description", "Quantity", "Unit price", "Amount"),
        ("Toner", 2, "£80.00", "£160.00"),
        ("Net total", None, None, "£160.00"),
        ("VAT 20%", None, None, "£32.00"),
        ("Invoice total", None, None, "£192.00"),
    ):
        sheet.append(row)
    book.save(folder / "invoice.xlsx")
    (folder / "rent.html").write_text(
        "<html><body><h1>Notice</h1><p>The rent is $900 per month.</p></body></html>"
    )
    (folder / "notes.txt").write_text("not a document of this folder")
    return folder


@pytest.fixture(scope="module")
def records(folder: Path) -> dict[str, Record]:
    """Also indexed, for the questions below."""
    found = {}
    for name, schema in (("msa.docx", "contract"), ("invoice.xlsx", "invoice")):
        (outcome,) = docai.extract(folder / name, schema=schema, workspace=folder, workers=0)
        assert isinstance(outcome, Record)
        found[name] = outcome
    list(docai.extract(folder, schema="contract", workspace=folder, workers=0))
    return found


def places(record: Record, path: str) -> list[str | None]:
    field = next(item for item in record.fields if item.path == path)
    return [evidence.locator for evidence in field.evidence]


def test_a_contract_is_proven_by_paragraph(records: dict[str, Record]) -> None:
    record = records["msa.docx"]
    assert record.complete
    assert record.values["governing_law"] == "Oregon"
    assert places(record, "/governing_law") == ["paragraph 4"]
    assert record.run.dpi is None
    assert all(not e.boxes and e.locator for item in record.fields for e in item.evidence)


def test_an_invoice_is_proven_by_cell(records: dict[str, Record]) -> None:
    record = records["invoice.xlsx"]
    assert record.values["invoice_number"] == "INV-2024-0117"
    assert record.values["grand_total"] == 192
    assert places(record, "/invoice_number") == ["Sheet!B2"]
    assert places(record, "/grand_total")[0] == "Sheet!D9"
    assert record.values["line_items"][0]["line_total"] == 160


@pytest.mark.parametrize(
    ("question", "uri", "place"),
    [
        ("Which law governs the Master Services Agreement?", "msa.docx", "paragraph 4"),
        ("How much is the rent?", "rent.html", "paragraph 2"),
    ],
)
def test_answers_cite_paragraphs(
    records: dict[str, Record], folder: Path, question: str, uri: str, place: str
) -> None:
    answer = docai.ask(question, workspace=folder, paths=folder / uri)
    assert answer.status == "answered"
    cited = [c.locator for c in answer.citations if c.uri == uri]
    assert any(place in str(locator).split("; ") for locator in cited)
    assert all(not c.boxes for c in answer.citations)


def test_a_folder_gives_office_files_and_no_notes(records: dict[str, Record], folder: Path) -> None:
    answer = docai.ask("How much is the rent?", workspace=folder)
    assert answer.scope.documents == 3
    assert json.loads(answer.model_dump_json())["citations"]
