"""Whether a value follows from the page's own words at a place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from docai.grounding.approximate import find_similar
from docai.grounding.text_index import fold_text
from docai.schema import Field
from docai.types import Scalar
from docai.values.blanks import find_blank_dates
from docai.values.compare import as_boolean, as_decimal, find, fold, normalize, same_value
from docai.values.currencies import currency_code, find_currencies
from docai.values.numbers import find_numbers
from docai.values.spans import Found
from docai.values.word_numbers import parse_word_number

Agreement: TypeAlias = Literal["equal", "contained", "alternative", "similar", "clause", "none"]

_NUMBERS = frozenset(("money", "number", "integer", "percent"))
_WORD_RUN = re.compile(r"[^\W\d_]+(?:[\s\-]{1,2}[^\W\d_]+){0,5}")


@dataclass(frozen=True, slots=True)
class Support:
    """How a text supports a value: `value` is the value in canonical form, `alternative` another reading."""

    agreement: Agreement
    value: Scalar = None
    unit: str | None = None
    alternative: Scalar = None
    distinct: int = 1  # different values of the kind in the text

    def __bool__(self) -> bool:
        return self.agreement != "none"


NO_SUPPORT = Support("none")


def _distinct(found: list[Found]) -> int:
    return max(1, len({f.value for f in found}))


def _date(value: Scalar, text: str, day_first: bool | None) -> Support:
    found = find("date", text, day_first=day_first)
    wanted = str(value)
    for item in found:
        if item.value == wanted or same_value("date", item.value, wanted):
            return Support("equal", item.value, alternative=item.alternative, distinct=_distinct(found))
    for item in found:
        if item.alternative is not None and item.alternative == wanted:
            return Support("alternative", item.alternative, alternative=item.value, distinct=_distinct(found))
    return NO_SUPPORT


def _spelled_numbers(text: str) -> list[Decimal]:
    numbers = []
    for match in _WORD_RUN.finditer(text):
        words = re.split(r"[\s\-]+", match.group(0))
        for size in range(min(4, len(words)), 0, -1):
            spelled = [parse_word_number(words[i : i + size]) for i in range(len(words) - size + 1)]
            hits = [n for n in spelled if n is not None]
            if hits:
                numbers += [Decimal(n) for n in hits]
                break
    return numbers


def _number(value: Scalar, unit: str | None, text: str, kind: str) -> Support:
    wanted = as_decimal(value)
    if wanted is None:
        return NO_SUPPORT
    found = find("money", text) + find("percent", text) + find_numbers(text)
    readings: list[tuple[Found, Scalar, bool]] = [(f, f.value, True) for f in found]
    readings += [(f, f.alternative, False) for f in found if f.alternative is not None]
    for item, reading, first in readings:
        number = as_decimal(reading)
        equal = number == wanted or (kind == "percent" and number is not None and number / 100 == wanted)
        if not equal:
            continue
        if unit and item.unit and item.unit != unit and _marks_are_codes(item.text):
            return NO_SUPPORT
        agreement: Agreement = "equal" if first else "alternative"
        return Support(agreement, wanted, item.unit or unit, distinct=_distinct(found))
    whole = as_decimal(text)
    if whole is not None and whole == wanted:
        return Support("equal", wanted, unit)
    if kind in ("integer", "number") and wanted in _spelled_numbers(text):
        return Support("equal", wanted, unit)
    return NO_SUPPORT


def _marks_are_codes(text: str) -> bool:
    """Whether an amount names its currency beyond doubt: `$` may be one of a dozen dollars."""
    marks = find_currencies(text)
    return bool(marks) and all(text[start:end] != "$" for start, end, _ in marks)


def _duration(value: Scalar, text: str) -> Support:
    found = find("duration", text)
    for item in found:
        if same_value("duration", item.value, value):
            return Support("equal", value, distinct=_distinct(found))
    for item in found:
        if item.alternative is not None and same_value("duration", item.alternative, value):
            return Support("alternative", value, alternative=item.value, distinct=_distinct(found))
    return _text(value, text)


def _boolean(value: Scalar, text: str) -> Support:
    wanted, printed = as_boolean(value), as_boolean(text)
    if wanted is None:
        return NO_SUPPORT
    if printed is None:
        return Support("clause", wanted)
    return Support("equal", wanted) if printed is wanted else NO_SUPPORT


def _enum(value: Scalar, text: str, field: Field) -> Support:
    if _contains(str(value), text):
        return Support("equal" if fold(str(value)) == fold(text) else "contained", value)
    return Support("clause", value) if str(value) in field.enum else NO_SUPPORT


def _contains(value: str, text: str) -> bool:
    """Whether the text says the value letter by letter, in whole words and whole numbers."""
    wanted = fold_text(value)[0]
    stream, origin = fold_text(text)
    at = stream.find(wanted) if wanted else -1
    while at >= 0:
        first, last = origin[at], origin[at + len(wanted) - 1]
        if _is_edge(text, first - 1, first) and _is_edge(text, last, last + 1):
            return True
        at = stream.find(wanted, at + 1)
    return False


def _is_edge(text: str, left: int, right: int) -> bool:
    """Whether a word ends between two neighbouring characters; a change of case or to digits counts."""
    if left < 0 or right >= len(text):
        return True
    one, other = text[left], text[right]
    if not (one.isalnum() and other.isalnum()):
        if one in ".,/-" and other.isdigit():
            return not text[max(0, left - 1) : left].isdigit()
        return not (one.isdigit() and other in ".,/-" and text[right + 1 : right + 2].isdigit())
    return (one.islower() and other.isupper()) or one.isdigit() != other.isdigit()


def _text(value: Scalar, text: str) -> Support:
    wanted = str(value)
    if fold(wanted) == fold(text) and fold(wanted):
        return Support("equal", value)
    if _contains(wanted, text):
        return Support("contained", value)
    return _similar(wanted, text)


def _similar(value: str, text: str) -> Support:
    """A value with an OCR slip set right: nearly all letters, and every protected token the same."""
    stream, origin = fold_text(text)
    span = find_similar(value, fold_text(value)[0], text, stream, origin)
    return Support("similar", value) if span is not None else NO_SUPPORT


def _currency(value: Scalar, text: str) -> Support:
    code = currency_code(str(value)) or str(value).upper()
    codes = {c for _, _, c in find_currencies(text)} | {currency_code(text)}
    return Support("equal", code) if code in codes else _text(value, text)


def find_support(
    value: Scalar, unit: str | None, text: str, field: Field, *, day_first: bool | None = None
) -> Support:
    """How `text` supports `value` as this field's value.

    Dates, amounts, numbers and periods must be printed there with an equal value; a text, name or address
    must stand there letter by letter (or with an OCR slip that touches no protected token); booleans and
    enums may follow from a clause.
    """
    kind = field.kind
    if value is None or not text.strip():
        return NO_SUPPORT
    if kind == "date":
        support = _date(value, text, day_first)
        return support or (_text(value, text) if find_blank_dates(str(value)) else NO_SUPPORT)
    if kind in _NUMBERS:
        return _number(value, unit, text, kind)
    if kind == "duration":
        return _duration(value, text)
    if kind == "boolean":
        return _boolean(value, text)
    if kind == "enum":
        return _enum(value, text, field)
    if kind == "currency":
        return _currency(value, text)
    if kind in ("place", "phone", "email"):
        normal = normalize(kind, text)
        if normal is not None and same_value(kind, normal[0], value):
            return Support("equal", value)
    return _text(value, text)
