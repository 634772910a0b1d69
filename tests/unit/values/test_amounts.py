"""Money, numbers, percents: both marks, signs, currencies, OCR splits."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.values.currencies import currency_code, find_currencies
from docai.values.money import find_money, parse_money
from docai.values.numbers import find_numbers, find_percents, parse_number

CENTS = st.integers(0, 10**9).map(lambda n: Decimal(n).scaleb(-2))


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("RM 21.50", "21.50", "MYR"),
        ("RM21.50", "21.50", "MYR"),
        ("21,50 €", "21.50", "EUR"),
        ("EUR 12", "12", "EUR"),
        ("$20,400.00", "20400.00", "USD"),
        ("RM 15 .90", "15.90", "MYR"),
        ("RM 15. 90", "15.90", "MYR"),
        ("1.234,56", "1234.56", None),
        ("1 234,56 €", "1234.56", "EUR"),
        ("1'234.56 CHF", "1234.56", "CHF"),
        ("12.50-", "-12.50", None),
        ("(3.00)", "-3.00", None),
        ("-RM 5.00", "-5.00", "MYR"),
        ("$(1,000.00)", "-1000.00", "USD"),
        ("US$1.5 million", "1500000", "USD"),
        ("Fr. 20.-", "20", "CHF"),
        ("£1,000", "1000", "GBP"),
        ("$165", "165", "USD"),
        ("1,00,000.00 INR", "100000.00", "INR"),
    ],
)
def test_printed_amounts(text: str, value: str, unit: str | None) -> None:
    assert [(f.value, f.unit) for f in find_money(text)] == [(Decimal(value), unit)]
    assert parse_money(text) == (Decimal(value), unit)


@pytest.mark.parametrize("text", ["12:30", "19 %", "AB-12.50", "1.2.3", "page 5", "(30) days"])
def test_what_is_no_amount(text: str) -> None:
    assert find_money(text) == []


def test_a_currency_may_be_required() -> None:
    assert find_money("31.00", require_currency=True) == []
    assert [f.value for f in find_money("31.00 and $5", require_currency=True)] == [Decimal(5)]


def test_an_amount_of_three_decimals_keeps_its_other_reading() -> None:
    (found,) = find_money("1.234 €")
    assert (found.value, found.alternative) == (Decimal(1234), Decimal("1.234"))


def test_several_amounts_are_no_single_amount() -> None:
    assert parse_money("$5.00 or $6.00") is None
    assert parse_money("$5.00 (say $5.00)") == (Decimal("5.00"), "USD")
    assert parse_money("nothing") is None


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("8.1%", ["8.1"]),
        ("19,00 %", ["19.00"]),
        ("five percent (5%)", ["5"]),
        ("5 percent", ["5"]),
        ("-2.5 %", ["-2.5"]),
        ("50", []),
    ],
)
def test_percents(text: str, values: list[str]) -> None:
    assert [f.value for f in find_percents(text)] == [Decimal(v) for v in values]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("3 x 4", ["3", "4"]),
        ("A4", []),
        ("1.000 kg", ["1.000"]),
        ("-5,00", ["-5.00"]),
        ("12/03/2018", []),
        ("No.5", ["5"]),
    ],
)
def test_numbers_stand_free(text: str, values: list[str]) -> None:
    assert [f.value for f in find_numbers(text)] == [Decimal(v) for v in values]


def test_one_number_or_none() -> None:
    assert parse_number("total 31") == Decimal(31)
    assert parse_number("3 x 4") is None


def _group(value: Decimal, group: str, mark: str) -> str:
    return f"{value:,.2f}".replace(",", "\0").replace(".", mark).replace("\0", group)


@given(
    CENTS,
    st.sampled_from([(",", "."), (".", ","), ("'", "."), ("\u202f", ","), ("", "."), ("", ",")]),
    st.sampled_from([("$", "", "USD"), ("RM ", "", "MYR"), ("", " €", "EUR"), ("CHF ", "", "CHF")]),
    st.booleans(),
)
def test_formatting_and_parsing_round_trip(
    value: Decimal, marks: tuple[str, str], money: tuple[str, str, str], negative: bool
) -> None:
    before, after, code = money
    text = f"{'-' if negative and value else ''}{before}{_group(value, *marks)}{after}"
    assert parse_money(text) == (-value if negative else value, code)


@given(st.text(alphabet="0123456789.,'-() $€RM%", max_size=60))
def test_values_are_decimals_and_spans_hold(text: str) -> None:
    for found in (find_money(text), find_numbers(text), find_percents(text)):
        assert all(isinstance(f.value, Decimal) and text[f.start : f.end] == f.text for f in found)
        assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("RM", "MYR"),
        ("€", "EUR"),
        ("US$", "USD"),
        ("euros", "EUR"),
        ("Fr.", "CHF"),
        ("chf", "CHF"),
        ("kg", None),
    ],
)
def test_currency_codes(text: str, code: str | None) -> None:
    assert currency_code(text) == code


def test_currencies_do_not_begin_inside_words() -> None:
    assert find_currencies("FARM STORM TRYING") == []
    assert [c for _, _, c in find_currencies("RM5 and 7 EUR")] == ["MYR", "EUR"]
