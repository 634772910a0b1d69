"""Periods in digits and words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.values.durations import Duration, canonical, find_durations, iso_duration, parse_duration
from docai.values.word_numbers import parse_word_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("one (1) year", "1 year"),
        ("thirty (30) days", "30 days"),
        ("24 months", "24 months"),
        ("second anniversary", "2 years"),
        ("fourth (4th) anniversary", "4 years"),
        ("a period of five years", "5 years"),
        ("one hundred eighty (180) days", "180 days"),
        ("1-year terms", "1 year"),
        ("ninety-day notice", "90 days"),
        ("on a year to year basis", "1 year"),
        ("monthly periods", "1 month"),
        ("five (5) business days", "5 business days"),
        ("14 Tage", "14 days"),
        ("zwei Jahre", "2 years"),
        ("trois mois", "3 months"),
        ("two quarters", "6 months"),
        ("one (1) additional three (3) year period", "3 years"),
    ],
)
def test_printed_periods(text: str, value: str) -> None:
    assert [f.value for f in find_durations(text)] == [value]


@pytest.mark.parametrize("text", ["the last day", "days", "first day of May", "zero days", "May 2018"])
def test_what_is_no_period(text: str) -> None:
    assert find_durations(text) == []


def test_words_hold_against_digits_and_the_digits_stay() -> None:
    (found,) = find_durations("thirty (80) days")
    assert (found.value, found.alternative) == ("30 days", "80 days")


def test_iso_forms() -> None:
    assert iso_duration(Duration(Decimal(30), "day")) == "P30D"
    assert parse_duration("P2Y") == Duration(Decimal(2), "year")
    assert parse_duration("soon") is None


@given(
    st.integers(1, 999),
    st.sampled_from(["day", "week", "month", "year"]),
    st.booleans(),
)
def test_canonical_text_reads_back(count: int, unit: str, business: bool) -> None:
    duration = Duration(Decimal(count), unit, business and unit == "day")  # type: ignore[arg-type]
    assert parse_duration(canonical(duration)) == duration


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("one hundred eighty", 180),
        ("twenty five", 25),
        ("two thousand nineteen", 2019),
        ("zwölf", 12),
        ("two three", None),
        ("and", None),
        ("apple", None),
    ],
)
def test_numbers_in_words(words: str, number: int | None) -> None:
    assert parse_word_number(words.split()) == number
