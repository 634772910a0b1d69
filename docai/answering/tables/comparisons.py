"""Comparisons in a question: before 2027, over $1,000, in the next 90 days."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Literal, TypeAlias

from docai.values.currencies import currency_code
from docai.values.dates import add_term, find_dates
from docai.values.durations import find_durations, parse_duration
from docai.values.money import find_money
from docai.values.numbers import find_numbers

Operator: TypeAlias = Literal["<", "<=", ">", ">=", "="]

_BEFORE = r"(?:before|prior to|earlier than|vor|avant)"
_UNTIL = r"(?:until|till|by|through|up to|no later than|not later than|on or before|bis|jusqu'au)"
_AFTER = r"(?:after|later than|beyond|past|nach|apres)"
_SINCE = r"(?:since|starting|as of|no earlier than|not earlier than|on or after|ab|seit|depuis)"
_DURING = r"(?:in|during|within|of|for|from|im|aus|en)"
_OVER = (
    r"(?:over|above|more than|greater than|higher than|exceeding|exceeds?|larger than|uber|mehr als|plus de)"
)
_AT_LEAST = r"(?:at least|no less than|not less than|a minimum of|mindestens|au moins)"
_UNDER = r"(?:under|below|less than|lower than|smaller than|fewer than|unter|weniger als|moins de)"
_AT_MOST = r"(?:at most|no more than|not more than|up to|a maximum of|hochstens|au plus)"
_DATE_OPERATORS: tuple[tuple[Operator, str], ...] = (
    ("<=", _UNTIL), (">=", _SINCE), ("<", _BEFORE), (">", _AFTER), ("=", _DURING),
)  # fmt: skip
_AMOUNT_OPERATORS: tuple[tuple[Operator, str], ...] = (
    (">=", _AT_LEAST), ("<=", _AT_MOST), (">", _OVER), ("<", _UNDER),
)  # fmt: skip
_YEAR = re.compile(r"(?<![\d.,$€£])(?:19|20)\d\d(?![\d.,]?\d)")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_MONTH_YEAR = re.compile(rf"\b({'|'.join(m[:3] for m in _MONTHS)})[a-z]{{0,6}}\.? ((?:19|20)\d\d)\b")
_RELATIVE = re.compile(r"\b(next|coming|last|past|previous|this|current)\s+(year|month|quarter)\b")
_WITHIN = re.compile(r"\b(?:in|within|during)?\s*(?:the )?(next|coming|last|past)\s+(?=\d|one|two|three|six)")
_EXPIRED = re.compile(r"\b(?:have |has |already )?(?:expired|lapsed|abgelaufen\w{0,2})\b")


@dataclass(frozen=True, slots=True)
class Comparison:
    """`value`: ISO date or number; `start`, `end`: where it stands in the plain question."""

    kind: Literal["date", "number"]
    operator: Operator
    value: str | Decimal
    start: int
    end: int
    currency: str | None = None


def find_comparisons(bare: str, today: datetime.date) -> list[Comparison]:
    """All comparisons of a plain (lower case) question; a period gives two."""
    dates = [*_find_date_comparisons(bare, today), *_find_relative(bare, today)]
    taken = [(c.start, c.end) for c in dates]
    numbers = [c for c in _find_amounts(bare) if not any(a < c.end and c.start < b for a, b in taken)]
    return dates + numbers


@dataclass(frozen=True, slots=True)
class _Span:
    first: str
    last: str
    start: int
    end: int


def _find_spans(bare: str) -> list[_Span]:
    """Days, months and years that a question names, each as first and last day."""
    spans = [_Span(str(f.value), str(f.value), f.start, f.end) for f in find_dates(bare)]
    for match in _MONTH_YEAR.finditer(bare):
        month = next(i for i, name in enumerate(_MONTHS, 1) if name.startswith(match[1]))
        spans.append(_Span(*_month(int(match[2]), month), match.start(), match.end()))
    for match in _YEAR.finditer(bare):
        spans.append(_Span(f"{match[0]}-01-01", f"{match[0]}-12-31", match.start(), match.end()))
    kept: list[_Span] = []
    for span in sorted(spans, key=lambda s: s.start - s.end):
        if not any(k.start < span.end and span.start < k.end for k in kept):
            kept.append(span)
    return sorted(kept, key=lambda s: s.start)


def _month(year: int, month: int) -> tuple[str, str]:
    following = datetime.date(year + month // 12, month % 12 + 1, 1)
    return f"{year}-{month:02}-01", (following - datetime.timedelta(days=1)).isoformat()


def _find_date_comparisons(bare: str, today: datetime.date) -> Iterator[Comparison]:
    spans = _find_spans(bare)
    between = next(
        (
            (a, b)
            for a, b in pairwise(spans)
            if re.search(r"\b(?:between|from|zwischen|entre)\s+(?:the\s+)?$", bare[: a.start])
            and re.fullmatch(r"\s*(?:and|to|until|und|bis|et)\s+", bare[a.end : b.start])
        ),
        None,
    )
    if between:
        first, last = between
        yield Comparison("date", ">=", first.first, first.start, first.end)
        yield Comparison("date", "<=", last.last, last.start, last.end)
        spans = [s for s in spans if s not in between]
    for span in spans:
        yield from _compare_span(bare, span)
    expired = _EXPIRED.search(bare)
    if expired and not spans and not between:
        yield Comparison("date", "<", today.isoformat(), expired.start(), expired.end())


def _compare_span(bare: str, span: _Span) -> Iterator[Comparison]:
    before = bare[max(0, span.start - 40) : span.start]
    for operator, pattern in _DATE_OPERATORS:
        found = re.search(rf"\b{pattern}\s+(?:the\s+)?(?:end of\s+)?$", before)
        if found is None:
            continue
        start = span.start - len(before) + found.start()
        onwards = re.match(r"\s+(?:on|onwards?|and later)\b", bare[span.end : span.end + 12])
        if operator == "=" and onwards:
            yield Comparison("date", ">=", span.first, start, span.end + onwards.end())
        elif operator == "=" and span.first != span.last:
            yield Comparison("date", ">=", span.first, start, span.end)
            yield Comparison("date", "<=", span.last, start, span.end)
        else:
            day = span.last if operator in (">", "<=") else span.first
            yield Comparison("date", operator, day, start, span.end)
        return


def _find_relative(bare: str, today: datetime.date) -> Iterator[Comparison]:
    for match in _RELATIVE.finditer(bare):
        first, last = _period(match[2], match[1], today)
        yield Comparison("date", ">=", first, match.start(), match.end())
        yield Comparison("date", "<=", last, match.start(), match.end())
    for match in _WITHIN.finditer(bare):
        found = next((f for f in find_durations(bare[match.end() :]) if f.start == 0), None)
        term = parse_duration(found.text) if found else None
        if found is None or term is None:
            continue
        end = match.end() + found.end
        if match[1] in ("next", "coming"):
            yield Comparison("date", ">=", today.isoformat(), match.start(), end)
            yield Comparison("date", "<=", add_term(today.isoformat(), term), match.start(), end)
        else:
            days = datetime.date.fromisoformat(add_term(today.isoformat(), term)) - today
            yield Comparison("date", ">=", (today - days).isoformat(), match.start(), end)
            yield Comparison("date", "<=", today.isoformat(), match.start(), end)


def _period(unit: str, which: str, today: datetime.date) -> tuple[str, str]:
    step = {"next": 1, "coming": 1, "last": -1, "past": -1, "previous": -1}.get(which, 0)
    if unit == "year":
        return f"{today.year + step}-01-01", f"{today.year + step}-12-31"
    months = {"month": 1, "quarter": 3}[unit]
    index = (today.year * 12 + today.month - 1) // months * months + step * months
    first, _ = _month(index // 12, index % 12 + 1)
    last_index = index + months - 1
    return first, _month(last_index // 12, last_index % 12 + 1)[1]


def _find_amounts(bare: str) -> Iterator[Comparison]:
    amounts = {(f.start, f.end): (f.value, f.unit) for f in find_money(bare)}
    for found in find_numbers(bare):
        if not any(a < found.end and found.start < b for a, b in amounts):
            amounts[(found.start, found.end)] = (found.value, None)
    periods = find_durations(bare)
    for (start, end), (value, unit) in amounts.items():
        if any(p.start < end and start < p.end for p in periods):
            continue  # "more than 90 days" compares periods, which the tables hold as text
        before = bare[max(0, start - 40) : start]
        for operator, pattern in _AMOUNT_OPERATORS:
            found_operator = re.search(rf"\b{pattern}\s+(?:a total of\s+)?$", before)
            if found_operator:
                at = start - len(before) + found_operator.start()
                after = re.match(r"\s?([a-z]{3})\b", bare[end : end + 5])
                code = currency_code(after[1].upper()) if after else None
                if after and code:
                    unit, end = code, end + after.end()
                yield Comparison("number", operator, Decimal(str(value)), at, end, unit)
                break
