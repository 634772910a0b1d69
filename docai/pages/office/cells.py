"""Cells of spreadsheets: their names, and their values as the sheet shows them."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

_QUOTED = re.compile(r'"([^"]{0,40})"')
_CURRENCY = re.compile(r"\[\$([^\]\-]{0,10})(?:-[0-9A-Fa-f]{1,8})?\]")
_BRACKETS = re.compile(r"\[[^\]]{0,40}\]|_.|\*.|\\")
_DIGITS = re.compile(r"[#0?,]{0,40}[0?#](?:\.([0?#]{1,20}))?")
_SIGNS = "$€£¥₹"
_LONGEST_FORMAT = 500
"""Twice what spreadsheet programs take."""


def name_cell(column: int, row: int) -> str:
    """`B7` for column 1 (from 0) and row 7 (from 1)."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def show_value(value: Any, number_format: str) -> str:
    """A cell's value as a person reads it; dates as ISO 8601, whatever order the sheet shows them in."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        whole = value.time() == dt.time(0)
        return value.date().isoformat() if whole else value.isoformat(" ", "seconds")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        usable = number_format and len(number_format) <= _LONGEST_FORMAT
        return _show_number(value, number_format if usable else "General")
    return str(value)


def _show_number(value: float | Decimal, number_format: str) -> str:
    """Digits, thousands, percent and currency of the format's first or, below zero, second section."""
    sections = number_format.split(";")
    negative = value < 0 and len(sections) > 1
    section = sections[1] if negative else sections[0]
    literal = _CURRENCY.sub(lambda m: f'"{m[1]}"', section)
    parts = _QUOTED.split(literal)
    bare = "\x00".join(_BRACKETS.sub("", part) for part in parts[::2])
    digits = _DIGITS.search(bare.replace("\x00", ""))
    if "General" in bare or digits is None or "E" in bare.upper().replace("GENERAL", ""):
        return format(value, ".15g") if isinstance(value, float) else str(value)
    decimals = len(digits[1] or "")
    percent = "%" in bare
    number: float | Decimal = -value if negative else value
    number = number * 100 if percent else number
    grouping = "," if "," in digits[0] else ""
    text = format(number, f"{grouping}.{decimals}f") + ("%" if percent else "")
    before, _, after = bare.partition(digits[0])
    words = parts[1::2]
    front = [*words[: before.count("\x00")], *(c for c in before if c in _SIGNS)]
    back = [*words[before.count("\x00") :], *(c for c in after if c in _SIGNS)]
    if "(" in before and ")" in after:
        text = f"({text})"
    elif negative and "-" in before:
        text = f"-{text}"
    return " ".join(part.strip() for part in ("".join(front) + text, *back) if part.strip())
