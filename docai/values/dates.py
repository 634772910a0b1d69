"""Dates as documents print them: numeric, with month names, as `1st day of February, 2020`."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from docai.values.calendar_words import month_number, ordinal_number
from docai.values.currencies import find_currencies
from docai.values.spans import Found, drop_overlaps, scan

if TYPE_CHECKING:
    from docai.values.durations import Duration

_YEAR4 = r"(?:1[89]|20|21)\d\d"
# After a four-digit year OCR often glues the time: 20/03/201814:22.
_END4 = r"(?:(?!\d)|(?=\d{1,2}:\d\d))"
_START = r"(?<!\d)(?<!\d[/.,])"

_YEAR_FIRST = re.compile(
    rf"{_START}(?P<y>{_YEAR4})\s?(?P<s>[/.\-])\s?(?P<m>\d{{1,2}})\s?(?P=s)\s?"
    rf"(?P<d>\d\d(?=\d\d:\d\d)|\d{{1,2}}(?!\d))(?![/\-]\d)"
)
_NUMERIC = re.compile(
    rf"{_START}(?P<a>\d \d|\d{{1,2}})(?P<g1>\s{{0,2}})(?P<s>[/.\-])(?P<g2>\s{{0,2}})(?P<b>\d \d|\d{{1,2}})"
    rf"(?P<g3>\s{{0,2}})(?P=s)(?P<g4>\s{{0,2}})(?P<y>{_YEAR4}{_END4}|\d{{2}}(?!\d))(?!(?P=s)\d)(?![/.]\d)"
)
# 20/03/1814:22 is a year of two digits and a time; 20/03/2018:14:22 is not.
_TIME_IN_YEAR = re.compile(r"\d\d(?:[01]\d|2[0-3]):[0-5]\d(?![\d:])|18(?:[01]\d|2[0-3]):[0-5]\d")
_COMPACT = re.compile(
    r"(?<![\w/.\-])(?P<y>19[5-9]\d|20[0-4]\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?![\w/\-])(?!\.\d)"
)
_MONTH_FIRST = re.compile(
    r"(?<![^\W\d_])(?P<month>[^\W\d_]{3,10})\.?[\s\-]{0,3}(?P<d>\d{1,2})(?:\s?(?:st|nd|rd|th)\b)?"
    rf"(?:(?:\s{{0,2}}[,.]?\s{{0,2}}|\s?[/\-]\s?|\sof\s)(?P<y>{_YEAR4})(?!\d)|\s?[/'’]\s?(?P<yy>\d\d)(?!\d))",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    r"(?<![\d/.,\-])(?P<d>\d{1,2}|(?<![^\W_])(?:[23]?[Il|](?=st\s{1,3}day\s)|[12]?s(?=th\s{1,3}day\s)))"
    r"(?:\s?(?:st|nd|rd|th|er|º|°)(?![^\W\d_]))?\)?[\s./\-]{0,4}"
    r"(?:(?:day\s{1,3})?of\s{1,3}|de\s)?(?P<month>[^\W\d_]{3,10})(?P<gap>[\s.,/\-'’]{0,4})"
    rf"(?:del?\s)?(?P<y>{_YEAR4}(?!\d)|\d\d(?!\d))(?![,.]\d)",
    re.IGNORECASE,
)
_WORDED = re.compile(
    r"(?<![^\W\d_])(?P<words>(?:twenty[\s\-])?[a-z]{5,11}|thirty[\s\-]first)\s{1,3}day\s{1,3}of\s{1,3}"
    rf"(?P<month>[^\W\d_]{{3,10}})[\s.,]{{0,4}}(?P<y>{_YEAR4})(?!\d)",
    re.IGNORECASE,
)
_PROSE_AFTER = re.compile(r"\s{0,2}[^\W\d_]{2,}|\s?%")
_DAY_FIRST_CURRENCIES = frozenset(
    ("EUR", "MYR", "GBP", "CHF", "SGD", "AUD", "NZD", "INR", "IDR", "THB", "PLN")
)
_DAY_FIRST_WORDS = re.compile(
    r"\b(?:rechnung|rechnungsdatum|datum|seite|facture|montant|échéance|jalan|sdn|bhd|cukai|tarikh|"
    r"importe|fattura|factura|gst|vat|abn)\b",
    re.IGNORECASE,
)
_PIVOT = 50  # two-digit years below are of this century


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None


def _year(text: str) -> int:
    number = int(text)
    if len(text) == 4:
        return number
    return 2000 + number if number < _PIVOT else 1900 + number


def _made(
    match: re.Match[str], value: str | None, alternative: str | None = None, cut: int = 0
) -> Found | None:
    """`cut`: characters at the match's end that are not the date's."""
    if value is None:
        return None
    start, end = match.start(), match.end() - cut
    return Found(start, end, match.string[start:end], value, alternative=alternative)


def _read_year_first(match: re.Match[str]) -> Found | None:
    return _made(match, _iso(int(match["y"]), int(match["m"]), int(match["d"])))


def _read_numeric(match: re.Match[str], day_first: bool | None) -> Found | None:
    a, b, separator = match["a"], match["b"], match["s"]
    if separator == "-" and match.string[max(0, match.start() - 1) : match.start()] == "-":
        return None  # in a longer code; before / and . a hyphen makes a range
    spaced = any(match[g] for g in ("g1", "g2", "g3", "g4"))
    short_year = len(match["y"]) == 2
    if short_year and separator in ".-" and (spaced or len(a) < 2 or len(b) < 2):
        return None  # 1.2.10 is a section, 5-3-18 part of a number
    if (" " in a and not b.startswith("0")) or " " in b:
        return None  # "1 5/03/2018": a padded month tells that the day lost its first digit
    first, second = int(a.replace(" ", "")), int(b)
    glued = not short_year and _TIME_IN_YEAR.match(match.string, match.start("y")) is not None
    year, cut = _year(match["y"][:2] if glued else match["y"]), 2 if glued else 0
    as_day_first, as_month_first = _iso(year, second, first), _iso(year, first, second)
    if as_day_first is None or as_month_first is None or first == second:
        return _made(match, as_day_first or as_month_first, cut=cut)
    if day_first if day_first is not None else separator == ".":
        return _made(match, as_day_first, as_month_first, cut)
    return _made(match, as_month_first, as_day_first, cut)


def _read_month_first(match: re.Match[str]) -> Found | None:
    month = month_number(match["month"])
    if month is None:
        return None
    return _made(match, _iso(_year(match["y"] or match["yy"]), month, int(match["d"])))


def _read_day_first(match: re.Match[str]) -> Found | None:
    month = month_number(match["month"])
    if month is None:
        return None
    if len(match["y"]) == 2:
        # "28 MAR 18" is a date; "1 May 10 units" is not.
        short = len(match["month"]) <= 4 or not match["gap"].isspace()
        if not match["gap"] and match["month"].islower():
            return None
        if not short and _PROSE_AFTER.match(match.string, match.end()):
            return None
    # OCR reads the 1 of "1st day" and the 5 of "5th day" as letters; nothing else can stand there.
    day = int(re.sub(r"[Ss]", "5", re.sub(r"[Il|]", "1", match["d"])))
    return _made(match, _iso(_year(match["y"]), month, day))


def _read_worded(match: re.Match[str]) -> Found | None:
    month, day = month_number(match["month"]), ordinal_number(match["words"])
    if month is None or day is None:
        return None
    return _made(match, _iso(int(match["y"]), month, day))


def find_dates(text: str, *, day_first: bool | None = None) -> list[Found]:
    """Dates with their ISO value, by start.

    `day_first` decides 03/04/2024 (the other reading is `alternative`); None means month first, but day
    first where full stops separate, as no English-speaking country writes 03.04.2024 month first.
    """
    found: list[Found] = []
    if any(c.isdigit() for c in text):
        found += scan(_YEAR_FIRST, text, _read_year_first)
        found += scan(_NUMERIC, text, lambda m: _read_numeric(m, day_first), "a")
        found += scan(_COMPACT, text, _read_year_first)
        found += scan(_MONTH_FIRST, text, _read_month_first, "month")
        found += scan(_DAY_FIRST, text, _read_day_first, "d")
        found += scan(_WORDED, text, _read_worded, "words")
    return drop_overlaps(found)


def parse_date(text: str, *, day_first: bool | None = None) -> str | None:
    """The first date in a text, as ISO; None without one."""
    found = find_dates(text, day_first=day_first)
    return str(found[0].value) if found else None


def guess_day_first(texts: Iterable[str]) -> bool | None:
    """Whether a document writes the day first: by its unambiguous dates, else by currency and language."""
    votes = 0
    hints = 0
    for text in texts:
        for match in _NUMERIC.finditer(text):
            first, second = int(match["a"].replace(" ", "")), int(match["b"].replace(" ", ""))
            if 12 < first <= 31 and second <= 12:
                votes += 1
            elif 12 < second <= 31 and first <= 12:
                votes -= 1
        for _, _, code in find_currencies(text):
            hints += 1 if code in _DAY_FIRST_CURRENCIES else -1 if code == "USD" else 0
        hints += len(_DAY_FIRST_WORDS.findall(text))
    decisive = votes or hints
    return None if decisive == 0 else decisive > 0


def _last_day(year: int, month: int) -> int:
    following = datetime.date(year + month // 12, month % 12 + 1, 1)
    return (following - datetime.timedelta(days=1)).day


def _add_business_days(start: datetime.date, count: int) -> datetime.date:
    day = start
    while count > 0:
        day += datetime.timedelta(days=1)
        count -= day.weekday() < 5
    return day


def add_term(date_iso: str, duration: Duration, *, inclusive: bool = False) -> str:
    """A term's end from its start. Months end right: 31 January + 1 month is the last of February.

    `inclusive`: the start counts, so the term ends the day before ("through the day prior to the
    anniversary"). Raises ValueError for a date that is none or beyond the calendar, and for a fraction
    of a month.
    """
    start = datetime.date.fromisoformat(date_iso)
    if duration.unit in ("day", "week"):
        days = int(duration.count * (7 if duration.unit == "week" else 1))
        if days > 400_000:
            raise ValueError(f"{days} days lie beyond the calendar")
        business = duration.business and duration.unit == "day"
        end = _add_business_days(start, days) if business else start + datetime.timedelta(days=days)
    else:
        months = duration.count * (12 if duration.unit == "year" else 1)
        if months != months.to_integral_value() or months > 12 * 2000:
            raise ValueError(f"cannot add {duration.count} {duration.unit}s")
        index = start.year * 12 + start.month - 1 + int(months)
        year, month = index // 12, index % 12 + 1
        if year > 9998:
            raise ValueError(f"year {year} lies beyond the calendar")
        end = datetime.date(year, month, min(start.day, _last_day(year, month)))
    return (end - datetime.timedelta(days=1) if inclusive else end).isoformat()
