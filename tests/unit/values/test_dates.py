"""Dates: the forms that documents print, ambiguity, blanks, terms."""

from __future__ import annotations

import datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.values.blanks import find_blank_dates
from docai.values.dates import add_term, find_dates, guess_day_first, parse_date
from docai.values.durations import Duration

DATES = st.dates(datetime.date(1950, 1, 1), datetime.date(2049, 12, 31))


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("March 1, 1996", "1996-03-01"),
        ("1st day of February, 2020", "2020-02-01"),
        ("as of this 11th day of Dec., 2009", "2009-12-11"),
        ("(this) fifth (5th) day of June, 2012", "2012-06-05"),
        ("fifth day of May, 2001", "2001-05-05"),
        ("twenty-first day of May 2001", "2001-05-21"),
        ("1 janvier 2020", "2020-01-01"),
        ("1er août 2019", "2019-08-01"),
        ("1. März 2018", "2018-03-01"),
        ("5 de marzo de 2020", "2020-03-05"),
        ("20200131", "2020-01-31"),
        ("1 5/03/2018", "2018-03-15"),
        ("31 / 03 / 2018", "2018-03-31"),
        ("28 MAR 18", "2018-03-28"),
        ("30MAR2018", "2018-03-30"),
        ("14/JUN/2017", "2017-06-14"),
        ("Feb15/20", "2020-02-15"),
        ("31-12-18", "2018-12-31"),
        ("2018/03/20", "2018-03-20"),
        ("20/03/201814:22", "2018-03-20"),
        ("DATE:28/02/2016 12:01", "2016-02-28"),
        ("12-31-2010", "2010-12-31"),
        ("2018-01-2512:01", "2018-01-25"),
        ("20/03/1814:22", "2018-03-20"),
        ("20/03/2018:14:22", "2018-03-20"),
        ("Ist day of January, 2009", "2009-01-01"),
        ("2lst day of January, 2009", "2009-01-21"),
        ("the sth day of February, 2020", "2020-02-05"),
    ],
)
def test_printed_forms(text: str, iso: str) -> None:
    assert [f.value for f in find_dates(text)] == [iso]


@pytest.mark.parametrize(
    "text",
    [
        "Section 1.2.10",
        "RE-20151008/504",
        "31/02/2018",
        "phone 555-12-3456",
        "version 10.11.12.13",
        "may 10",
        "",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert find_dates(text) == []


def test_an_ambiguous_date_keeps_its_other_reading() -> None:
    (found,) = find_dates("03/04/2024")
    assert (found.value, found.alternative) == ("2024-03-04", "2024-04-03")
    (found,) = find_dates("03/04/2024", day_first=True)
    assert (found.value, found.alternative) == ("2024-04-03", "2024-03-04")
    (found,) = find_dates("03.04.2024")
    assert found.value == "2024-04-03"


def test_a_range_gives_both_ends_with_their_places() -> None:
    text = "Flight 03/01/2019-03/31/2019"
    found = find_dates(text)
    assert [f.value for f in found] == ["2019-03-01", "2019-03-31"]
    assert all(text[f.start : f.end] == f.text for f in found)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["13/04/2018", "05/06/2018"], True),
        (["12/31/2018"], False),
        (["Total RM 12.00", "05/06/2018"], True),
        (["Total $12.00"], False),
        (["Rechnung Nr. 5"], True),
        (["no hint at all"], None),
    ],
)
def test_the_document_decides_the_order(texts: list[str], expected: bool | None) -> None:
    assert guess_day_first(texts) is expected


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("____ day of ______, 2019", "2019"),
        ("August __, 2019", "2019-08"),
        ("14 day of SEPTEMBER, 200_", "--09"),
        ("the day of January, 2019", "2019-01"),
        ("August [●], 2019", "2019-08"),
        ("__/__/____", ""),
        ("May 5, 20__", "--05"),
    ],
)
def test_blank_dates(text: str, known: str) -> None:
    assert [f.value for f in find_blank_dates(text)] == [known]


@pytest.mark.parametrize("text", ["this 5th day of May, 2010", "the day of reckoning", "August 5, 2019"])
def test_full_dates_are_not_blank(text: str) -> None:
    assert find_blank_dates(text) == []


@given(
    DATES,
    st.sampled_from(["%d.%m.%Y", "%B %d, %Y", "%d %b %Y", "%Y-%m-%d", "%d. %B %Y", "%d/%m/%Y", "%d-%m-%y"]),
)
def test_formatting_and_parsing_round_trip(date: datetime.date, form: str) -> None:
    assert parse_date(f"on {date.strftime(form)} at", day_first=True) == date.isoformat()


@given(DATES)
def test_both_readings_of_a_numeric_date_hold_the_true_one(date: datetime.date) -> None:
    (found,) = find_dates(date.strftime("%m/%d/%Y"))
    assert date.isoformat() in (found.value, found.alternative)


@given(st.text(alphabet="0123456789/.-_ ,JanFebMch[]of day", max_size=80))
def test_spans_are_of_the_text_and_apart(text: str) -> None:
    for found in (find_dates(text), find_blank_dates(text)):
        assert all(text[f.start : f.end] == f.text for f in found)
        assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("start", "count", "unit", "inclusive", "end"),
    [
        ("2020-02-05", 1, "year", False, "2021-02-05"),
        ("1999-09-30", 4, "year", True, "2003-09-29"),
        ("2024-01-31", 1, "month", False, "2024-02-29"),
        ("2024-02-29", 1, "year", False, "2025-02-28"),
        ("2020-01-01", 90, "day", False, "2020-03-31"),
        ("2020-01-01", 2, "week", True, "2020-01-14"),
    ],
)
def test_terms_end_right(start: str, count: int, unit: str, inclusive: bool, end: str) -> None:
    assert add_term(start, Duration(Decimal(count), unit), inclusive=inclusive) == end  # type: ignore[arg-type]


def test_business_days_skip_weekends() -> None:
    assert add_term("2024-01-05", Duration(Decimal(1), "day", business=True)) == "2024-01-08"


@pytest.mark.parametrize("count", ["1.3", "99999"])
def test_a_term_that_has_no_end_is_refused(count: str) -> None:
    with pytest.raises(ValueError, match=r"cannot add|beyond"):
        add_term("2024-01-31", Duration(Decimal(count), "year"))


@given(DATES, st.integers(1, 600))
def test_months_never_leave_the_month_they_reach(date: datetime.date, count: int) -> None:
    end = datetime.date.fromisoformat(add_term(date.isoformat(), Duration(Decimal(count), "month")))
    index = date.year * 12 + date.month - 1 + count
    assert (end.year, end.month) == (index // 12, index % 12 + 1)
    assert end.day <= date.day
