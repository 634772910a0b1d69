"""What amounts of one document say about each other: sums, tax added, change given, rounding, repetition."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from docai.extraction.forms.candidates import Candidate
from docai.extraction.forms.labels import split_tokens
from docai.extraction.layout import overlap

_TWO_DECIMALS = re.compile(r"[.,]\s?\d{2}(?!\d)")
MAX_VALUES = 70
# Money given and returned adds up as net and tax may, and is neither.
_PAID = frozenset(("cash", "change", "card", "paid"))
_CENT = Decimal("0.01")


def amount_facts(candidates: Sequence[Candidate]) -> list[dict[str, float]]:
    """Features of each amount that come from the other amounts of the document."""
    values = [_decimal(c.value) for c in candidates]
    precise = [bool(_TWO_DECIMALS.search(c.text)) for c in candidates]
    counts = Counter(values)
    positive = sorted({v for v, p in zip(values, precise, strict=True) if p and v > 0})[-MAX_VALUES:]
    top = positive[-1] if positive else Decimal(0)
    pairs = _pair_sums(positive)
    paid = [bool(_PAID & {w for t in c.context.labels()[:2] for w in split_tokens(t)}) for c in candidates]
    parts = _tax_parts(
        sorted({abs(v) for v, p in zip(values, paid, strict=True) if v and not p})[-MAX_VALUES:]
    )
    small = {v for v in values if abs(v) <= Decimal("0.05") and v != 0}
    column_sums = _column_sums(candidates, values)
    out = []
    for k, (candidate, value) in enumerate(zip(candidates, values, strict=True)):
        size = abs(value)
        out.append(
            {
                "decimals": float(precise[k]),
                "currency": float(candidate.unit is not None),
                "zero": float(value == 0),
                "negative": float(value < 0),
                "repeats": min(4, counts[value] - 1) / 4,
                "largest": float(value == top and value > 0),
                "share": float(min(Decimal(2), size / top)) if top else 0.0,
                "pair_sum": float(pairs.get(value, 0) > 0),
                "given_less_change": float(_is_difference(value, positive)),
                "rounded": float(any(value - r in counts for r in small)) if value > 0 else 0.0,
                "unrounded": float(any(value + r in counts for r in small)) if value > 0 else 0.0,
                "five_cents": float(value % Decimal("0.05") == 0),
                "column_sum": float(column_sums[k]),
                "tiny": float(size < 1),
                "tax_part": float(size in parts[0]),
                "net_part": float(size in parts[1]),
                "gross_part": float(size in parts[2]),
            }
        )
    return out


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _pair_sums(values: Sequence[Decimal]) -> Counter[Decimal]:
    """How often a value is the sum of two other values, none of them small change."""
    sums: Counter[Decimal] = Counter()
    for i, a in enumerate(values):
        for b in values[i:]:
            if a > Decimal("0.05"):
                sums[a + b] += 1
    return sums


def _tax_parts(sizes: Sequence[Decimal]) -> tuple[set[Decimal], set[Decimal], set[Decimal]]:
    """Taxes, net and gross amounts: a + b = c, all printed, where b is 4 to 30 % of a."""
    known = set(sizes)
    taxes: set[Decimal] = set()
    nets: set[Decimal] = set()
    sums: set[Decimal] = set()
    for net in sizes:
        for tax in sizes:
            if Decimal("0.04") * net <= tax <= Decimal("0.3") * net and net + tax in known:
                taxes.add(tax)
                nets.add(net)
                sums.add(net + tax)
    return taxes, nets, sums


def _is_difference(value: Decimal, values: Sequence[Decimal]) -> bool:
    """Whether a larger amount less this one is printed too: money given and change."""
    if value <= 0:
        return False
    known = set(values)
    return any(other > value and other - value in known for other in values)


def _column_sums(candidates: Sequence[Candidate], values: Sequence[Decimal]) -> list[bool]:
    """Whether an amount is the sum of at least two amounts that stand above it in its column."""
    out = [False] * len(candidates)
    for k, candidate in enumerate(candidates):
        total, count = Decimal(0), 0
        for j in range(k - 1, max(-1, k - 60), -1):
            other = candidates[j]
            if other.page != candidate.page:
                break
            if other.cell.row == candidate.cell.row or overlap(other.cell.box, candidate.cell.box) < 0.3:
                continue
            total += values[j]
            count += 1
            if count >= 2 and abs(total - values[k]) <= _CENT and values[k] != 0:
                out[k] = True
                break
            if total > values[k] > 0:
                break
    return out
