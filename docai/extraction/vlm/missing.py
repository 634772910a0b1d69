"""Rows that seem to be missing: on which pages the model is asked once more, and what of its answers is new.

The question tells which rows are known, in the model's own words; what comes back is proven like any claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from docai.extraction.rows import item_number
from docai.extraction.sums import RowCheck
from docai.extraction.vlm.engine import PageQuestion, bare_page
from docai.extraction.vlm.prompt import write_missed
from docai.grounding.text_index import PageIndex, PageIndexes
from docai.schema import Field, Schema, template
from docai.types import Claim, Page
from docai.values.compare import as_decimal, same_value

MOST_PAGES = 3
"""On which rows are asked for again: a sum tells that a row is missing, not where."""
_MOST_LETTERS = 6000
"""Of known rows in one question."""

_Rows: TypeAlias = dict[tuple[str, int], list[Claim]]
"""Claims by list and number."""


@dataclass(frozen=True, slots=True)
class RowsQuestion:
    """A page of a list whose rows come to less than the document says."""

    group: str
    question: PageQuestion

    @property
    def page(self) -> Page:
        return self.question.page


def find_missing_rows(
    check: RowCheck, pages: Sequence[Page], schema: Schema, said: Sequence[Claim]
) -> list[RowsQuestion]:
    """Questions about at most `MOST_PAGES` pages. `said`: the model's claims."""
    rows = _sort_by_page(c for c in said if c.path.startswith(f"{check.group}/"))
    if not rows:
        return []
    cells = replace(schema, fields=tuple(f for f in schema.fields if f.group == check.group))
    span = [page for page in pages if min(rows) <= page.number <= max(rows) + 1 and page.words]
    questions = []
    for page in _choose_pages(check, span, rows):
        known = [" | ".join(str(c.value) for c in row) for row in rows.get(page.number, {}).values()]
        number = page.number - pages[0].number + 1
        note = write_missed(_cut(known))
        questions.append(
            RowsQuestion(check.group, PageQuestion(bare_page(page), number, len(pages), cells, note=note))
        )
    return questions


def drop_known(told: Sequence[Claim], known: Sequence[Claim], fields: Mapping[str, Field]) -> list[Claim]:
    """What was told of missing rows, without those that were known: models repeat what they are told."""
    rows = [row for page in _sort_by_page(known).values() for row in page.values()]
    new: list[Claim] = []
    for page in _sort_by_page(told).values():
        for row in page.values():
            if not any(_is_same(row, other, fields) for other in rows):
                new += row
    return new


def _sort_by_page(claims: Iterable[Claim]) -> dict[int, _Rows]:
    """Claims of cells by page and row."""
    rows: dict[int, _Rows] = {}
    for claim in claims:
        if claim.value is not None:
            key = (template(claim.path).partition("/*")[0], item_number(claim.path))
            rows.setdefault(claim.page, {}).setdefault(key, []).append(claim)
    return rows


def _is_same(row: Sequence[Claim], other: Sequence[Claim], fields: Mapping[str, Field]) -> bool:
    """Rows of one page that differ in no cell that both have, and have more than one in common."""
    cells = {template(claim.path): claim for claim in other}
    pairs = [(c, cells[template(c.path)]) for c in row if template(c.path) in cells]
    enough = len(pairs) >= min(2, len(row), len(other))
    same = all(same_value(fields[template(a.path)].kind, a.value, b.value) for a, b in pairs)
    return row[0].page == other[0].page and enough and same


def _choose_pages(check: RowCheck, span: Sequence[Page], rows: Mapping[int, _Rows]) -> list[Page]:
    """Where what is missing is printed; else where most amounts are printed that nobody claimed."""
    indexes = PageIndexes(span)
    unclaimed = {page.number: _count_unclaimed(indexes.get(page.number), rows) for page in span}
    lacking = [p for p in span if check.difference and unclaimed[p.number][abs(check.difference)] > 0]
    if lacking:
        return lacking[:MOST_PAGES]
    ranked = sorted(span, key=lambda page: -unclaimed[page.number].total())
    some = [page for page in ranked if unclaimed[page.number].total()] or ranked
    return sorted(some[:MOST_PAGES], key=lambda page: page.number)


def _count_unclaimed(index: PageIndex | None, rows: Mapping[int, _Rows]) -> Counter[Decimal]:
    """Amounts that a page prints oftener than its rows have them."""
    if index is None:
        return Counter()
    printed = {f.start: as_decimal(f.value) for kind in ("number", "money") for f in index.found(kind)}
    claims = [claim for row in rows.get(index.page.number, {}).values() for claim in row]
    return Counter(abs(v) for v in printed.values() if v is not None) - Counter(
        abs(value) for claim in claims if (value := as_decimal(claim.value)) is not None
    )


def _cut(rows: Sequence[str]) -> list[str]:
    """As many rows as a question has room for."""
    kept: list[str] = []
    for row in rows:
        if sum(map(len, kept)) + len(row) > _MOST_LETTERS:
            break
        kept.append(row)
    return kept
