"""Documents made of plain text, for the tests of answering."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from docai.answering.fixed import FixedLibrary, Shelf
from docai.answering.library import LibraryDocument
from docai.grounding.location import locate
from docai.imaging.geometry import union
from docai.schema import load_schema
from docai.types import (
    Box,
    Citation,
    DocumentRef,
    Evidence,
    FieldValue,
    Page,
    Passage,
    Record,
    Run,
    SchemaRef,
    Word,
)
from docai.values.compare import fold

SUPPLY = (
    "SUPPLY AGREEMENT\n"
    "This Supply Agreement is made as of March 3, 2020 between Norlund Oy and Karst Mining Ltd.",
    "The initial term of this Agreement is three (3) years from the date above.\n"
    "This Agreement shall be governed by the laws of the State of Delaware.\n"
    "Neither party may assign this Agreement without the prior written consent of the other party.\n"
    "Supplier shall maintain liability insurance of not less than $2,000,000.",
)
SERVICES = (
    "SERVICES AGREEMENT\n"
    "This Services Agreement is made as of May 5, 2021 between Vexler Inc. and Oakham LLC.\n"
    "This Agreement shall be governed by the laws of the State of Texas.",
)


def make_page(document_id: str, number: int, text: str) -> Page:
    """A page of 612 × 792 points whose lines are the text's; words are 6 points a letter wide."""
    words = []
    for row, line in enumerate(text.strip("\n").split("\n")):
        x, y = 72.0, 72.0 + 14 * row
        for token in line.split():
            words.append(Word(token, Box(x, y, x + 6 * len(token), y + 10), None, "text-layer", row))
            x += 6 * len(token) + 6
    return Page(document_id, number, 612, 792, 150, 150, "rendered", words=tuple(words))


def make_passages(pages: Sequence[Page]) -> tuple[Passage, ...]:
    """Every line of a page is a passage."""
    out: list[Passage] = []
    for page in pages:
        for row in sorted({w.line for w in page.words}):
            words = [w for w in page.words if w.line == row]
            text = " ".join(w.text for w in words)
            box = union([w.box for w in words])
            place = len(out)
            out.append(
                Passage(f"{page.document_id}-{place}", page.document_id, page.number, place, text, (box,))
            )
    return tuple(out)


def make_record(
    document_id: str,
    uri: str,
    pages: Sequence[Page],
    values: Mapping[str, tuple[object, str]],
    *,
    schema: str = "contract",
    complete: bool = True,
) -> Record:
    """A record of a shipped schema: `values` by path, each with the quote that proves it; others missing."""
    fields = []
    for item in load_schema(schema).fields:
        paths = [p for p in values if re.sub(r"/\d+(?=/|$)", "/*", p) == item.path]
        for path in paths:
            value, quote = values[path]
            found: tuple[Evidence, ...] = ()
            for page in pages:
                found = found or locate(quote, page)[:1]
            assert found or not quote, f"no page says {quote!r}"
            status = "grounded" if found and not isinstance(value, bool) else "inferred"
            fields.append(FieldValue(path=path, value=value, status=status, confidence=0.9, evidence=found))
        if not paths and "*" not in item.path:
            fields.append(FieldValue(path=item.path, status="missing", reason="not_found"))
    return Record(
        document=DocumentRef(id=document_id, uri=uri, page_count=len(pages)),
        schema_ref=SchemaRef(id=schema, hash="sha256:0"),
        complete=complete,
        values={},
        fields=tuple(fields),
        run=Run(docai="0", engine="extractive"),
    )


def make_shelf(
    name: str,
    texts: Sequence[str],
    values: Mapping[str, tuple[object, str]] | None = None,
    *,
    schema: str = "contract",
    unread: tuple[int, ...] = (),
) -> Shelf:
    """A document `name`.pdf of some pages; with a record where `values` are given."""
    pages = [make_page(name, n, text) for n, text in enumerate(texts, start=1) if n not in unread]
    records: tuple[Record, ...] = ()
    if values is not None:
        records = (make_record(name, f"{name}.pdf", pages, values, schema=schema, complete=not unread),)
    document = LibraryDocument(
        name, f"{name}.pdf", len(texts), unread=unread, reason="page damaged" if unread else None
    )
    return Shelf(document, tuple(pages), make_passages(pages), records)


def make_library(*shelves: Shelf) -> FixedLibrary:
    names = ("contract", "invoice", "receipt", "ad_buy")
    return FixedLibrary(shelves, {name: load_schema(name).fields for name in names})


def stands_at_boxes(citation: Citation, shelves: Sequence[Shelf]) -> bool:
    """Whether the words in a citation's boxes are its quote."""
    pages = [p for s in shelves if s.document.id == citation.document_id for p in s.pages]
    words = next(p for p in pages if p.number == citation.page).words
    inside = [w.text for w in words if any(_holds(b, w.box) for b in citation.boxes)]
    return bool(inside) and fold(citation.quote) in fold("".join(inside))


def _holds(outer: Box, inner: Box) -> bool:
    x, y = (inner.x0 + inner.x1) / 2, (inner.y0 + inner.y1) / 2
    return outer.x0 <= x <= outer.x1 and outer.y0 <= y <= outer.y1
