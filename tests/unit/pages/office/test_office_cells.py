"""Cells as a sheet shows them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.pages.office.cells import name_cell, show_value


@pytest.mark.parametrize(
    ("column", "name"), [(0, "A7"), (25, "Z7"), (26, "AA7"), (701, "ZZ7"), (702, "AAA7")]
)
def test_names(column: int, name: str) -> None:
    assert name_cell(column, 7) == name


@given(st.integers(0, 16_383), st.integers(1, 1_048_576))
def test_names_are_read_back(column: int, row: int) -> None:
    name = name_cell(column, row)
    letters = name.rstrip("0123456789")
    value = 0
    for letter in letters:
        value = value * 26 + ord(letter) - ord("A") + 1
    assert (value - 1, int(name[len(letters) :])) == (column, row)


@pytest.mark.parametrize(
    ("value", "shown_as", "expected"),
    [
        (246.0, '"£"#,##0.00', "£246.00"),
        (1234.5, "#,##0.00\\ [$€-407]", "1,234.50 €"),
        (1234567, "#,##0", "1,234,567"),
        (0.195, "0.0%", "19.5%"),
        (-12.5, "#,##0.00;(#,##0.00)", "(12.50)"),
        (-12.5, "0.00;[Red]-0.00", "-12.50"),
        (-12.5, "0.00", "-12.50"),
        (1.1, "General", "1.1"),
        (0.1 + 0.2, "General", "0.3"),
        (41, "General", "41"),
        (41, "", "41"),
        (41.5, '0.00"' + "x" * 600 + '"', "41.5"),
        (12345678.9, "0.00E+00", "12345678.9"),
        (5, '0 "days"', "5 days"),
        (4711, "00000", "4711"),
        (99.5, '_("$"* #,##0.00_)', "$99.50"),
        (True, "General", "TRUE"),
        (None, "General", ""),
        ("03/04/2024", "@", "03/04/2024"),
        (dt.datetime(2024, 5, 17), "dd.mm.yyyy", "2024-05-17"),
        (dt.datetime(2024, 5, 17, 9, 30), "dd.mm.yyyy", "2024-05-17 09:30:00"),
        (dt.date(2024, 5, 17), "General", "2024-05-17"),
        (dt.time(9, 30), "h:mm", "09:30:00"),
    ],
)
def test_values(value: object, shown_as: str, expected: str) -> None:
    assert show_value(value, shown_as) == expected


@given(
    st.floats(allow_nan=False, allow_infinity=False, width=32), st.text('#0,.;%$€()[]_*\\"-E ', max_size=20)
)
def test_no_format_fails(value: float, shown_as: str) -> None:
    assert isinstance(show_value(value, shown_as), str)


def test_a_format_is_looked_through_in_bounded_steps() -> None:
    from docai.pages.office.cells import _DIGITS

    found = _DIGITS.search("#" * 400)
    assert found is not None
    assert found.end() <= 41
