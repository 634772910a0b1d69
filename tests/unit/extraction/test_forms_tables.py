"""Tables: columns in any order and language, names over several lines, pages that go on, rows of totals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from form_pages import make_view

from docai.extraction.forms import extract_forms
from docai.schema import load_schema
from docai.types import Claim

GERMAN = """
Pos   Beschreibung            Menge     Einzelpreis    Gesamtpreis

1     Kunstrasen grün      3,0000 m²         3,3333          10,00
      Bahn, 3m breit
      Farbe: moosgrün
2     Pfand                 20  Stk          2,7700          55,40

      Summe netto                                            65,40
      Umsatzsteuer 19 %                                      12,43
      Gesamtbetrag                                           77,83
"""

ENGLISH = """
Amount        Qty     Product                     Unit price
 32.00          8     Nougat from the abbey             4.00
 64.00         20     Biscuits with raisins             3.20
1,980.00      100     Olive oil                        19.80
"""


def rows(*texts: str) -> list[dict[str, Any]]:
    schema = load_schema("invoice")
    found: dict[str, dict[str, Any]] = {}
    for claim in list_claims(*texts):
        _, _, number, name = claim.path.split("/")
        found.setdefault(number, {}).setdefault(name, claim.value)
    assert all(f.path.startswith("/line_items/*") for f in schema.fields if f.group)
    return [found[k] for k in sorted(found, key=int)]


def list_claims(*texts: str) -> list[Claim]:
    schema = load_schema("invoice")
    claims = extract_forms(make_view(*texts), schema, schema.fields)
    return [c for c in claims if c.path.startswith("/line_items/")]


def test_german_columns_names_over_two_lines_and_a_remark() -> None:
    assert rows(GERMAN) == [
        {
            "description": "Kunstrasen grün Bahn, 3m breit",
            "quantity": Decimal("3.0000"),
            "unit_price": Decimal("3.3333"),
            "line_total": Decimal("10.00"),
        },
        {
            "description": "Pfand",
            "quantity": Decimal("20"),
            "unit_price": Decimal("2.7700"),
            "line_total": Decimal("55.40"),
        },
    ]


def test_columns_in_another_order() -> None:
    found = rows(ENGLISH)
    assert [r["description"] for r in found] == [
        "Nougat from the abbey",
        "Biscuits with raisins",
        "Olive oil",
    ]
    assert [r["quantity"] for r in found] == [8, 20, 100]
    assert [r["line_total"] for r in found] == [Decimal("32.00"), Decimal("64.00"), Decimal("1980.00")]


def test_a_table_that_goes_on_on_the_next_page() -> None:
    second = """
Amount        Qty     Product                     Unit price
   5.00         5     Paper bag                         1.00
"""
    found = rows(ENGLISH, second)
    assert len(found) == 4
    assert found[3]["description"] == "Paper bag"
    assert {c.page for c in list_claims(ENGLISH, second)} == {1, 2}


def test_rows_whose_numbers_multiply_are_surer() -> None:
    wrong = ENGLISH.replace("64.00", "69.00")
    scores = {c.path.split("/")[2]: c.score or 0.0 for c in list_claims(wrong)}
    assert scores["0"] > scores["1"]


def test_rows_without_a_header_are_found_by_their_product() -> None:
    text = """
INVOICE 4711

Steel nails      40     0,25 €      10,00 €
Hammer            2    12,50 €      25,00 €
Total                               35,00 €
"""
    found = rows(text)
    assert [(r["description"], r["quantity"], r["unit_price"], r["line_total"]) for r in found] == [
        ("Steel nails", 40, Decimal("0.25"), Decimal("10.00")),
        ("Hammer", 2, Decimal("12.50"), Decimal("25.00")),
    ]


def test_a_document_without_a_table_has_no_rows() -> None:
    assert rows("Invoice 4711\n\nWe thank you for your order of 5 items at 3.00 each") == []
