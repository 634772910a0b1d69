"""Forms: values by their labels, letterheads, sums, ranges, empty places; and no field's name counts."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from form_pages import CHAR_PT, HEIGHT_PT, LINE_PT, make_view

from docai.extraction.forms import extract_forms
from docai.schema import Schema, load_schema
from docai.types import Box, Claim, DocumentView, Region

RECEIPT = """
              lee mei ling
           GREEN HILL TRADING SDN BHD
                 (123456-K)
            NO. 12, JALAN MAWAR 3,
          TAMAN BUNGA, 43200 CHERAS
           TEL: 03-1234 5678
              TAX INVOICE
 Invoice No : TI-00458      Date : 25/12/2018
 Cashier : Ana
 Item             Qty    Price    Amount
 Pencil             2     3.20      6.40
 Paper A4           1    11.53     11.53
                Total :            17.93
                GST @ 6% :          1.08
                Net Total :        19.01
                Rounding Adj :     -0.01
                Total Amount :     19.00
                Cash :             50.00
                Change :           31.00
        Thank you. Please come again.
"""

ORDER = """
                       ORDER                       Print Date 04/29/20
  Order / Rev:     1394203
  Flight Dates:    05/04/20 - 05/10/20        Office:   East
  Advertiser  Name:   Friends of the Lake Committee
  Agency      Name:   Bright Media Group
  Start Date    End Date    # Spots    Gross Amount    Net Amount
  05/04/20      05/10/20         20       $2,650.00     $2,252.50
  Totals                         20       $2,650.00     $2,252.50
"""


def best(view: DocumentView, schema: Schema) -> dict[str, Claim]:
    out: dict[str, Claim] = {}
    for claim in extract_forms(view, schema, schema.fields):
        out.setdefault(claim.path, claim)
    return out


def user_schema(tmp_path: Path, properties: dict[str, Any]) -> Schema:
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"title": "Own", "type": "object", "properties": properties}), "utf-8")
    return load_schema(str(path))


def test_a_receipt() -> None:
    found = best(make_view(RECEIPT), load_schema("receipt"))
    assert found["/company"].value == "GREEN HILL TRADING SDN BHD"
    assert found["/date"].value == "2018-12-25"
    assert found["/address"].value == "NO. 12, JALAN MAWAR 3, TAMAN BUNGA, 43200 CHERAS"
    # After rounding, and neither the cash given nor the change.
    assert found["/total"].value == Decimal("19.00")


def test_an_order_with_a_range_of_dates() -> None:
    found = best(make_view(ORDER), load_schema("ad_buy"))
    assert found["/flight_from"].value == "2020-05-04"
    assert found["/flight_to"].value == "2020-05-10"
    assert found["/contract_num"].value == "1394203"
    assert found["/advertiser"].value == "Friends of the Lake Committee"
    assert found["/gross_amount"].value == Decimal("2650.00")
    assert found["/gross_amount"].unit == "USD"


def test_quotes_are_the_words_of_the_page_and_scores_are_probabilities() -> None:
    view = make_view(RECEIPT)
    claims = extract_forms(view, load_schema("receipt"), load_schema("receipt").fields)
    assert claims
    for claim in claims:
        words = [view.pages[claim.page - 1].words[w].text for w in claim.words]
        assert claim.quote in " ".join(words)
        assert claim.score is not None
        assert 0.0 <= claim.score <= 1.0
    totals = [c.score or 0.0 for c in claims if c.path == "/total"]
    assert totals == sorted(totals, reverse=True)


def test_a_schema_with_other_names_works_as_well(tmp_path: Path) -> None:
    schema = user_schema(
        tmp_path,
        {
            "f1": {"type": "string", "x-docai-kind": "organization", "x-docai-aliases": ["advertiser"]},
            "f2": {"type": "string", "format": "date", "x-docai-aliases": ["flight start"]},
            "f3": {"type": "string", "format": "date", "x-docai-aliases": ["flight end"]},
            "f4": {"type": "number", "x-docai-kind": "money", "x-docai-aliases": ["gross amount"]},
            "f5": {"type": "string", "x-docai-kind": "identifier", "x-docai-aliases": ["order number"]},
        },
    )
    found = best(make_view(ORDER), schema)
    assert found["/f1"].value == "Friends of the Lake Committee"
    assert (found["/f2"].value, found["/f3"].value) == ("2020-05-04", "2020-05-10")
    assert found["/f4"].value == Decimal("2650.00")
    assert found["/f5"].value == "1394203"


def test_a_field_that_the_document_does_not_have_is_not_claimed(tmp_path: Path) -> None:
    schema = user_schema(
        tmp_path,
        {
            "passport": {
                "type": "string",
                "x-docai-kind": "identifier",
                "x-docai-aliases": ["passport number"],
            },
            "birth": {"type": "string", "format": "date", "x-docai-aliases": ["date of birth"]},
        },
    )
    assert extract_forms(make_view(ORDER), schema, schema.fields) == []


@pytest.mark.parametrize("line", ["Delivery date: ________", "Delivery date:"])
def test_an_empty_place_is_blank(tmp_path: Path, line: str) -> None:
    schema = user_schema(
        tmp_path, {"day": {"type": "string", "format": "date", "x-docai-aliases": ["delivery date"]}}
    )
    (claim,) = extract_forms(
        make_view(f"ORDER FORM\n\n{line}\n\nSigned for the company"), schema, schema.fields
    )
    assert claim.absent == "blank"
    assert claim.value is None
    assert "Delivery date" in claim.quote


def test_a_black_box_beside_the_label_is_a_redaction(tmp_path: Path) -> None:
    schema = user_schema(tmp_path, {"name": {"type": "string", "x-docai-kind": "person"}})
    y0 = 40 + 2 * LINE_PT
    black = Region(Box(40 + 7 * CHAR_PT, y0, 40 + 27 * CHAR_PT, y0 + HEIGHT_PT), "redaction")
    view = make_view("ORDER FORM\n\nName:\n\nPlace and signature", regions=[black])
    (claim,) = extract_forms(view, schema, schema.fields)
    assert claim.absent == "redacted"


def test_choices_are_read_behind_their_labels(tmp_path: Path) -> None:
    schema = user_schema(
        tmp_path,
        {
            "payment_method": {"type": "string", "enum": ["cash", "bank transfer"]},
            "insured": {"type": "boolean"},
        },
    )
    text = "ORDER FORM\n\nPayment method:   Bank transfer\nInsured:   yes\n\nNo returns"
    found = best(make_view(text), schema)
    assert found["/payment_method"].value == "bank transfer"
    assert found["/insured"].value is True


LEASE = """
                 LEASE ORDER FORM
Northwind Rentals Ltd
12 Harbour Street
Bristol BS1 4ST

Lessee:          Maria Gonzalez
Contact person:  Tom Baker            Phone: +44 117 496 0000
Lease No.:       LS-2024-0917         Order date:  3 March 2024
Delivery date:   12 March 2024        Return date: 30 June 2024

Monthly rent:            450.00 GBP
Security deposit:        900.00 GBP
Cleaning fee:             60.00 GBP
Discount:                10 %
Purpose:                 Moving house
"""


def test_a_schema_jotted_down_without_aliases(tmp_path: Path) -> None:
    money = {"type": "number", "x-docai-kind": "money"}
    date = {"type": "string", "format": "date"}
    schema = user_schema(
        tmp_path,
        {
            "lessee": {"type": "string", "x-docai-kind": "person"},
            "lease_number": {"type": "string", "x-docai-kind": "identifier"},
            "order_date": date,
            "delivery_date": date,
            "return_date": date,
            "monthly_rent": money,
            "security_deposit": money,
            "late_fee": money,
            "discount": {"type": "number", "x-docai-kind": "percent"},
            "purpose": {"type": "string"},
        },
    )
    found = {path: claim.value for path, claim in best(make_view(LEASE), schema).items()}
    assert found == {
        "/lessee": "Maria Gonzalez",
        "/lease_number": "LS-2024-0917",
        "/order_date": "2024-03-03",
        "/delivery_date": "2024-03-12",
        "/return_date": "2024-06-30",
        "/monthly_rent": Decimal("450.00"),
        "/security_deposit": Decimal("900.00"),
        "/discount": Decimal("10"),
        "/purpose": "Moving house",
    }


def test_the_same_document_gives_the_same_claims() -> None:
    schema = load_schema("receipt")
    assert extract_forms(make_view(RECEIPT), schema, schema.fields) == extract_forms(
        make_view(RECEIPT), schema, schema.fields
    )
