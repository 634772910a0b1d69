"""Amounts of one document: a tax in parts, two fields that want one amount, money given and returned."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from form_pages import make_view

from docai.extraction.forms import extract_forms
from docai.schema import load_schema
from docai.types import Claim

PARTS = """
            Sri Lakshmi Provision Stores
   Bill No : SL/1902      Bill Date : 14-Jul-2023
   Toor Dal 1kg       2     165.00     330.00
   Ghee 500ml         1     282.00     282.00
                 Taxable Value         582.86
                 CGST 2.5%              14.57
                 SGST 2.5%              14.57
                 Net Payable           612.00
"""

CASH = """
            KEDAI RUNCIT MAJU
   Receipt No : 10233      Date : 14/07/2023
   Rice 5kg           2      30.00      60.00
                 Subtotal               60.00
                 SST 6%                  3.60
                 Total                  63.60
                 Cash                   70.00
                 Change                  6.40
"""


def best(text: str, schema: Any) -> dict[str, Claim]:
    out: dict[str, Claim] = {}
    for claim in extract_forms(make_view(text), schema, schema.fields):
        out.setdefault(claim.path, claim)
    return out


def test_a_tax_in_parts_is_their_sum() -> None:
    tax = best(PARTS, load_schema("receipt"))["/tax"]
    assert (tax.value, tax.rule) == (Decimal("29.14"), "sum")
    assert [o.value for o in tax.operands] == [Decimal("14.57")] * 2


def test_a_part_alone_is_not_the_tax_when_nothing_adds_up() -> None:
    """Two taxes without a sum that proves them: gross less net where both are known, else nothing."""
    text = PARTS.replace("SGST 2.5%              14.57", "SGST 2.5%              10.00")
    tax = best(text, load_schema("receipt")).get("/tax")
    assert tax is None or (tax.value, tax.rule) == (Decimal("29.14"), "difference")


def test_cash_and_change_are_no_tax() -> None:
    found = best(CASH, load_schema("receipt"))
    assert found["/tax"].value == Decimal("3.60")
    assert found["/total"].value == Decimal("63.60")
    assert found["/subtotal"].value == Decimal("60.00")


def test_a_total_is_no_subtotal() -> None:
    """Neither label is the subtotal's own: the total keeps the amount."""
    found = best(PARTS.replace("Taxable Value", "Discounted   "), load_schema("receipt"))
    assert found["/total"].value == Decimal("612.00")
    assert "/subtotal" not in found or found["/subtotal"].value != Decimal("612.00")


def test_one_amount_serves_one_field(tmp_path: Path) -> None:
    money = {"type": ["number", "null"], "x-docai-kind": "money"}
    properties = {"total": money, "subtotal": money, "tax": money}
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"title": "Own", "type": "object", "properties": properties}), "utf-8")
    schema = load_schema(str(path))
    found = best("   CORNER SHOP\n   14/07/2023\n   Tea     4.20\n   Total     4.20\n", schema)
    assert found["/total"].value == Decimal("4.20")
    places = [(c.page, c.words) for c in found.values()]
    assert len(places) == len(set(places))


def test_the_date_of_issue_is_not_the_due_date() -> None:
    text = (
        "   INVOICE\n   Invoice No: 77-12\n   Date: 14/07/2023\n   Total   42.00\n   Payment terms: 30 days\n"
    )
    found = best(text, load_schema("invoice"))
    assert found["/issue_date"].value == "2023-07-14"
    assert "/due_date" not in found
