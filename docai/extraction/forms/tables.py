"""Tables: header bands whose words are matched to the fields of a list, and the columns they stand over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from docai.extraction.forms.labels import LabelMatcher, split_tokens
from docai.extraction.layout import Cell, PageLayout, overlap
from docai.imaging.geometry import union
from docai.schema import Field
from docai.types import Box

_AMOUNT = re.compile(r"\d[.,]\d{2}(?!\d)")
_DIGITS = re.compile(r"\d")
BAND_ROWS = 5
# A header names at least this many fields of the list.
LEAST_FIELDS = 2
LEAST_F1 = 0.5


_TOTALS = frozenset({"total", "sub", "balance", "tax", "rounding", "cash", "change", "payment"})


def is_totals_text(text: str) -> bool:
    """Whether a line's words are those of a sum and nothing else's."""
    words = set(split_tokens(text))
    return bool(words & _TOTALS) and len(words) <= 4


@dataclass(frozen=True, slots=True)
class Column:
    """A column's header text and extent; `field` indexes the list's fields, None for other columns."""

    text: str
    box: Box
    field: int | None


@dataclass(frozen=True, slots=True)
class Header:
    """A band of header rows on a page: rows `first`..`last`, columns left to right."""

    page: int
    first: int
    last: int
    columns: tuple[Column, ...]

    @property
    def fields(self) -> set[int]:
        return {c.field for c in self.columns if c.field is not None}


def find_headers(
    layouts: Sequence[PageLayout], matcher: LabelMatcher, fields: Sequence[Field]
) -> list[Header]:
    """Header bands of tables that hold at least two of the fields, top to bottom, none over another."""
    out: list[Header] = []
    for page, layout in enumerate(layouts):
        bands = [b for row in range(len(layout.rows)) for b in _bands(page, layout, row, matcher, fields)]
        free = [True] * len(layout.rows)
        for _, header in sorted(bands, key=lambda b: (-b[0], b[1].first, b[1].last)):
            rows = slice(header.first, header.last + 1)
            if all(free[rows]):
                free[rows] = [False] * (header.last + 1 - header.first)
                out.append(header)
    return sorted(out, key=lambda h: (h.page, h.first))


def _bands(
    page: int, layout: PageLayout, first: int, matcher: LabelMatcher, fields: Sequence[Field]
) -> Iterator[tuple[float, Header]]:
    """Bands that begin at a row, each with how well it names the fields."""
    for last in range(first, min(first + BAND_ROWS, len(layout.rows))):
        rows = layout.rows[first : last + 1]
        if any(_AMOUNT.search(c.text) for c in rows[-1]) or _far(rows):
            return
        assigned, score = _assign(_columns(rows), matcher, fields)
        found = len({c.field for c in assigned if c.field is not None})
        if found >= min(LEAST_FIELDS, len(fields)):
            # Every further row of the band must add to it.
            yield score - 0.1 * (last - first), Header(page, first, last, tuple(assigned))


def _far(rows: Sequence[Sequence[Cell]]) -> bool:
    """Whether the last row stands apart from the one before."""
    if len(rows) < 2:
        return False
    above = max(c.box.y1 for c in rows[-2])
    below = min(c.box.y0 for c in rows[-1])
    return below - above > 1.0 * max(c.height for c in rows[-1])


def _columns(rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """Cells of a band stacked into columns, left to right, each stack top to bottom."""
    stacks: list[list[Cell]] = []
    for cell in (c for row in rows for c in row):
        near = [s for s in stacks if any(overlap(cell.box, other.box) > 0.3 for other in s)]
        if near:
            near[0].append(cell)
        else:
            stacks.append([cell])
    return sorted(stacks, key=lambda s: min(c.box.x0 for c in s))


def _join(stack: Sequence[Cell]) -> str:
    """Header lines as one text; a hyphen at a line's end joins."""
    text = ""
    for cell in stack:
        if text.endswith("-") and cell.text[:1].islower():
            text = text[:-1] + cell.text
        else:
            text = f"{text} {cell.text}".strip()
    return text


def _parts(stack: Sequence[Cell], matcher: LabelMatcher, count: int) -> Iterator[tuple[str, Box]]:
    """A stack as one header, or as several where its lines or words match better by themselves."""
    joined = _join(stack)
    lines = [(c.text, c.box) for c in stack]
    alone = max(_best_f1(text, matcher, count) for text, _ in lines)
    whole = [(joined, union(box for _, box in lines))]
    for text, box in lines if len(lines) > 1 and alone > _best_f1(joined, matcher, count) + 0.15 else whole:
        yield from _split_header(text, box, matcher, count)


def _assign(
    stacks: Sequence[Sequence[Cell]], matcher: LabelMatcher, fields: Sequence[Field]
) -> tuple[list[Column], float]:
    """Fields to columns one to one, best matches first."""
    parts = [part for stack in stacks for part in _parts(stack, matcher, len(fields))]
    pairs = []
    for k, (text, _) in enumerate(parts):
        if len(text) > 60:
            continue
        for index in range(len(fields)):
            match = matcher.match(text, index)
            value = match.f1 - 0.12 * match.contrast
            # The field's own name before an alias that another field has too.
            value += 0.02 * (frozenset(matcher.tokens(text)) in matcher.phrases(index)[:1])
            if value >= LEAST_F1:
                # Of two columns that fit alike the one further right is the total, further left the text.
                pairs.append((value, -k if fields[index].kind == "text" else k, k, index))
    taken: dict[int, int] = {}
    total = 0.0
    for value, _, k, index in sorted(pairs, reverse=True):
        if k not in taken and index not in taken.values():
            taken[k] = index
            total += value
    return [Column(text, box, taken.get(k)) for k, (text, box) in enumerate(parts)], total


def _split_header(
    text: str, box: Box, matcher: LabelMatcher, count: int, depth: int = 2
) -> Iterator[tuple[str, Box]]:
    """A header cell that runs over several columns, "VAT % Net amount", falls apart around what matches."""
    words = text.split()
    whole = _best_f1(text, matcher, count)
    best, cut = whole + 0.15, None
    if 2 <= len(words) <= 8 and depth and not _DIGITS.search(text):
        for i in range(len(words)):
            for j in range(i + 1, min(len(words), i + 3) + 1):
                value = _best_f1(" ".join(words[i:j]), matcher, count)
                if j - i < len(words) and value >= max(0.6, best):
                    best, cut = value + 1e-9, (i, j)
    if cut is None:
        yield text, box
        return
    bounds = [0, cut[0], cut[1], len(words)]
    at = 0
    for start, end in pairwise(bounds):
        part = " ".join(words[start:end])
        if not part:
            continue
        x0 = box.x0 + (box.x1 - box.x0) * at / len(text)
        x1 = box.x0 + (box.x1 - box.x0) * (at + len(part)) / len(text)
        at += len(part) + 1
        yield from _split_header(part, Box(x0, box.y0, x1, box.y1), matcher, count, depth - 1)


def _best_f1(text: str, matcher: LabelMatcher, count: int) -> float:
    return max((matcher.match(text, k).f1 for k in range(count)), default=0.0) if split_tokens(text) else 0.0
