"""Periods: `one (1) year`, `thirty (30) days`, `24 months`, `second anniversary`, `14 Tage`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from docai.values.calendar_words import strip_accents
from docai.values.spans import Found, drop_overlaps
from docai.values.word_numbers import NUMBER_WORDS, parse_ordinal, parse_word_number

DurationUnit: TypeAlias = Literal["day", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Duration:
    """`count` of `unit`; `business` days skip weekends."""

    count: Decimal
    unit: DurationUnit
    business: bool = False


_UNITS: dict[str, tuple[DurationUnit, int]] = {}
for _words, _unit, _factor in (
    ("day days tag tage tagen jour jours hari dias giorni dagen werktage werktagen", "day", 1),
    ("week weeks woche wochen semaine semaines minggu", "week", 1),
    ("month months monat monate monaten mois bulan meses mesi maanden", "month", 1),
    ("quarter quarters quartal quartale trimestre trimestres", "month", 3),
    ("year years jahr jahre jahren an ans annee annees tahun anos anni jaar", "year", 1),
):
    _UNITS |= dict.fromkeys(_words.split(), (_unit, _factor))  # type: ignore[arg-type]

_UNIT_WORD = re.compile(
    r"(?<![^\W\d_])(?:(?P<kind>business|working|calendar|consecutive|full|additional|annual)[\s\-]{1,3})?"
    r"(?P<unit>days?|weeks?|months?|quarters?|years?|anniversary|tage?n?|werktagen?|wochen?|monate?n?|quartale?|"
    r"jahre?n?|jours?|semaines?|mois|trimestres?|ans?|années?|hari|minggu|bulan|tahun|dagen|maanden|jaar)"
    r"(?![^\W\d_])",
    re.IGNORECASE,
)
_BASIS = re.compile(
    r"(?<![^\W\d_])(?:(?P<a>day|week|month|year)[\s\-]{1,3}(?:to|by)[\s\-]{1,3}(?P=a)"
    r"|(?P<adverb>annual|yearly|monthly|weekly|quarterly)\s{1,3}(?:renewal\s|extension\s|successive\s)?(?:periods?|terms?|basis))"
    r"(?![^\W\d_])",
    re.IGNORECASE,
)
_ADVERBS: dict[str, tuple[DurationUnit, int]] = {
    "annual": ("year", 1), "yearly": ("year", 1), "monthly": ("month", 1), "weekly": ("week", 1),
    "quarterly": ("month", 3),
}  # fmt: skip
_TOKEN = re.compile(r"[^\W\d_]{1,15}|\d{1,5}(?:[.,]\d{1,2})?(?:st|nd|rd|th)?|[()'’\-]|\S")
_LOOK_BACK = 90
_JOINERS = frozenset("()-'’")


def canonical(duration: Duration) -> str:
    """`30 days`, `1 year`, `5 business days`."""
    count = duration.count.normalize()
    number = f"{count:f}"
    unit = duration.unit if number == "1" else f"{duration.unit}s"
    return f"{number} business {unit}" if duration.business else f"{number} {unit}"


def _counts_before(text: str, at: int, *, ordinal: bool) -> tuple[int, list[Decimal]] | None:
    """Numbers that stand right before `at`, digits and words: where they start and what they say."""
    begin = max(0, at - _LOOK_BACK)
    tokens = [(m.start(), m.group(0)) for m in _TOKEN.finditer(text, begin, at)]
    words: list[str] = []
    digits: Decimal | None = None
    start = at
    while tokens:
        where, token = tokens.pop()
        plain = strip_accents(token)
        number = re.fullmatch(r"(\d{1,5}(?:[.,]\d{1,2})?)(st|nd|rd|th)?", plain)
        if number and digits is None and not words and bool(number[2]) == ordinal:
            digits, start = Decimal(number[1].replace(",", ".")), where
        elif plain in NUMBER_WORDS or (ordinal and not words and parse_ordinal([plain])):
            words.insert(0, plain)
            start = where
        elif token not in _JOINERS:
            break
    while words and words[0] == "and":
        words.pop(0)
    # "a period of" and "an" are articles unless nothing else counts.
    spoken = parse_ordinal(words) if ordinal else parse_word_number(words)
    counts = [Decimal(spoken)] if spoken else []
    if digits is not None:
        counts.append(digits)
    return (start, counts) if counts else None


def _read(text: str, match: re.Match[str]) -> Found | None:
    word = strip_accents(match["unit"])
    ordinal = word == "anniversary"
    named = _UNITS["year"] if ordinal else _UNITS.get(word)
    counted = _counts_before(text, match.start(), ordinal=ordinal)
    if named is None or counted is None:
        return None
    unit, factor = named
    kind = (match["kind"] or "").casefold()
    business = kind in ("business", "working") or word.startswith("werktag")
    start, counts = counted
    readings = [canonical(Duration(count * factor, unit, business)) for count in counts if count > 0]
    if not readings:
        return None
    # Where words and digits disagree the words hold, as in law; digits are also what OCR misreads.
    other = readings[1] if len(readings) > 1 and readings[1] != readings[0] else None
    return Found(start, match.end(), text[start : match.end()], readings[0], alternative=other)


def find_durations(text: str) -> list[Found]:
    """Periods with their canonical text (`30 days`), by start."""
    found = [f for m in _UNIT_WORD.finditer(text) if (f := _read(text, m)) is not None]
    for match in _BASIS.finditer(text):
        adverb = match["adverb"]
        named = _ADVERBS[adverb.casefold()] if adverb else _UNITS[match["a"].casefold()]
        value = canonical(Duration(Decimal(named[1]), named[0]))
        found.append(Found(match.start(), match.end(), match.group(0), value))
    return drop_overlaps(found)


_CANONICAL = re.compile(r"(\d{1,5}(?:\.\d{1,2})?) (business )?(day|week|month|year)s?")


def parse_duration(text: str) -> Duration | None:
    """The first period in a text; also reads ISO 8601 (`P30D`) and canonical text."""
    iso = re.fullmatch(r"P(\d{1,5})([DWMY])", text.strip())
    if iso:
        units: dict[str, DurationUnit] = {"D": "day", "W": "week", "M": "month", "Y": "year"}
        return Duration(Decimal(iso[1]), units[iso[2]])
    found = find_durations(text)
    if not found:
        return None
    match = _CANONICAL.fullmatch(str(found[0].value))
    if match is None:
        return None
    return Duration(Decimal(match[1]), match[3], bool(match[2]))  # type: ignore[arg-type]


def iso_duration(duration: Duration) -> str:
    """`P30D`, `P1Y`, `P1.5Y`."""
    return f"P{duration.count.normalize():f}{duration.unit[0].upper()}"


def common_measure(duration: Duration) -> tuple[str, Decimal, bool]:
    """What two equal periods share: 24 months are 2 years, 14 days are 2 weeks."""
    if duration.unit in ("month", "year"):
        return "month", duration.count * (12 if duration.unit == "year" else 1), duration.business
    return "day", duration.count * (7 if duration.unit == "week" else 1), duration.business
