"""Office, HTML and e-mail files for tests, made with the libraries of the extra."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path

import pytest

from docai.pages.renderer import DocumentRenderer
from docai.types import Page

LAW = (
    "This Agreement shall be governed by and construed in accordance with the laws of the State of Oregon, "
    "without regard to conflicts of law principles."
)
INVOICE_ROWS: tuple[tuple[object, ...], ...] = (
    ("Northwind Supplies Ltd.",),
    ("12 Harbour Street, Leeds LS1 4AB",),
    (),
    ("Invoice number", None, "INV-2024-0117"),
    ("Invoice date", None, dt.date(2024, 5, 17)),
    ("Due date", None, dt.date(2024, 6, 16)),
    (),
    ("Description", "Quantity", "Unit price", "Amount"),
    ("Paper A4", 10, 4.5, 45.0),
    ("Toner", 2, 80, 160.0),
    (),
    ("Subtotal", None, None, 205.0),
    ("VAT 20%", None, None, 41.0),
    ("Total", None, None, 246.0),
)
needs_extra = pytest.mark.skipif(
    not __import__("importlib.util").util.find_spec("unstructured"),
    reason="the extra office is not installed",
)


def read_pages(path: Path, password: str | None = None) -> list[Page]:
    """All pages with their words, as the pipeline keeps them."""
    from docai.pipeline import read_page
    from docai.reading.layer_only import LayerReader

    renderer = DocumentRenderer(password)
    document = renderer.open(path, path.name)
    return [read_page(page, renderer, LayerReader()) for page in renderer.pages(document)]


def lines_of(pages: Sequence[Page]) -> dict[str, str]:
    """The words by locator; those of several lines joined."""
    said: dict[str, list[str]] = {}
    for page in pages:
        for word in page.words:
            said.setdefault(page.locators[word.line], []).append(word.text)
    return {locator: " ".join(words) for locator, words in said.items()}


def make_contract(path: Path, *, paragraphs: int = 0) -> Path:
    import docx

    document = docx.Document()
    document.add_heading("MASTER SERVICES AGREEMENT", 0)
    document.add_paragraph(
        "This Master Services Agreement (the “Agreement”) is entered into as of March 1, 2024 (the "
        "“Effective Date”), by and between Northwind Robotics, Inc., a Delaware corporation (“Client”), and "
        "Halvorsen Consulting LLC, a New York limited liability company (“Consultant”)."
    )
    document.add_heading("1. Fees", 1)
    table = document.add_table(2, 2)
    for row, cells in enumerate((("Fee", "Amount"), ("Setup", "USD 1,500.00"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    for number in range(paragraphs):
        document.add_paragraph(f"Clause {number} says what clause {number} says. " * 6)
    document.add_heading("2. Governing Law", 1)
    document.add_paragraph(LAW)
    document.add_paragraph("Signed:\tJane Roe\nTitle:\tChief Executive Officer")
    document.save(str(path))
    return path


def make_workbook(path: Path, rows: Sequence[Sequence[object]] = INVOICE_ROWS) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Invoice"
    for row in rows:
        sheet.append(list(row))
    for cells in sheet.iter_rows(min_col=3, max_col=4, min_row=9):
        for cell in cells:
            cell.number_format = '"£"#,##0.00'
    book.save(path)
    return path


def make_mail(path: Path, *, html: str | None = None, attachments: Sequence[str] = ()) -> Path:
    message = EmailMessage()
    message["From"] = "Ann Lee <ann@example.org>"
    message["To"] = "Bob Ray <bob@example.org>"
    message["Date"] = "Fri, 17 May 2024 10:00:00 +0200"
    message["Subject"] = "Order 4711 confirmed"
    message.set_content("Your order 4711 ships on May 20, 2024.\nTotal: EUR 99.50\n\nThe depot\n")
    if html is not None:
        message.add_alternative(html, subtype="html")
    for name in attachments:
        message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename=name)
    path.write_bytes(message.as_bytes())
    return path


def rewrite_part(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The package with one part changed."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return path
