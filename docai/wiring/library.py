"""A workspace as answering sees it: documents in scope, what was read of them, their records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from docai.answering.library import LibraryDocument
from docai.types import Record

if TYPE_CHECKING:
    from docai.schema import Field, Schema
    from docai.types import Page, Passage, Where
    from docai.workspace import Workspace
    from docai.workspace.catalogue import CatalogueEntry


class WorkspaceLibrary:
    """Satisfies `Library`. The scope is fixed when it is made; what lies in it is read when asked for."""

    def __init__(self, stores: Workspace, entries: Sequence[CatalogueEntry]) -> None:
        self._stores = stores
        self._documents = [_describe(entry) for entry in entries]

    @property
    def document_ids(self) -> frozenset[str]:
        return frozenset(document.id for document in self._documents)

    def documents(self, where: Where) -> Sequence[LibraryDocument]:
        if where.document_ids is None:
            return self._documents
        return [document for document in self._documents if document.id in where.document_ids]

    def pages(self, document_id: str) -> Mapping[int, Page]:
        return self._stores.pages.get_latest(document_id)

    def records(self, document_id: str) -> Sequence[Record]:
        """Each once, however many files hold the document."""
        found: dict[tuple[str, int], Record] = {}
        for stored in self._stores.outcomes.records(document_id=document_id):
            record = stored.outcome
            if isinstance(record, Record):
                first = record.segment.first if record.segment else 1
                found.setdefault((record.schema_ref.id, first), record)
        return list(found.values())

    def passages(self, document_id: str) -> Sequence[Passage]:
        return self._stores.passages.get_passages(document_id)

    def fields(self, record: Record) -> Sequence[Field]:
        schema = find_schema(self._stores, record.schema_ref.id, record.schema_ref.hash)
        return schema.fields if schema else ()


def _describe(entry: CatalogueEntry) -> LibraryDocument:
    """A file that could not be opened has no id; its name stands in for one."""
    return LibraryDocument(
        id=entry.id or f"unread:{entry.uri}",
        uri=entry.uri,
        page_count=entry.page_count,
        title=entry.title,
        unread=entry.unread,
        reason=entry.reason,
    )


def find_schema(stores: Workspace, schema_id: str, schema_hash: str) -> Schema | None:
    """The schema that a record was made with: as the workspace keeps it, else the shipped one of that name if
    it still is the same."""
    return stores.schemas.get(schema_id, schema_hash) or _find_shipped(schema_id, schema_hash)


@lru_cache(maxsize=64)
def _find_shipped(schema_id: str, schema_hash: str) -> Schema | None:
    from docai.schema import list_shipped, load_schema

    if schema_id not in list_shipped():
        return None
    schema = load_schema(schema_id)
    return schema if schema.hash == schema_hash else None
