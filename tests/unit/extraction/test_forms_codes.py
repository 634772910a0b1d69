"""Codes of letters beside their own label, tax numbers in groups, and texts that are no names."""

from __future__ import annotations

import pytest
from form_pages import make_view

from docai.extraction.forms import extract_forms
from docai.schema import load_schema
from docai.values.identifiers import find_tax_numbers


def values(text: str, schema: str, name: str) -> list[object]:
    own = load_schema(schema)
    return [c.value for c in extract_forms(make_view(text), own, own.fields) if c.path == f"/{name}"]


@pytest.mark.parametrize("code", ["KRCW", "WKTV-TV"])
def test_a_call_sign_beside_its_label(code: str) -> None:
    text = f"   ORDER\n   Station:   {code}      Order #:  1394203\n   Advertiser:  Acme Soap Inc\n"
    assert values(text, "ad_buy", "station")[0] == code


def test_a_call_sign_behind_its_label_in_one_line() -> None:
    assert (
        values("   INVOICE\n   Station WABD-FM\n   Invoice # 338-19042\n", "ad_buy", "station")[0]
        == "WABD-FM"
    )


def test_letters_are_no_number() -> None:
    assert "FORM" not in values("   CONTRACT FORM\n   Advertiser:  Acme Soap Inc\n", "ad_buy", "contract_num")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ABN 51 824 753 556", "51 824 753 556"),
        ("USt-IdNr. DE 299876543", "DE299876543"),
        ("GSTIN: 29ABCDE1234F1Z5", "29ABCDE1234F1Z5"),
        ("St.-Nr. 231/207/05541", "231/207/05541"),
    ],
)
def test_tax_numbers(text: str, value: str) -> None:
    assert [f.value for f in find_tax_numbers(text)] == [value]


def test_a_date_is_no_name() -> None:
    names = values(
        "   9 January 2023\n   BRIGHTWAVE SOLAR LLC\n   Invoice No: 77-12\n", "invoice", "seller_name"
    )
    assert names[0] == "BRIGHTWAVE SOLAR LLC"
    assert "9 January 2023" not in names


def test_a_register_number_and_the_line_below_are_no_name() -> None:
    text = "   GSTIN: 29ABCDE1234F1Z5\n   Sri Lakshmi Provision Stores\n   Bill No : SL/1902\n"
    assert not any("29ABC" in str(v) for v in values(text, "receipt", "company"))


def test_a_legal_form_begins_another_name() -> None:
    text = (
        "   LE PETIT ZINC\n   SARL MARTYRS RESTAURATION\n   Ticket 12     14/07/2023\n   TOTAL TTC   42.00\n"
    )
    assert "LE PETIT ZINC SARL MARTYRS RESTAURATION" not in values(text, "receipt", "company")


def test_two_parties_are_not_one_name_without_a_label() -> None:
    text = "   KXLY Radio Group\n   ORDER   1394203\n   Gross Total   $2,650.00\n"
    both = [values(text, "ad_buy", name)[:1] for name in ("advertiser", "agency")]
    assert not both[0] or both[0] != both[1]
