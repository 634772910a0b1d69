"""Made-up documents that are cheap to read, and what a model that reads perfectly says of their pages.

Every page carries its identity as a strip of barely gray cells along its upper edge, so that a scripted model
knows a page by the pixels that it was sent, as a real one would. Text and figures depend on that identity
alone.
"""

from __future__ import annotations

import calendar
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from docai.llm.chat import ChatRequest, ImagePart

Kind: TypeAlias = Literal["contract", "invoice"]
Claims: TypeAlias = list[dict[str, Any]]

WIDTH_PT, HEIGHT_PT = 300.0, 420.0
_STRIP_PT = 6.0
_CELLS = 28
_PALE = 0.975  # of white: far above what a reader takes for ink
_VOCABULARY = """
agreement party parties shall term notice services products license territory payment fee quarter month
supply customer schedule order delivery price confidential information written consent obligations breach
period section exhibit reasonable efforts commercial rights software support warranty claims third losses
damages account records reports quality standards personnel facility equipment amount sum balance interest
"""
_WORDS = tuple(_VOCABULARY.split())
_STATES = ("Delaware", "New York", "California", "Texas", "Nevada", "Ohio", "Illinois", "Georgia", "Oregon")
_MONTHS = tuple(calendar.month_name)[1:]
_FIRMS = ("Brightwater", "Kestrel", "Northgate", "Halden", "Orchard", "Silverline", "Tamarind", "Westbrook")
_GOODS = ("Bearing", "Gasket", "Filter", "Valve", "Coupling", "Bracket", "Sensor", "Cable", "Relay", "Pump")


@dataclass(frozen=True, slots=True)
class MadePage:
    """Page `number` (from 1) of `count` of the `document`-th document (from 0)."""

    kind: Kind
    document: int
    number: int
    count: int

    def say(self) -> tuple[list[str], Claims]:
        """The page's lines, and the claims that are true of it."""
        chance = random.Random(f"{self.kind} {self.document} {self.number}")
        claims: Claims = []
        lines: list[str] = []
        write = _write_contract if self.kind == "contract" else _write_invoice
        write(self, chance, lines, claims)
        lines.append(f"Page {self.number} of {self.count}")
        return lines, claims


def _write_contract(page: MadePage, chance: random.Random, lines: list[str], claims: Claims) -> None:
    """Paragraphs, each with a sentence that some field wants; pages contradict each other now and then."""

    def claim(field: str, quote: str, value: Any) -> None:
        claims.append({"field": field, "quote": quote, "value": value})

    firms = random.Random(f"firms {page.document}").sample(_FIRMS, 2)
    if page.number == 1:
        lines += ["SUPPLY AGREEMENT", f"between {firms[0]} Inc. and {firms[1]} LLC"]
        claim("/document_title", lines[0], "SUPPLY AGREEMENT")
        for firm, form in zip(firms, ("Inc.", "LLC"), strict=True):
            claim("/parties", f"{firm} {form}", f"{firm} {form}")
    lines.append(f"ARTICLE {page.number}")
    for paragraph in range(4):
        lines += _fill(chance, 4)
        match chance.randrange(6 if paragraph else 8):
            case 0:
                state = chance.choice(_STATES)
                lines.append(f"governed by the laws of the State of {state}.")
                claim("/governing_law", lines[-1], state)
            case 1:
                month, day, year = chance.randrange(12), chance.randint(1, 28), chance.randint(2001, 2023)
                lines.append(f"effective as of {_MONTHS[month]} {day}, {year}.")
                claim("/effective_date", lines[-1], f"{year}-{month + 1:02}-{day:02}")
            case 2:
                years = chance.randint(2, 9)
                lines.append(f"for a period of {years} years from the Effective Date.")
                claim("/term", lines[-1], f"{years} years")
                term, start = f"{years} years", "the Effective Date"
                claims.append({"field": "/expiration_date", "quote": lines[-1], "term": term, "start": start})
            case 3:
                lines.append("Neither party may assign this Agreement without consent.")
                claim("/clauses/anti_assignment", lines[-1], True)
            case 4:
                lines.append("The aggregate liability shall not exceed the fees paid.")
                claim("/clauses/cap_on_liability", lines[-1], True)
            case 5:
                term = f"“{chance.choice(_GOODS)} {chance.choice(_WORDS).title()}”"
                lines.append(f"{term} means the goods named in Schedule {chance.randint(1, 9)}.")


def _write_invoice(page: MadePage, chance: random.Random, lines: list[str], claims: Claims) -> None:
    """Rows that go on over pages, with the head on the first and the total on the last."""
    number = f"RE-{page.document:04}-{page.document * 37 % 997:03}"
    if page.number == 1:
        lines += ["INVOICE", f"Invoice number: {number}", "Invoice date: 2024-03-05", "Seller: Kestrel Ltd"]
        claims.append({"field": "/invoice_number", "quote": lines[1], "value": number})
        claims.append({"field": "/issue_date", "quote": lines[2], "value": "2024-03-05"})
        claims.append({"field": "/seller_name", "quote": lines[3], "value": "Kestrel Ltd"})
    lines.append("Description    Quantity    Unit price    Total")
    for name, count, cents in _make_rows(chance):
        price, total = cents / 100, count * cents / 100
        lines.append(f"{name}    {count}    {price:.2f}    {total:.2f}")
        row = {"description": name, "quantity": count, "unit_price": price, "total": total}
        claims.append({"field": "/line_items", "quote": " ".join(lines[-1].split()), "row": row})
    if page.number == page.count:
        pages = (random.Random(f"{page.kind} {page.document} {n}") for n in range(1, page.count + 1))
        total = sum(count * cents for each in pages for _, count, cents in _make_rows(each)) / 100
        lines += [f"Grand total    {total:.2f}", "Currency: EUR"]
        claims.append({"field": "/grand_total", "quote": f"Grand total {total:.2f}", "value": total})


def _make_rows(chance: random.Random) -> list[tuple[str, int, int]]:
    """Name, count and price in cents of a page's rows."""
    rows = []
    for _ in range(16):
        count, cents = chance.randint(1, 40), chance.randint(100, 90_000)
        rows.append((f"{chance.choice(_GOODS)} {chance.randint(100, 999)}", count, cents))
    return rows


def _fill(chance: random.Random, count: int) -> list[str]:
    return [" ".join(chance.choices(_WORDS, k=9)).capitalize() for _ in range(count)]


def make_document(target: Path, kind: Kind, document: int, count: int) -> None:
    """Write the PDF: `count` pages with a text layer."""
    import pymupdf

    with pymupdf.open() as pdf:
        for number in range(1, count + 1):
            page = pdf.new_page(width=WIDTH_PT, height=HEIGHT_PT)
            made = MadePage(kind, document, number, count)
            _draw_identity(page, made)
            lines, _ = made.say()
            step = (HEIGHT_PT - 40) / max(30, len(lines))
            for row, line in enumerate(lines):
                columns = line.split("    ")
                for column, text in enumerate(columns):
                    page.insert_text((20 + 75 * column, 30 + row * step), text, fontsize=8)
        pdf.save(target, garbage=3, deflate=True, no_new_id=True)


def _draw_identity(page: Any, made: MadePage) -> None:
    width = WIDTH_PT / _CELLS
    for cell, bit in enumerate(_write_bits(made)):
        if bit == "1":
            box = (cell * width, 0, (cell + 1) * width, _STRIP_PT)
            page.draw_rect(box, color=None, fill=(_PALE, _PALE, _PALE))


def _write_bits(made: MadePage) -> str:
    return f"1{made.kind == 'invoice':b}{made.document:012b}{made.number:013b}1"


def find_page(request: ChatRequest) -> tuple[Kind, int, int]:
    """Kind, document and page number, read from the pixels of a request's first image."""
    import cv2
    import numpy as np

    image = next(p for m in request.messages for p in m.parts if isinstance(p, ImagePart))
    pixels = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_GRAYSCALE)
    row = pixels[3]
    gray = np.flatnonzero(row < 253)
    if not len(gray):
        raise ValueError("the image carries no identity")
    width = (gray[-1] + 1) / _CELLS  # the last cell is always gray, and tiles hang over the page
    bits = "".join("1" if row[int((cell + 0.5) * width)] < 253 else "0" for cell in range(_CELLS))
    return ("invoice" if bits[1] == "1" else "contract", int(bits[2:14], 2), int(bits[14:27], 2))


def answer(request: ChatRequest, counts: dict[tuple[str, int], int]) -> str:
    """The reply of a perfect reader, about the fields that were asked for. `counts`: pages by document."""
    kind, document, number = find_page(request)
    _, claims = MadePage(kind, document, number, counts[kind, document]).say()
    wanted = find_fields(request.json_schema or {})
    told = [_shape(claim, wanted[claim["field"]]) for claim in claims if claim["field"] in wanted]
    return json.dumps({"claims": told}, ensure_ascii=False)


def _shape(claim: dict[str, Any], cells: list[str]) -> dict[str, Any]:
    """A row with just the cells that were asked for."""
    if "row" not in claim:
        return claim
    return {**claim, "row": {cell: claim["row"].get(cell) for cell in cells}}


def find_fields(schema: dict[str, Any]) -> dict[str, list[str]]:
    """Fields that a reply's grammar allows, with the cells of those that are rows."""
    items = schema["properties"]["claims"]["items"]
    found: dict[str, list[str]] = {}
    for variant in items.get("anyOf", [items]):
        properties = variant["properties"]
        for field in properties["field"]["enum"]:
            found.setdefault(field, list(properties.get("row", {}).get("properties", {})))
    return found
