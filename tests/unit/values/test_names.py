"""Names, places, addresses, identifiers."""

from __future__ import annotations

import pytest

from docai.values.addresses import address_score, find_postcodes
from docai.values.identifiers import (
    find_emails,
    find_ibans,
    find_identifiers,
    find_phones,
    find_vat_ids,
)
from docai.values.names import (
    find_organizations,
    find_persons,
    has_suffix,
    normalize_name,
    split_suffix,
    suffix_key,
)
from docai.values.places import find_places, place_name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "by and between Kubient, Inc. and The Associated Press, a",
            ["Kubient, Inc.", "The Associated Press"],
        ),
        ("MR. D.I.Y. (M) SDN BHD", ["MR. D.I.Y. (M) SDN BHD"]),
        ("between SQUARE TWO GOLF INC. and", ["SQUARE TWO GOLF INC."]),
        ("ENTERPRISE PRODUCTS OPERATING L.P. (the", ["ENTERPRISE PRODUCTS OPERATING L.P."]),
        ("Ability Computer & Software Industries Ltd", ["Ability Computer & Software Industries Ltd"]),
        ("TELCOSTAR PTE, LTD., a", ["TELCOSTAR PTE, LTD."]),
        ("Müller & Söhne GmbH & Co. KG", ["Müller & Söhne GmbH & Co. KG"]),
        ("Alpha, Inc. and Beta Networks, Inc.", ["Alpha, Inc.", "Beta Networks, Inc."]),
        ("with Bank of America, N.A. as agent", ["Bank of America, N.A."]),
        ("nothing of the sort as usual", []),
        ("AS SEEN ON TV", []),
    ],
)
def test_organizations(text: str, names: list[str]) -> None:
    found = find_organizations(text)
    assert [f.value for f in found] == names
    assert all(text[f.start : f.end] == f.text for f in found)


def test_persons_are_not_organizations_or_headings() -> None:
    found = [
        f.value for f in find_persons("Ms. Ludmila Smolyansky met Lifeway Foods, Inc. on Effective Date")
    ]
    assert found == ["Ludmila Smolyansky"]


@pytest.mark.parametrize(
    ("name", "base", "form"),
    [
        ("Kubient, Inc.", "Kubient", "Inc."),
        ("MUSTER SDN BHD", "MUSTER", "SDN BHD"),
        ("Kathy Whitworth", "Kathy Whitworth", ""),
        ("Gans GmbH & Co. KG", "Gans", "GmbH & Co. KG"),
    ],
)
def test_suffixes(name: str, base: str, form: str) -> None:
    assert split_suffix(name) == (base, form)
    assert has_suffix(name) is bool(form)


def test_names_are_made_one_line() -> None:
    assert normalize_name(" “Kubient,\n Inc.” ") == "Kubient, Inc."
    assert normalize_name("(Alpha) Ltd.,") == "(Alpha) Ltd."
    assert (suffix_key("L.L.C."), suffix_key("apple")) == ("llc", None)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("the laws of the State of Delaware", "Delaware"),
        ("LAWS OF THE STATE OF NEW YORK", "New York"),
        ("England and Wales", "England and Wales"),
        ("the Commonwealth of Pennsylvania", "Pennsylvania"),
        ("a turkey sandwich", None),
        ("12 Washington Street", None),
    ],
)
def test_places(text: str, place: str | None) -> None:
    assert place_name(text) == place
    assert all(text[f.start : f.end] == f.text for f in find_places(text))


@pytest.mark.parametrize(
    "text",
    [
        "LOT 1851-A, JALAN KPB 6, KAWASAN PERINDUSTRIAN, 43300 SERI KEMBANGAN, SELANGOR",
        "123 Main Street, Suite 5, Dallas, TX 75201",
        "Musterstraße 12, 80331 München",
        "12 rue de la Paix 75002 Paris",
    ],
)
def test_addresses_score_high(text: str) -> None:
    assert address_score(text) > 0.7


@pytest.mark.parametrize("text", ["", "THANK YOU FOR SHOPPING", "TOTAL 12.50", "Invoice 12345 of May"])
def test_other_text_scores_low(text: str) -> None:
    assert address_score(text) < 0.5


def test_postcodes() -> None:
    assert [f.value for f in find_postcodes("80331 München, London SW1A 1AA, in 2018")] == [
        "80331",
        "SW1A 1AA",
    ]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("RE-20151008/504", ["RE-20151008/504"]),
        ("No: 2010725 dated 12/03/2018 $500.00", ["2010725"]),
        ("POL/ 1940495-1", ["1940495-1"]),
        ("Tel: 03-8961 1234", []),
        ("12.50 30 days 5% INVOICE", []),
    ],
)
def test_identifiers(text: str, codes: list[str]) -> None:
    assert [f.value for f in find_identifiers(text)] == codes


def test_typed_codes() -> None:
    text = "Info@Example.com DE123456789 DE89 3704 0044 0532 0130 00 BIC Tel. +49 89 123456"
    assert [f.value for f in find_emails(text)] == ["info@example.com"]
    assert [f.value for f in find_vat_ids(text)] == ["DE123456789"]
    assert [f.value for f in find_ibans(text)] == ["DE89370400440532013000"]
    assert "+4989123456" in [f.value for f in find_phones(text)]
    assert find_ibans("DE89 3704 0044 0532 0130 01") == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Dutch law", "Netherlands"),
        ("deutsches Recht", "Germany"),
        ("Dutch paintings", None),
        ("Schweiz", "Switzerland"),
    ],
)
def test_a_people_is_a_place_where_its_law_is_named(text: str, place: str | None) -> None:
    assert place_name(text) == place
