"""Pages, records and keys of documents that nobody wrote: what the tests of batches have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docai.types import Document, DocumentRef, Page, Record, Run, SchemaRef, SourceItem
from docai.workspace import outcome_key


def make_page(document_id: str, number: int) -> Page:
    return Page(document_id, number, 595.0, 842.0, 200.0, 200.0, "native")


def make_record(
    document: Document, *, complete: bool, values: Mapping[str, Any], engine: str = "scripted"
) -> Record:
    return Record(
        document=DocumentRef(id=document.id, uri=document.uri, page_count=document.page_count),
        schema_ref=SchemaRef(id="s", hash="sha256:0"),
        complete=complete,
        values=values,
        fields=(),
        run=Run(docai="0", engine=engine),
    )


def record_pages(document: Document, pages: tuple[Page, ...]) -> Record:
    """A record whose value is its pages' numbers."""
    numbers = [page.number for page in pages]
    return make_record(document, complete=all(page.reader for page in pages), values={"pages": numbers})


class ScriptedKeys:
    reading = "r1"

    def __init__(self, schema: str = "schema", engine: str = "engine") -> None:
        self._schema = schema
        self._engine = engine

    def outcome(self, document_id: str) -> str:
        return outcome_key(document_id, self._schema, self._engine)

    def failure(self, item: SourceItem) -> str:
        return f"uri:{item.uri}"
