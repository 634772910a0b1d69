"""A workspace as answering sees it: documents in scope, what was read of them, their records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from docai.answering.library import Amendment, LibraryDocument
from docai.types import Record

if TYPE_CHECKING:
    from docai.schema import Field, Schema
    from docai.types import Page, Passage, Where
    from docai.workspace import Workspace
    from docai.workspace.catalogue import CatalogueEntry

_LAST_DAY = "9999-12-31"
_AMENDMENTS = """
  SELECT a.document_id, b.document_id, b.uri, b.since FROM records a JOIN records b USING (family_id)
  WHERE b.role = 'amendment' AND b.family_id <> b.record_id AND b.duplicate_of IS NULL
    AND a.document_id <> b.document_id AND (b.since IS NULL OR b.since <= ?)
    AND (a.role = 'original' OR a.since < b.since)
  ORDER BY b.since IS NOT NULL, b.since, b.record_id
"""


class WorkspaceLibrary:
    """Satisfies `Library`. The scope is fixed when it is made; what lies in it is read when asked for."""

    def __init__(
        self, stores: Workspace, entries: Sequence[CatalogueEntry], as_of: str | None = None
    ) -> None:
        """`as_of`: ISO date; amendments that speak from a later day are not known."""
        self._stores = stores
        self._as_of = as_of
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

    def amendments(self, document_id: str) -> Sequence[Amendment]:
        return self._amendments.get(document_id, ())

    @cached_property
    def _amendments(self) -> Mapping[str, Sequence[Amendment]]:
        """By the families of the records."""
        queries = self._stores.open_queries(self._as_of)
        try:
            rows = queries.run(_AMENDMENTS, (self._as_of or _LAST_DAY,)).rows
        finally:
            queries.close()
        found: dict[str, list[Amendment]] = {}
        for amended, document_id, uri, since in rows:
            item = Amendment(document_id, uri, since)
            if item not in found.setdefault(amended, []):
                found[amended].append(item)
        return found


def find_later(stores: Workspace, day: str) -> frozenset[str]:
    """Documents all of whose records speak from a later day (ISO)."""
    sql = "SELECT document_id FROM records GROUP BY 1 HAVING min(coalesce(since, '')) > ?"
    queries = stores.open_queries()
    try:
        return frozenset(str(row[0]) for row in queries.run(sql, (day,)).rows)
    finally:
        queries.close()


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
