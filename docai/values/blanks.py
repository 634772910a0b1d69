"""Places that a form leaves open: `____ day of ______, 2019`, `August __, 2019`, `14 day of June, 200_`."""

from __future__ import annotations

import re

from docai.values.calendar_words import month_number
from docai.values.spans import Found, drop_overlaps, scan

# A blank: a run of underscores or dots, or a bracket with nothing, a bullet or stars inside.
_BLANK = r"(?:_[_\s]{1,30}|_|\.{4,40}|\[[\s●•*_.\-–]{0,12}\]|[●•]|\(\s{1,8}\))"
_PART = rf"(?P<part>(?:19|20)\d?_{{1,4}}|(?:19|20)\s?{_BLANK})"
_YEAR = rf"(?:(?P<y>(?:1[89]|20|21)\d\d)(?!\d)|{_PART}|(?P<noyear>{_BLANK}))"
_DAY_OF = re.compile(
    rf"(?:(?P<day>{_BLANK}|\d{{1,2}})\s{{0,2}}(?:\(?(?:st|nd|rd|th)\)?\s{{0,2}})?|\b(?:the|this)\s{{1,6}})"
    rf"day\s{{1,6}}of\s{{1,6}}(?P<month>[^\W\d_]{{3,10}}|{_BLANK}|(?=,))[\s.,]{{0,6}}(?:{_YEAR})?",
    re.IGNORECASE,
)
_MONTH_BLANK = re.compile(
    rf"(?<![^\W\d_])(?P<month>[^\W\d_]{{3,10}})\.?(?:\s{{0,3}}(?P<blank>{_BLANK})|\s{{2,20}}(?=,))[\s.,]{{0,6}}(?:{_YEAR})?",
)
_MONTH_DAY_PART = re.compile(
    r"(?<![^\W\d_])(?P<month>[^\W\d_]{3,10})\.?\s{1,3}(?P<day>\d{1,2})(?:st|nd|rd|th)?\s?,?\s{1,3}"
    rf"(?:{_PART}|(?P<noyear>_{{2,20}}))"
)
_SLASHES = re.compile(r"_{2,8}\s?[/.\-]\s?_{2,8}\s?[/.\-]\s?(?:_{2,8}|(?P<y>(?:20)\d\d)|20_{1,2})")
_MARKED = re.compile(r"\[\s?(?:insert\s)?(?:the\s)?(?:effective\s)?date\s?\]", re.IGNORECASE)


def _known(match: re.Match[str]) -> str:
    """The known part as reduced ISO: `2019-08`, `2019`, `--08`, or nothing."""
    groups = match.groupdict()
    month = month_number(groups.get("month") or "")
    year = groups.get("y") or ""
    if month is None:
        return year
    return f"{year}-{month:02d}" if year else f"--{month:02d}"


def _read(match: re.Match[str]) -> Found:
    text = match.group(0).rstrip()
    return Found(match.start(), match.start() + len(text), text, _known(match))


def _read_day_of(match: re.Match[str]) -> Found | None:
    day, month = match["day"] or "", match["month"] or ""
    named = month_number(month) is not None
    if month and not named and month[0].isalpha():
        return None
    day_open = not day.strip().isdigit()
    complete = not day_open and named and match["y"] is not None
    return (
        None
        if complete or (not day_open and named and not (match["part"] or match["noyear"]))
        else _read(match)
    )


def _read_month_blank(match: re.Match[str]) -> Found | None:
    if month_number(match["month"]) is None:
        return None
    if match["blank"] is None and match["y"] is None:
        return None
    return _read(match)


def _read_month_day(match: re.Match[str]) -> Found | None:
    return None if month_number(match["month"]) is None else _read(match)


def find_blank_dates(text: str) -> list[Found]:
    """Dates with a part left open; the value is the known part in reduced ISO form, or an empty text."""
    found = list(scan(_DAY_OF, text, _read_day_of))
    found += scan(_MONTH_BLANK, text, _read_month_blank, "month")
    found += scan(_MONTH_DAY_PART, text, _read_month_day, "month")
    found += scan(_SLASHES, text, _read)
    found += scan(_MARKED, text, _read)
    return drop_overlaps(found)
