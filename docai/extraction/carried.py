"""Lines among a table's rows that are no rows: sums carried over a page break, subtotals, totals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from docai.schema import Field
from docai.types import Scalar
from docai.values.compare import as_decimal

_CARRIED = re.compile(
    r"(?:balance |amount |sub-?total |total )?(?:carried|brought) (?:forward|over)|carry[ -]?(?:forward|over)"
    r"|[cb]/f|übertrag|uebertrag|saldovortrag|à reporter|report de la page précédente",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"(?:(?:grand|page|running|net|sub) ?-?total|total|sum|zwischensumme|seitensumme|gesamt(?:summe|betrag)?"
    r"|summe|sous-total|montant total|report)(?: (?:page|seite|of page|netto|brutto|net|gross|ht|ttc))?",
    re.IGNORECASE,
)
_MARKS = " .:;–—-*"
_CENT = Decimal("0.01")
_LONGEST = 60


def find_sums(
    rows: Sequence[Mapping[str, Scalar]], pages: Sequence[int], members: Sequence[Field]
) -> set[int]:
    """Which rows are sums of others. `rows`: cells by path, in document order, `pages`: where each stands.

    A line that is called a total is one only where its amount is that of the rows before it (of its page, or
    of all); one that is carried over by name is no row in any case.
    """
    money = [f.path for f in members if f.kind == "money"]
    numeric = {f.path for f in members if f.kind in ("money", "number", "integer", "percent")}
    found: set[int] = set()
    all_before = dict.fromkeys(money, Decimal(0))
    on_page: dict[str, Decimal] = {}
    for at, row in enumerate(rows):
        if at == 0 or pages[at] != pages[at - 1]:
            on_page = dict.fromkeys(money, Decimal(0))
        name = _read_name(row, numeric)
        numbers = [path for path in row if path in numeric and row[path] is not None]
        if name is not None and len(numbers) == 1 and numbers[0] in all_before:
            path, amount = numbers[0], as_decimal(row[numbers[0]])
            sums = [total for total in (all_before[path], on_page[path]) if total]
            adds_up = amount is not None and any(abs(total - amount) <= _CENT for total in sums)
            if _CARRIED.fullmatch(name) or (adds_up and _SUM.fullmatch(name)):
                found.add(at)
                continue
        for path in money:
            amount = as_decimal(row.get(path))
            all_before[path] += amount or 0
            on_page[path] += amount or 0
    return found


def _read_name(row: Mapping[str, Scalar], numeric: set[str]) -> str | None:
    """What a row is called: its only text."""
    texts = {
        value.strip(_MARKS) for path, value in row.items() if path not in numeric and isinstance(value, str)
    }
    name = " ".join(texts.pop().split()) if len(texts) == 1 else None
    return name if name and len(name) <= _LONGEST else None
