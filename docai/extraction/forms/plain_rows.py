"""Tables without a header that can be read: rows whose numbers multiply, quantity × price = amount."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from docai.extraction.forms.rows import NUMERIC, Hit, find_numbers
from docai.extraction.forms.tables import is_totals_text
from docai.extraction.layout import Cell, PageLayout
from docai.imaging.geometry import union
from docai.schema import Field

_LETTER = re.compile(r"[^\W\d_]")
_CENT = Decimal("0.011")
_PRICE_WORDS = frozenset({"unit", "price", "rate"})
Parts = tuple[int, int, int]


def name_parts(fields: Sequence[Field], words: Sequence[frozenset[str]]) -> Parts | None:
    """Which fields are quantity, price and amount, by kind and by what their labels say; None if unclear."""
    quantity = [k for k, f in enumerate(fields) if f.kind in ("number", "integer")]
    money = [k for k, f in enumerate(fields) if f.kind == "money"]
    prices = [k for k in money if words[k] & _PRICE_WORDS]
    amounts = [k for k in money if k not in prices[:1]]
    if len(quantity) != 1 or not prices or len(amounts) != 1:
        return None
    return quantity[0], prices[0], amounts[0]


def read_plain_row(
    layout: PageLayout, row: Sequence[Cell], parts: Parts
) -> tuple[dict[int, Hit], Cell] | None:
    """The row's numbers by field and the cell with its name; None when nothing multiplies."""
    hits = [hit for cell in row for hit in _row_hits(layout, cell)]
    texts = [c for c in row if len(_LETTER.findall(c.text)) >= 3 and not is_totals_text(c.text)]
    if len(hits) < 3 or not texts:
        return None
    values = [abs(Decimal(str(h.value))) for h in hits]
    for k in range(len(hits) - 1, 1, -1):
        for i in range(k):
            for j in range(i + 1, k):
                # 1 × 1 = 1 says nothing.
                if values[k] > 1 and abs(values[i] * values[j] - values[k]) <= _CENT:
                    first, second = (j, i) if _is_price(hits[i]) and not _is_price(hits[j]) else (i, j)
                    found = {parts[0]: hits[first], parts[1]: hits[second], parts[2]: hits[k]}
                    return found, max(texts, key=lambda c: len(c.text))
    return None


def _is_price(hit: Hit) -> bool:
    return hit.unit is not None or bool(re.search(r"[.,]\d{2}$", hit.text))


def _row_hits(layout: PageLayout, cell: Cell) -> list[Hit]:
    out = []
    for found in find_numbers(cell.text):
        if len(_LETTER.findall(cell.text[: found.start])) > 3:
            continue
        words = cell.span_words(found.start, found.end)
        box = union(layout.boxes[w] for w in words)
        out.append(Hit(cell, box, cell.text[found.start : found.end], words, found.value, found.unit))
    return out


def text_field(fields: Sequence[Field]) -> int | None:
    """The field that takes the name: the first without numbers."""
    return next((k for k, f in enumerate(fields) if f.kind not in NUMERIC), None)
