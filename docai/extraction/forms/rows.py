"""The rows under a table's header: numbers go to the nearest column, the leading one begins items."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from docai.extraction.forms.labels import LabelMatcher, split_tokens
from docai.extraction.forms.tables import Column, Header
from docai.extraction.layout import Cell, PageLayout
from docai.imaging.geometry import union
from docai.schema import Field
from docai.types import Box, Scalar
from docai.values import compare
from docai.values.spans import Found

# Whole numbers this long are article codes, not amounts.
CODE_LENGTH = 9
NUMERIC = frozenset({"money", "number", "integer", "percent"})
_LETTER = re.compile(r"[^\W\d_]")
_CENT = Decimal("0.011")
# Words of rows that close a table.
_CLOSING = frozenset(["total", "sub", "balance", "summary", "taxable", "rounding"])
# Labels of the schema's single amounts close a table too, when they speak of a sum.
_SUMS = frozenset(["amount", "net", "gross", "tax", "total", "value"])


@dataclass(frozen=True, slots=True)
class Hit:
    """One value under a column: its cells' text, its place on the page."""

    cell: Cell
    box: Box
    text: str
    words: tuple[int, ...]
    value: Scalar
    unit: str | None = None


@dataclass(slots=True)
class Item:
    """One row of a table: hits by field index. `y` is where its leading value stands."""

    page: int
    y: float
    hits: dict[int, Hit] = field(default_factory=dict)


@dataclass(slots=True)
class Body:
    """Rows of cells of one page that belong under a header."""

    page: int
    header: Header
    rows: list[tuple[Cell, ...]]


def find_bodies(
    layouts: Sequence[PageLayout], headers: Sequence[Header], totals: LabelMatcher, count: int
) -> list[Body]:
    """Rows below each header of the main table, on following pages too, until a row of totals closes it."""
    if not headers:
        return []
    main = max(headers, key=lambda h: (len(h.fields), -h.page, -h.first))
    chosen = [h for h in headers if h.fields == main.fields]
    out: list[Body] = []
    for number, header in enumerate(chosen):
        following = chosen[number + 1] if number + 1 < len(chosen) else None
        for page in range(header.page, len(layouts)):
            first = header.last + 1 if page == header.page else 0
            last = len(layouts[page].rows)
            if following is not None and following.page == page:
                last = following.first
            others = [h.first for h in headers if h.page == page and h not in chosen and h.first > first]
            last = min([last, *(r for r in others if _begins_left(layouts[page], r, header))])
            rows, closed = _until_closed(layouts[page].rows[first:last], header, totals, count)
            out.append(Body(page, header, rows))
            if closed or (following is not None and following.page <= page + 1):
                break
            if page > header.page and not any(_hits(layouts[page], row, header) for row in rows):
                break
    return out


def _begins_left(layout: PageLayout, row: int, header: Header) -> bool:
    """Whether another header begins at the table's left edge: one further in belongs to an item."""
    first = layout.rows[row][0]
    return first.box.x0 < min(c.box.x0 for c in header.columns) + 1.5 * first.height


def _until_closed(
    rows: Sequence[tuple[Cell, ...]], header: Header, totals: LabelMatcher, count: int
) -> tuple[list[tuple[Cell, ...]], bool]:
    out: list[tuple[Cell, ...]] = []
    for row in rows:
        if _closes(row, header, totals, count):
            return out, True
        out.append(row)
    return out, False


def _closes(row: Sequence[Cell], header: Header, totals: LabelMatcher, count: int) -> bool:
    """A row of totals: says so, and holds fewer numbers than an item."""
    numbers = [c for c in row if compare.find("number", c.text)]
    last = numbers[-1] if numbers else row[-1]
    # "USD 9,625.00" is an amount and labels nothing.
    worded = [
        c for c in row if len(_LETTER.findall(c.text)) >= 3 and (c not in numbers or split_tokens(c.text))
    ]
    labels = [c for c in worded if c.box.x0 <= last.box.x0]
    if not labels:
        return False
    label = labels[-1]
    text = label.text.split(":")[0]
    words = set(split_tokens(text))
    if len(words) > 6 or sum(len(compare.find("number", c.text)) for c in numbers) > 3:
        return False
    if not numbers:
        return "summary" in words and len(label.text) < 40
    known = max((totals.match(text, k).f1 for k in range(count)), default=0.0)
    right = max((c.box.x1 for c in header.columns), default=0.0)
    return (bool(words & _CLOSING) or (known >= 0.75 and bool(words & _SUMS))) and label.box.x0 < right


def read_items(layout: PageLayout, body: Body, fields: Sequence[Field]) -> list[Item]:
    """Items of one page's rows, top to bottom."""
    numeric = {k for k in body.header.fields if fields[k].kind in NUMERIC}
    found: dict[int, list[Hit]] = {k: [] for k in numeric}
    for row in body.rows:
        for index, hit in _hits(layout, row, body.header, fields).items():
            found[index].append(hit)
    if not numeric or not any(found.values()):
        return []
    leading = max(found, key=lambda k: (len(found[k]), k))
    items = [Item(body.page, _middle(hit.box), {leading: hit}) for hit in found[leading]]
    items.sort(key=lambda item: item.y)
    for index, hits in found.items():
        if index != leading:
            _place(items, index, hits, layout.line_height)
    _complete(layout, body, items, fields, numeric)
    for item in items:
        # Names begin beside the topmost number; amounts may be set lower.
        item.y = min(_middle(hit.box) for hit in item.hits.values())
    least = 2 if len(numeric) > 1 else 1
    return [item for item in items if len(item.hits) >= least]


def _complete(
    layout: PageLayout, body: Body, items: Sequence[Item], fields: Sequence[Field], numeric: set[int]
) -> None:
    """A field without a column takes the nameless column whose numbers make quantity × price = amount."""
    missing = [k for k, f in enumerate(fields) if f.kind in NUMERIC and k not in numeric]
    free = [k for k, c in enumerate(body.header.columns) if c.field is None]
    if len(missing) != 1 or len(numeric) != 2 or not free or not items:
        return
    for k in free:
        columns = tuple(
            Column(c.text, c.box, missing[0] if j == k else c.field)
            for j, c in enumerate(body.header.columns)
        )
        header = Header(body.header.page, body.header.first, body.header.last, columns)
        hits = [h[missing[0]] for row in body.rows if missing[0] in (h := _hits(layout, row, header, fields))]
        trial = [Item(item.page, item.y, dict(item.hits)) for item in items]
        _place(trial, missing[0], hits, layout.line_height)
        if sum(multiplies(item) for item in trial) > 0.6 * len(items):
            for item, found in zip(items, trial, strict=True):
                item.hits = found.hits
            return


def multiplies(item: Item) -> bool:
    """Whether one of the item's numbers is the product of two others."""
    values = [abs(Decimal(str(hit.value))) for hit in item.hits.values()]
    for k, product in enumerate(values):
        rest = [v for j, v in enumerate(values) if j != k]
        if any(abs(a * b - product) <= _CENT for i, a in enumerate(rest) for b in rest[i + 1 :]):
            return True
    return False


def _hits(
    layout: PageLayout, row: Sequence[Cell], header: Header, fields: Sequence[Field] | None = None
) -> dict[int, Hit]:
    """Numbers of a row by the field of the nearest column; the first of a column counts."""
    out: dict[int, Hit] = {}
    text = next(
        (c for c in header.columns if fields and c.field is not None and fields[c.field].kind == "text"), None
    )
    for cell in row:
        if text is not None and is_text(cell, text, header):
            continue
        for found in find_numbers(cell.text):
            if len(_LETTER.findall(cell.text[: found.start])) > 3:
                continue  # "Discount: 4.50" below an item is a remark; units follow their number
            words = cell.span_words(found.start, found.end)
            box = union(layout.boxes[w] for w in words)
            column = _nearest(box, header.columns)
            if column is None or column.field is None or column.field in out:
                continue
            if fields and fields[column.field].kind not in NUMERIC:
                continue
            out[column.field] = Hit(
                cell, box, cell.text[found.start : found.end], words, found.value, found.unit
            )
    return out


def find_numbers(text: str) -> list[Found]:
    """Amounts, and plain numbers beside them that are no article codes."""
    money = compare.find("money", text)
    plain = [p for p in compare.find("number", text) if len(p.text) < CODE_LENGTH or not p.text.isdigit()]
    free = [p for p in plain if not any(p.start < m.end and m.start < p.end for m in money)]
    return sorted(money + free, key=lambda f: f.start)


def is_text(cell: Cell, text: Column, header: Header) -> bool:
    """Whether a cell is part of the text column: it holds words and is not nearer to a column of numbers."""
    letters = len(_LETTER.findall(cell.text))
    if letters < 3 or letters <= sum(ch.isdigit() for ch in cell.text) or not in_column(cell, text, header):
        return False
    return not cell.text[0].isdigit() or _nearest(cell.box, header.columns) in (text, None)


def in_column(cell: Cell, text: Column, header: Header) -> bool:
    """Whether a cell lies between the columns beside the text column."""
    left = max((c.box.x1 for c in header.columns if c.box.x1 <= text.box.x0 + 1), default=float("-inf"))
    right = min((c.box.x0 for c in header.columns if c.box.x0 >= text.box.x1 - 1), default=float("inf"))
    return cell.box.x1 > left + 0.5 * cell.height and cell.box.x0 < right - 0.5 * cell.height


def _nearest(box: Box, columns: Sequence[Column]) -> Column | None:
    """The column whose left edge, middle or right edge is nearest to the value's."""

    def distance(column: Column) -> float:
        other = column.box
        edges = (
            abs(box.x0 - other.x0),
            abs(box.x1 - other.x1),
            abs(box.x0 + box.x1 - other.x0 - other.x1) / 2,
        )
        gap = max(other.x0 - box.x1, box.x0 - other.x1, 0.0)
        return min(edges) + 2 * gap + (column.field is None)

    best = min(columns, key=distance, default=None)
    if best is None or max(best.box.x0 - box.x1, box.x0 - best.box.x1, 0.0) > 3 * (box.y1 - box.y0):
        return None
    return best


def _middle(box: Box) -> float:
    return (box.y0 + box.y1) / 2


def _place(items: Sequence[Item], index: int, hits: Sequence[Hit], line_height: float) -> None:
    """Each hit to the item whose leading value is nearest, within two and a half lines."""
    for hit in sorted(hits, key=lambda h: min(abs(_middle(h.box) - i.y) for i in items)):
        near = min(items, key=lambda item: abs(_middle(hit.box) - item.y))
        if abs(_middle(hit.box) - near.y) <= 2.5 * line_height and index not in near.hits:
            near.hits[index] = hit
