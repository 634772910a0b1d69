"""Amounts of money with their currency: $20,400.00, RM 21.50, 21,50 €, EUR 1.234,56, 12.50-, (3.00)."""

from __future__ import annotations

import re
from decimal import Decimal

from docai.values.currencies import currency_after, currency_before
from docai.values.numbers import NUMBER, find_numbers, find_percents, parse_number, read_decimal, signed
from docai.values.spans import Found, drop_overlaps, scan

__all__ = ["find_money", "find_numbers", "find_percents", "parse_money", "parse_number"]

# OCR splits at the decimal mark: "RM 15 .90", "RM 15. 90".
_SPLIT = r"\d{1,3}(?:,\d{3}){0,3}(?:\s[.,]\s?|[.,]\s)\d{2}(?!\d)"
_AMOUNT = re.compile(
    rf"(?<![\d])(?<!\d[.,/:\-])(?P<n>{_SPLIT}|{NUMBER}|[.,]\d{{2}})(?P<dash>[.,][-–—]{{1,2}})?(?![\d])(?![.,:/]\d)(?!\s?%)"
)
_WITHIN_WORD = re.compile(r"[^\W\d_][\-/]?$")
_MULTIPLE = re.compile(
    r"\s{1,2}(thousand|million|billion|mio|mrd|millions?|milliards?)(?![^\W\d_])", re.IGNORECASE
)
_FACTORS = {"thousand": 10**3, "million": 10**6, "millions": 10**6, "mio": 10**6, "billion": 10**9}
_FACTORS |= {"mrd": 10**9, "milliard": 10**9, "milliards": 10**9}
_TWO_DECIMALS = re.compile(r"[.,]\s?\d{2}$")


def _plausible(match: re.Match[str], currency: bool, require_currency: bool) -> bool:
    """Without a currency only what looks like an amount counts: two decimals, no spaces inside."""
    if currency:
        return True
    number, text = match["n"], match.string
    if require_currency or number[0] in ".,":
        return False
    if " " in number:
        return re.fullmatch(r"\d{1,3}(?:,\d{3})? \.\d{2}", number) is not None
    if _WITHIN_WORD.search(text[max(0, match.start() - 2) : match.start()]):
        return False
    follow = text[match.end() : match.end() + 1]
    if follow.isalpha():
        return False
    return bool(_TWO_DECIMALS.search(number)) or match["dash"] is not None


def _read(match: re.Match[str], require_currency: bool) -> Found | None:
    text = match.string
    start, end = match.span()
    before = currency_before(text, start)
    after = None if before else currency_after(text, end)
    if not _plausible(match, bool(before or after), require_currency):
        return None
    value, other = read_decimal(match["n"])
    start, end, negative = signed(text, start, end)
    multiple = _MULTIPLE.match(text, end)
    if multiple:
        value, end = value * _FACTORS[multiple.group(1).casefold()], multiple.end()
        after = after or (None if before else currency_after(text, end))
    unit = None
    if before:
        unit, begin = before[1], before[0]
        negative = negative or any(c in "-−–" for c in text[begin:start])
        if begin > 0 and text[begin - 1] in "-−–" and not text[max(0, begin - 2) : begin - 1].isalnum():
            begin, negative = begin - 1, True
        if begin > 0 and text[begin - 1] == "(" and text[end : end + 1] == ")":
            begin, end, negative = begin - 1, end + 1, True
        start = begin
    elif after:
        unit, end = after[1], max(end, after[0])
    if negative:
        value, other = -value, -other if other is not None else None
    return Found(start, end, text[start:end], value, unit, other)


def find_money(text: str, *, require_currency: bool = False) -> list[Found]:
    """Amounts with a currency beside them and, unless `require_currency`, bare ones with two decimals."""
    return drop_overlaps(list(scan(_AMOUNT, text, lambda m: _read(m, require_currency), "n")))


def parse_money(text: str) -> tuple[Decimal, str | None] | None:
    """The only amount in a text and its currency; a bare number counts. None for none or several."""
    found = find_money(text)
    if len(found) > 1:
        found = [f for f in found if f.unit] or found
    if len({(f.value, f.unit) for f in found}) == 1:
        return Decimal(str(found[0].value)), found[0].unit
    if found:
        return None
    number = parse_number(text)
    return (number, None) if number is not None else None
