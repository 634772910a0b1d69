"""Kinds from names: head nouns in three languages, parents, descriptions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.schema import KINDS
from docai.schema.kinds import infer_kind, name_tokens

OF_STRINGS = {
    "date": "invoice_date dateOfIssue due_date term_end contract_start expires_on Rechnungsdatum",
    "money": "total_tax unit_price amount_due Gesamtbetrag montant_ttc hourly_rate",
    "identifier": "tax_id vatNumber Rechnungsnummer IBAN order_no",
    "organization": "supplier supplier_name bill_to Lieferant fournisseur",
    "address": "supplier_address Lieferanschrift",
    "party": "lessor landlord_name",
    "person": "signed_by first_name",
    "duration": "notice_period Kündigungsfrist durée",
    "place": "governing_law country_code",
    "currency": "currency_code Währung",
    "percent": "tax_rate Steuersatz",
    "phone": "phone_number",
    "email": "email_address",
    "text": "job_title payment_terms product_name description name",
}


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k, line in OF_STRINGS.items() for n in line.split()])
def test_names_tell_kinds(kind: str, name: str) -> None:
    assert infer_kind((name,), "string", None) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("quantity", "number"),
        ("number_of_units", "number"),
        ("grand_total", "money"),
        ("discount_rate", "percent"),
    ],
)
def test_numbers(name: str, kind: str) -> None:
    assert infer_kind((name,), "number", None) == kind


def test_a_name_asks_its_parent() -> None:
    assert infer_kind(("seller", "name"), "string", None) == "organization"
    assert infer_kind(("signatures", "name"), "string", None) == "person"
    assert infer_kind(("signatures", "title"), "string", None) == "text"


def test_a_description_tells_where_the_name_does_not() -> None:
    assert infer_kind(("x7",), "string", None, "Date on which the goods left.") == "date"
    assert infer_kind(("x7",), "string", None, "The company that ships.") == "organization"
    assert infer_kind(("x7",), "string", None) == "text"


def test_formats_and_types_come_before_names() -> None:
    assert infer_kind(("total",), "string", "date") == "date"
    assert infer_kind(("effective_date",), "boolean", None) == "boolean"
    assert infer_kind(("page_count",), "integer", None) == "integer"


@settings(deadline=None)
@given(
    st.text(max_size=40), st.sampled_from(["string", "number", "integer", "boolean"]), st.text(max_size=80)
)
def test_every_name_has_a_kind(name: str, json_type: str, description: str) -> None:
    assert infer_kind((name,), json_type, None, description) in KINDS
    assert all(token.isalnum() and token.isascii() for token in name_tokens(name))
