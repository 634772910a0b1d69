"""When is an answer right? The scoring rules, one function each.

Strings count by letters and digits alone, case and accents folded; dates, amounts and durations by value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from docai.schema import Kind
from docai.values.compare import fold, same_value

BY_VALUE: frozenset[Kind] = frozenset(
    {"date", "money", "number", "integer", "percent", "duration", "currency"}
)

# Day and month by position, year last: the only form whose order a reader can doubt.
_NUMERIC_DATE = re.compile(r"\s*(\d{1,2})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(?:\d{4}|\d{2})\s*")


def is_empty(value: Any) -> bool:
    """Null, and the empty string with which some annotators write null."""
    return value is None or (isinstance(value, str) and not value.strip())


def same_answer(kind: Kind, truth: Any, value: Any) -> bool:
    """Whether `value` says what `truth` says, neither of them empty.

    Numbers never count by digits alone ("1.50" is not "150"). A truth of a by-value kind that has no
    digit ("perpetual") is compared as a string.
    """
    if isinstance(truth, bool) or isinstance(value, bool) or kind == "boolean":
        return truth is value
    if kind in BY_VALUE:
        # JSON numbers come as floats; their shortest text is the decimal that was meant.
        truth, value = (Decimal(repr(v)) if isinstance(v, float) else v for v in (truth, value))
        if same_value(kind, truth, value):
            return True
        if any(c.isdigit() for c in str(truth)):
            return False
    return fold(str(truth)) == fold(str(value)) != ""


def is_day_first(texts: Iterable[str]) -> bool | None:
    """The order of numeric dates as the unambiguous ones among `texts` show it; None if none does."""
    votes = 0
    for text in texts:
        found = _NUMERIC_DATE.fullmatch(text)
        if found is None:
            continue
        first, second = int(found[1]), int(found[2])
        votes += (first > 12 >= second) - (second > 12 >= first)
    return None if votes == 0 else votes > 0


def match_pairs(
    truths: Sequence[Any], values: Sequence[Any], same: Callable[[Any, Any], bool]
) -> dict[int, int]:
    """The largest one-to-one matching, value index -> truth index (augmenting paths, as Kuhn).

    Greedy matching would depend on the order where one value equals several truths.
    """
    wishes = [[t for t, truth in enumerate(truths) if same(truth, value)] for value in values]
    owner: dict[int, int] = {}

    def place(v: int, seen: set[int]) -> bool:
        for t in wishes[v]:
            if t in seen:
                continue
            seen.add(t)
            if t not in owner or place(owner[t], seen):
                owner[t] = v
                return True
        return False

    for v in range(len(values)):
        place(v, set())
    return {v: t for t, v in owner.items()}
