"""Decimal numbers with either mark: 1,234.56, 1.234,56, 1 234,56, 1'234.56. Never a float."""

from __future__ import annotations

import re
from decimal import Decimal

from docai.values.spans import Found, scan

_GROUPED = r"\d{1,3}(?:,\d{3}){1,5}(?!\d)(?:\.\d{1,6})?|\d{1,3}(?:\.\d{3}){1,5}(?!\d)(?:,\d{1,6})?"
_SPACED = (
    r"\d{1,3}(?:['’\u00a0\u202f]\d{3}){1,5}(?!\d)(?:[.,]\d{1,6})?|\d{1,3}(?: \d{3}){1,4}(?!\d)[.,]\d{2}(?!\d)"
)
_PLAIN = r"\d{1,15}(?:[.,]\d{1,6})?"
# Indian grouping: 1,00,000.00
_LAKH = r"\d{1,2}(?:,\d{2}){1,4},\d{3}(?!\d)(?:\.\d{1,2})?"
NUMBER = rf"(?:{_SPACED}|{_GROUPED}|{_LAKH}|{_PLAIN})"
_FREE = re.compile(
    rf"(?<![\d])(?<!\d[.,/:\-])(?<![^\W\d_])(?<![^\W\d_][\-/])(?P<n>{NUMBER})(?![\d])(?![.,:/]\d)(?![^\W\d_]|-\w)"
)
_PERCENT = re.compile(
    r"(?<![\d.,])(?P<n>\d{1,4}(?:[.,]\d{1,6})?)\s{0,2}(?:\)\s?)?"
    r"(?:[%٪](?!\d)|(?i:percent|per\scent|prozent|pour\scent|v\.\s?H\.)(?![^\W\d_]))"
)
_MINUS = "-−–"


def read_decimal(text: str, *, fraction_of_three: bool = False) -> tuple[Decimal, Decimal | None]:
    """A bare number's value and its other reading, if it has one.

    A single mark before exactly three digits (1,234 or 1.234) separates thousands for a comma and, unless
    `fraction_of_three`, for a full stop too, as amounts have two decimals.
    """
    digits = re.sub(r"[\s'’]", "", text)
    comma, stop = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and stop >= 0:
        mark = max(comma, stop)
        whole = digits[:mark].replace(",", "").replace(".", "")
        return Decimal(f"{whole}.{digits[mark + 1 :]}"), None
    mark = max(comma, stop)
    if mark < 0:
        return Decimal(digits), None
    sign = digits[mark]
    grouped = Decimal(digits.replace(sign, ""))
    if digits.count(sign) > 1:
        return grouped, None
    decimal = Decimal(digits.replace(",", "."))
    if len(digits) - mark - 1 != 3 or digits.startswith("0") or mark > 3 or mark == 0:
        return decimal, None
    if sign == "." and fraction_of_three:
        return decimal, grouped
    return grouped, decimal


def signed(text: str, start: int, end: int) -> tuple[int, int, bool]:
    """Widen a number's span by its sign: a leading or trailing minus, or accounting parentheses."""
    before = text[max(0, start - 2) : start]
    if before[-1:] and before[-1] in _MINUS and (len(before) == 1 or not before[0].isalnum()):
        return start - 1, end, True
    if before[-1:] == "(" and text[end : end + 1] == ")" and _in_accounting(text, start, end):
        return start - 1, end + 1, True
    after = text[end : end + 3]
    trailing = re.match(r"\s?[-−](?![\w\-])", after)
    if trailing and text[end : end + 1] in _MINUS:
        return start, end + trailing.end(), True
    return start, end, False


def _in_accounting(text: str, start: int, end: int) -> bool:
    """Whether parentheses mean a negative amount: it has decimals; `(30)` repeats a number in words."""
    return bool(re.search(r"[.,]\d{2}$", text[start:end]))


def _read_number(match: re.Match[str]) -> Found | None:
    text = match.string
    value, other = read_decimal(match["n"], fraction_of_three=True)
    start, end, negative = signed(text, *match.span("n"))
    if negative:
        value, other = -value, -other if other is not None else None
    return Found(start, end, text[start:end], value, alternative=other)


def find_numbers(text: str) -> list[Found]:
    """Numbers that stand free (not inside dates, codes or words), with their Decimal value."""
    return list(scan(_FREE, text, _read_number))


def parse_number(text: str) -> Decimal | None:
    """The only number in a text (currency and unit may stand beside it); None for none or several."""
    found = find_numbers(text)
    if len(found) != 1:
        found = [f for f in found if f.text == text.strip()]
    return Decimal(str(found[0].value)) if len(found) == 1 else None


def _read_percent(match: re.Match[str]) -> Found | None:
    value, _ = read_decimal(match["n"], fraction_of_three=True)
    start, _, negative = signed(match.string, match.start("n"), match.end())
    negative = negative and start < match.start("n")
    start = start if negative else match.start("n")
    end = match.end()
    return Found(start, end, match.string[start:end], -value if negative else value)


def find_percents(text: str) -> list[Found]:
    """Percentages; `19,0 %` has the value 19.0."""
    return list(scan(_PERCENT, text, _read_percent))
