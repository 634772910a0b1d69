"""The documents that the files hold now: what was read of each, and what could not be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from docai.types import Failure
from docai.workspace.codec import decode_outcome
from docai.workspace.database import Database
from docai.workspace.ledger import is_under


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One document under one of its uris. `id`: None for a file that could not be opened. `title`: the first
    words, which name title and parties. `unread`: pages without words because reading failed. `reason`: why
    nothing, or not all of it, can be searched. `indexed`: whether it has passages.
    """

    id: str | None
    uri: str
    page_count: int
    title: str = ""
    unread: tuple[int, ...] = ()
    reason: str | None = None
    indexed: bool = False


class Catalogue:
    """Reads the ledger, the sets of passages and the failures; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_entries(self, under: Sequence[str] = ()) -> list[CatalogueEntry]:
        """Documents by uri, each once under the first of its uris in scope. `under`: uris of files or folders
        as the ledger names them; none means all."""
        entries: dict[str, CatalogueEntry] = {}
        for row in self._database.select(_ENTRIES):
            if under and not any(is_under(row["uri"], root) for root in under):
                continue
            unread = _read_numbers(row["unread"])
            indexed = row["count"] is not None
            reason = None
            if not indexed:
                reason = "not indexed yet"
            elif unread:
                reason = "pages could not be read"
            entries.setdefault(
                row["document_id"],
                CatalogueEntry(
                    row["document_id"],
                    row["uri"],
                    row["page_count"] or 0,
                    row["context"] or "",
                    unread,
                    reason,
                    indexed,
                ),
            )
        found = [*entries.values(), *self._list_failures(under)]
        return sorted(found, key=lambda entry: entry.uri)

    def find_ids(self, under: Sequence[str] = ()) -> frozenset[str]:
        """Ids of the documents in scope."""
        return frozenset(entry.id for entry in self.list_entries(under) if entry.id)

    def list_places(self) -> list[tuple[str, str]]:
        """(document's id, uri) of every file that holds a document now."""
        rows = self._database.select(
            "SELECT document_id, uri FROM items WHERE document_id IS NOT NULL AND retired_at IS NULL "
            "ORDER BY uri"
        )
        return [(row["document_id"], row["uri"]) for row in rows]

    def find_reading_key(self, document_id: str) -> str | None:
        """What a document's pages were read with last; None if none was."""
        sql = "SELECT reading_key FROM pages WHERE document_id = ? ORDER BY id DESC LIMIT 1"
        return next((str(row["reading_key"]) for row in self._database.select(sql, (document_id,))), None)

    def _list_failures(self, under: Sequence[str]) -> list[CatalogueEntry]:
        """Files that could not be opened."""
        found = []
        for row in self._database.select(_FAILURES):
            if under and not any(is_under(row["uri"], root) for root in under):
                continue
            outcome = decode_outcome(row["body"])
            if isinstance(outcome, Failure):
                found.append(CatalogueEntry(None, row["uri"], 0, reason=outcome.error.message))
        return found


_ENTRIES = """
  SELECT items.document_id, items.uri, COALESCE(s.page_count, documents.page_count) AS page_count,
    s.context, s.unread, s."count"
  FROM items LEFT JOIN documents ON documents.id = items.document_id
    LEFT JOIN passage_sets s ON s.document_id = items.document_id
  WHERE items.retired_at IS NULL ORDER BY items.uri
"""
_FAILURES = """
  SELECT outcomes.uri, records.body FROM outcomes JOIN records ON records.outcome_id = outcomes.id
  WHERE outcomes.document_id IS NULL AND outcomes.replaced_at IS NULL AND outcomes.superseded_at IS NULL
  ORDER BY outcomes.uri
"""


def _read_numbers(text: str | None) -> tuple[int, ...]:
    return tuple(json.loads(text)) if text else ()
