"""Lists of objects: tables read as a whole, their sums checked, one claim for each cell."""

from __future__ import annotations

from collections.abc import Sequence

from docai.extraction.forms.candidates import Document
from docai.extraction.forms.claims import ENGINE
from docai.extraction.forms.labels import LabelMatcher
from docai.extraction.forms.plain_rows import name_parts, read_plain_row, text_field
from docai.extraction.forms.rows import NUMERIC, Hit, Item, find_bodies, multiplies, read_items
from docai.extraction.forms.tables import find_headers
from docai.extraction.forms.texts import read_text
from docai.extraction.layout import Cell
from docai.schema import Field
from docai.types import Claim

# Shares of rows that were right in the sets of benchmarks/: by whether quantity × price = amount.
SURE, LIKELY, PLAIN = 0.95, 0.85, 0.7


def extract_list(document: Document, fields: Sequence[Field], singles: Sequence[Field]) -> list[Claim]:
    """Claims for the rows of the list that `fields` are the leaves of; `singles` label rows of totals."""
    matcher = LabelMatcher(fields)
    money = [f for f in singles if f.kind == "money"]
    totals = LabelMatcher(money)
    headers = find_headers(document.layouts, matcher, fields)
    if not headers:
        return _plain_claims(document, fields, matcher)
    claims: list[Claim] = []
    count = 0
    for body in find_bodies(document.layouts, headers, totals, len(money)):
        layout = document.layouts[body.page]
        items = read_items(layout, body, fields)
        texts: dict[int, dict[int, list[Cell]]] = {}
        for column in body.header.columns:
            if column.field is not None and fields[column.field].kind not in NUMERIC:
                for item, cells in read_text(layout, body, items, column):
                    texts.setdefault(id(item), {})[column.field] = cells
        for item in items:
            score = _score(item, fields)
            for index in sorted(item.hits):
                claims.append(_number_claim(item.hits[index], fields[index], count, layout.number, score))
            for index, cells in sorted(texts.get(id(item), {}).items()):
                claims.append(_text_claim(cells, fields[index], count, layout.number, score))
            count += 1
    return claims


def _plain_claims(document: Document, fields: Sequence[Field], matcher: LabelMatcher) -> list[Claim]:
    """Rows of a table without a readable header."""
    parts = name_parts(fields, [matcher.own_words(k) for k in range(len(fields))])
    named = text_field(fields)
    if parts is None or named is None:
        return []
    claims: list[Claim] = []
    count = 0
    for layout in document.layouts:
        for row in layout.rows:
            found = read_plain_row(layout, row, parts)
            if found is None:
                continue
            for index, hit in sorted(found[0].items()):
                claims.append(_number_claim(hit, fields[index], count, layout.number, LIKELY))
            claims.append(_text_claim([found[1]], fields[named], count, layout.number, PLAIN))
            count += 1
    return claims


def _score(item: Item, fields: Sequence[Field]) -> float:
    """Higher where two of the row's numbers multiply to a third."""
    numeric = len([f for f in fields if f.kind in NUMERIC])
    if multiplies(item):
        return SURE
    return LIKELY if len(item.hits) == numeric else PLAIN


def _path(field: Field, number: int) -> str:
    return field.path.replace("*", str(number), 1)


def _number_claim(hit: Hit, field: Field, number: int, page: int, score: float) -> Claim:
    unit = hit.unit if field.kind == "money" else None
    return Claim(_path(field, number), hit.text, hit.value, page, ENGINE, score, words=hit.words, unit=unit)


def _text_claim(cells: Sequence[Cell], field: Field, number: int, page: int, score: float) -> Claim:
    text = " ".join(c.text for c in cells)
    words = tuple(w for c in cells for w in c.words)
    return Claim(_path(field, number), text, text.rstrip(" :;,"), page, ENGINE, score, words=words)
