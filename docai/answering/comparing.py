"""Yes-or-no questions that compare: "Is the notice period longer than 30 days?", "Does it end before 2027?"

Such a question is asked without its comparison ("the notice period?"), and the value found is compared.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from docai.answering.findings import Finding
from docai.answering.question import Question, reread
from docai.answering.record_answers import format_value
from docai.answering.shapes import Asked
from docai.answering.tables.comparisons import Comparison, Operator, find_comparisons
from docai.answering.vocabulary import get_topic, plain_text
from docai.types import Verdict
from docai.values.compare import as_decimal
from docai.values.durations import Duration, common_measure, find_durations, parse_duration
from docai.values.places import find_places, place_name

_LONGER = (
    r"(?:(?:more|longer|greater|further) than|over|above|beyond|exceed(?:s|ing)?|in excess of"
    r"|langer als|mehr als|plus de)"
)
_SHORTER = (
    r"(?:(?:less|shorter|fewer|smaller) than|under|below|within less than|kurzer als|weniger als|moins de)"
)
_AT_LEAST = r"(?:at least|no less than|not less than|no(?:t)? (?:shorter|fewer) than|a minimum of|mindestens)"
_AT_MOST = r"(?:at most|no(?:t)? (?:more|longer) than|a maximum of|up to|not exceed(?:ing)?|hochstens)"
_BEFORE: tuple[tuple[Operator, str], ...] = (
    (">=", _AT_LEAST), ("<=", _AT_MOST), (">", _LONGER), ("<", _SHORTER),
)  # fmt: skip
_AFTER: tuple[tuple[Operator, str], ...] = (
    (">=", r"or (?:more|longer|greater)"), ("<=", r"or (?:less|shorter|fewer)"),
)  # fmt: skip
_EXACTLY = re.compile(r"\b(?:exactly |precisely |equal to |just |genau )$")
_IS = re.compile(r"^(?:is|are|was|were|ist|sind|est)\b")
Wanted: TypeAlias = Duration | Comparison | str
"""What a value is compared with; text is a place."""
_DAYS = {"day": (1, 1), "week": (7, 7), "month": (28, 31), "year": (365, 366)}


@dataclass(frozen=True, slots=True)
class Compared:
    """`question`: for the value alone; all of `tests` must hold of it. `negated`: whether "yes" is that they
    do not."""

    question: Question
    tests: tuple[tuple[Operator, Wanted], ...]
    negated: bool


def read_comparison(question: Question) -> Compared | None:
    """None for a question that compares nothing."""
    return _read_comparison(question, datetime.date.today())


@lru_cache(maxsize=256)
def _read_comparison(question: Question, today: datetime.date) -> Compared | None:
    if question.asked != "yes_no":
        return None
    bare = question.bare
    found = _find_period(bare)
    if found is not None:
        operator, period, start, end = found
        return _make(question, [(start, end)], ((operator, period),), "duration")
    place = _read_place(question)
    if place is not None:
        return place
    comparisons = find_comparisons(bare, today)
    if not comparisons or len({c.kind for c in comparisons}) > 1:
        return None
    tests = tuple((c.operator, c) for c in comparisons)
    asked: Asked = "date" if comparisons[0].kind == "date" else "money"
    return _make(question, [(c.start, c.end) for c in comparisons], tests, asked)


def _read_place(question: Question) -> Compared | None:
    """A place that the question says is the one: "governed by the laws of Texas?" A place within a name
    ("Bank of Delaware") says nothing."""
    if not any("place" in get_topic(topic).kinds for topic in question.topics):
        return None
    longer = [n for n in question.names if len(n.core) > 1 and place_name(n.text) != " ".join(n.core)]
    said = [
        item
        for item in find_places(question.text)
        if not any(n.start <= item.start and item.end <= n.end for n in longer)
    ]
    if len(said) != 1:
        return None
    (place,) = said
    text = f"{question.text[: place.start]}{question.text[place.end :]}"
    names = tuple(n for n in question.names if n.end <= place.start or place.end <= n.start)
    bare = question.bare.replace(plain_text(place.text), " ")
    value = replace(reread(question, bare, "place"), text=" ".join(text.split()), names=names)
    return Compared(replace(value, negated=False), (("=", str(place.value)),), value.negated)


def _make(
    question: Question,
    spans: Iterable[tuple[int, int]],
    tests: tuple[tuple[Operator, Wanted], ...],
    asked: Asked,
) -> Compared | None:
    rest = question.bare
    for start, end in sorted(set(spans), reverse=True):
        rest = f"{rest[:start]} {rest[end:]}"
    value = reread(question, " ".join(rest.split()), asked)
    if not value.topics and not value.stems:
        return None
    return Compared(replace(value, negated=False), tests, value.negated)


def _find_period(bare: str) -> tuple[Operator, Duration, int, int] | None:
    """A period with what compares it, and where both stand."""
    for item in find_durations(bare):
        period = parse_duration(item.text)
        if period is None:
            continue
        before, after = bare[max(0, item.start - 40) : item.start], bare[item.end : item.end + 20]
        for operator, pattern in _AFTER:
            if match := re.match(rf"\s{{0,2}}{pattern}\b", after):
                return operator, period, item.start, item.end + match.end()
        for operator, pattern in _BEFORE:
            if match := re.search(rf"\b{pattern}\s{{1,2}}(?:a period of |the )?$", before):
                return operator, period, item.start - len(before) + match.start(), item.end
        exactly = _EXACTLY.search(before)
        if exactly or (_IS.match(bare) and not after.strip(" ?.")):
            start = item.start - len(before) + exactly.start() if exactly else item.start
            return "=", period, start, item.end
    return None


def compare(finding: Finding, compared: Compared) -> Finding:
    """The finding about the value as a yes or no, with the value beside it; unknown where the two do not
    compare (other currencies, one month against thirty days)."""
    if not finding.found or finding.value is None or isinstance(finding.value, bool | list):
        reason = finding.reason or "unsure"
        return replace(finding, verdict=None, value=None, kind="boolean", reason=reason)
    results = [_test(finding, operator, other) for operator, other in compared.tests]
    if any(result is None for result in results):
        return replace(finding, verdict=None, value=None, kind="boolean", reason="unsure")
    verdict: Verdict = "yes" if all(results) != compared.negated else "no"
    told = format_value(finding.value, finding.unit, finding.kind)
    return replace(finding, kind="boolean", value=verdict == "yes", unit=None, verdict=verdict, told=told)


def _test(finding: Finding, operator: Operator, other: Wanted) -> bool | None:
    if isinstance(other, str):
        named = {str(item.value) for item in find_places(str(finding.value))} or {str(finding.value)}
        return other in named
    if isinstance(other, Duration):
        period = parse_duration(str(finding.value))
        order = _order_periods(period, other) if period else None
    elif other.kind == "date":
        ours, theirs = str(finding.value), str(other.value)
        whole = re.fullmatch(r"\d{4}-\d\d-\d\d", ours)
        order = (ours > theirs) - (ours < theirs) if whole else None
    else:
        if other.currency and finding.unit and other.currency != finding.unit:
            return None
        number = as_decimal(finding.value)
        order = _order(number, Decimal(str(other.value))) if number is not None else None
    if order is None:
        return None
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0, "=": order == 0}[operator]


def _order(one: Decimal, other: Decimal) -> int:
    return (one > other) - (one < other)


def _order_periods(one: Duration, other: Duration) -> int | None:
    """-1, 0 or 1; None where it depends on the calendar."""
    (unit, count, business), (unit2, count2, business2) = common_measure(one), common_measure(other)
    if (unit, business) == (unit2, business2):
        return _order(count, count2)
    (low, high), (low2, high2) = _range_days(one), _range_days(other)
    if low > high2:
        return 1
    return -1 if high < low2 else None


def _range_days(period: Duration) -> tuple[Decimal, Decimal]:
    """How many days of the calendar a period has, at least and at most."""
    low, high = (period.count * factor for factor in _DAYS[period.unit])
    return (low, high * 7 / 5 + 4) if period.business else (low, high)
