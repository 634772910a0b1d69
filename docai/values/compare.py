"""When two values of a kind are the same, and one door to all finders."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from decimal import Decimal, InvalidOperation

from docai.schema import Kind
from docai.types import Scalar
from docai.values.calendar_words import strip_accents
from docai.values.currencies import currency_code, find_currencies
from docai.values.dates import find_dates, parse_date
from docai.values.durations import canonical, common_measure, find_durations, parse_duration
from docai.values.identifiers import find_emails, find_identifiers, find_phones, find_tax_numbers
from docai.values.money import find_money, parse_money
from docai.values.names import find_organizations, find_persons, normalize_name
from docai.values.numbers import find_numbers, find_percents, parse_number
from docai.values.places import find_places, place_name
from docai.values.spans import Found, drop_overlaps

_AMOUNT_KINDS = frozenset(("money", "number", "integer", "percent"))
_TRUE = frozenset(("true", "yes", "1", "x", "ja", "oui", "ya"))
_FALSE = frozenset(("false", "no", "0", "nein", "non", "tidak"))
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d"})


def fold(text: str) -> str:
    """Letters and digits alone, case folded, accents taken off: `Müller & Co.` -> `mullerco`."""
    return "".join(c for c in strip_accents(text).translate(_LETTERS) if c.isalnum())


def as_decimal(value: Scalar | float) -> Decimal | None:
    """A number from a number or from the text that prints it; "NaN" and "Infinity" are words. A record read
    back from JSON holds floats: 40.83 is what it prints, not its binary expansion.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, Decimal | int):
        return Decimal(value)
    if isinstance(value, float):
        value = str(value)
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        parsed = parse_money(value) or None
        if parsed is not None:
            return parsed[0]
        percents = find_percents(value)
        return Decimal(str(percents[0].value)) if len(percents) == 1 else None
    return number if number.is_finite() else None


def as_boolean(value: Scalar | float) -> bool | None:
    """True and false in the usual words; None for anything else."""
    if isinstance(value, bool):
        return value
    word = fold(str(value)) if value is not None else ""
    return True if word in _TRUE else False if word in _FALSE else None


def _same_date(a: Scalar, b: Scalar) -> bool:
    first, second = parse_date(str(a)), parse_date(str(b))
    if first is None or second is None:
        return fold(str(a)) == fold(str(b))
    if first == second:
        return True
    # One side is ISO, the other as written: either reading of an ambiguous date may be meant.
    readings = [{f.value, f.alternative} - {None} for t in (a, b) for f in find_dates(str(t))[:1]]
    iso = [re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(t).strip()) is not None for t in (a, b)]
    return any(iso) and not all(iso) and bool(readings[0] & readings[1])


def _same_duration(a: Scalar, b: Scalar) -> bool:
    first, second = parse_duration(str(a)), parse_duration(str(b))
    if first is None or second is None:
        return fold(str(a)) == fold(str(b))
    return common_measure(first) == common_measure(second)


def same_value(kind: Kind | str, a: Scalar, b: Scalar) -> bool:
    """Whether two values of a kind are equal: strings by letters and digits, dates, amounts and periods by
    value. None equals None alone.
    """
    if a is None or b is None:
        return a is None and b is None
    if kind == "boolean":
        return as_boolean(a) is not None and as_boolean(a) == as_boolean(b)
    if kind in _AMOUNT_KINDS:
        first, second = as_decimal(a), as_decimal(b)
        if first is not None and second is not None:
            return first == second
    elif kind == "date":
        return _same_date(a, b)
    elif kind == "duration":
        return _same_duration(a, b)
    elif kind == "currency":
        return (currency_code(str(a)) or fold(str(a))) == (currency_code(str(b)) or fold(str(b)))
    elif kind == "place":
        return (place_name(str(a)) or fold(str(a))) == (place_name(str(b)) or fold(str(b)))
    one, other = fold(str(a)), fold(str(b))
    return one == other if one or other else str(a).strip() == str(b).strip()


def value_key(kind: Kind | str, value: Scalar | float) -> Hashable:
    """A key that equal values share, for sorting many values; dates must be ISO for it."""
    if value is None:
        return None
    if kind == "boolean":
        return as_boolean(value)
    if kind in _AMOUNT_KINDS:
        number = as_decimal(value)
        return number.normalize() if number is not None else fold(str(value))
    if kind == "duration":
        duration = parse_duration(str(value))
        return common_measure(duration) if duration else fold(str(value))
    if kind == "currency":
        return currency_code(str(value)) or fold(str(value))
    if kind == "place":
        return place_name(str(value)) or fold(str(value))
    text = str(value).strip()
    return (parse_date(text) if kind == "date" else None) or fold(text) or text


def _find_currency_marks(text: str) -> list[Found]:
    return [Found(start, end, text[start:end], code) for start, end, code in find_currencies(text)]


def _find_integers(text: str) -> list[Found]:
    return [
        f for f in find_numbers(text) if Decimal(str(f.value)) == Decimal(str(f.value)).to_integral_value()
    ]


def _find_parties(text: str) -> list[Found]:
    return drop_overlaps(find_organizations(text) + find_persons(text))


_FINDERS: dict[str, Callable[[str], list[Found]]] = {
    "money": find_money,
    "number": find_numbers,
    "integer": _find_integers,
    "percent": find_percents,
    "duration": find_durations,
    "identifier": find_identifiers,
    "tax_number": find_tax_numbers,
    "organization": find_organizations,
    "person": find_persons,
    "party": _find_parties,
    "place": find_places,
    "currency": _find_currency_marks,
    "email": find_emails,
    "phone": find_phones,
}


def find(kind: Kind | str, text: str, *, day_first: bool | None = None) -> list[Found]:
    """Typed candidates of a kind, by start; none for kinds without a form (text, title, enum, boolean)."""
    if kind == "date":
        return find_dates(text, day_first=day_first)
    finder = _FINDERS.get(kind)
    return finder(text) if finder else []


def normalize(
    kind: Kind | str, text: str, *, day_first: bool | None = None
) -> tuple[Scalar, str | None] | None:
    """A quote's value and unit; None when the quote holds no value of the kind."""
    if kind == "date":
        date = parse_date(text, day_first=day_first)
        return (date, None) if date else None
    if kind == "money":
        return parse_money(text)
    if kind in ("number", "integer"):
        return _normalize_number(kind, text)
    if kind == "percent":
        percents = find_percents(text)
        return (percents[0].value, None) if percents else _normalize_number("number", text)
    if kind == "duration":
        duration = parse_duration(text)
        return (canonical(duration), None) if duration else None
    if kind == "boolean":
        answer = as_boolean(text)
        return (answer, None) if answer is not None else None
    if kind == "currency":
        code = currency_code(text) or next((c for _, _, c in find_currencies(text)), None)
        return (code, None) if code else None
    if kind in ("place", "email", "phone"):
        found = find(kind, text)
        return (found[0].value, None) if found else None
    name = normalize_name(text)
    return (name, None) if name else None


def _normalize_number(kind: str, text: str) -> tuple[Scalar, str | None] | None:
    number = parse_number(text)
    if number is None:
        amount = parse_money(text)
        number = amount[0] if amount else None
    if number is None or (kind == "integer" and number != number.to_integral_value()):
        return None
    return number, None
