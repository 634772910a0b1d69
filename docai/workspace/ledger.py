"""Which bytes a uri holds now and held before, so that unchanged files are neither read nor hashed again,
and edited, moved or deleted ones retire what they gave."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from docai.types import Document, SourceItem
from docai.workspace.database import Database, now


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """One content that a uri has or had. `retired_at`: when it was found edited, moved or deleted."""

    uri: str
    document_id: str
    size: int
    version: str
    first_seen: str
    last_seen: str
    retired_at: str | None


class Ledger:
    """Items (uri, size, version) and the documents (bytes) that they hold.

    Uris are kept as given: a run from another working directory must give the same ones.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, item: SourceItem) -> str | None:
        """The document id of an item that has been read before with this size and version, else None.

        An item that was retired meanwhile (deleted, then put back unchanged) is current again.
        """
        found = self._database.select(
            "SELECT document_id, retired_at FROM items WHERE uri = ? AND size = ? AND version = ? "
            "ORDER BY retired_at IS NOT NULL, last_seen DESC LIMIT 1",
            (item.uri, item.size, item.version),
        )
        if not found:
            return None
        document_id = str(found[0]["document_id"])
        if found[0]["retired_at"] is not None:
            self.put_item(item, document_id)
        return document_id

    def put_item(self, item: SourceItem, document_id: str) -> None:
        """Note that the uri holds this document now; whatever it held before is retired."""
        at = now()
        with self._database.transaction() as db:
            db.execute(
                "UPDATE items SET retired_at = ? WHERE uri = ? AND document_id <> ? AND retired_at IS NULL",
                (at, item.uri, document_id),
            )
            db.execute(
                "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO UPDATE SET "
                "size = excluded.size, version = excluded.version, last_seen = excluded.last_seen, "
                "retired_at = NULL",
                (item.uri, document_id, item.size, item.version, at, at),
            )
            # The file can be opened, so a failure to do so speaks for it no longer.
            db.execute(
                "UPDATE outcomes SET superseded_at = ? WHERE uri = ? AND document_id IS NULL "
                "AND superseded_at IS NULL",
                (at, item.uri),
            )

    def put_document(self, document: Document) -> None:
        """Keep what opening a file has shown, so that a finished document need not be opened again."""
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
                "media_type = excluded.media_type, page_count = excluded.page_count",
                (document.id, document.media_type, document.page_count),
            )

    def get_document(self, document_id: str, uri: str) -> Document | None:
        """A document that has been opened before, under the given uri."""
        for row in self._database.select("SELECT * FROM documents WHERE id = ?", (document_id,)):
            return Document(row["id"], uri, row["media_type"], row["page_count"])
        return None

    def retire_missing(self, roots: Iterable[str], seen_uris: Collection[str]) -> list[str]:
        """Retire every item under the roots that a complete listing of them did not show.

        `roots`: uris of folders or single files; `.` is all relative uris. Call it only after a listing
        that succeeded; what lies below a listed uri (a folder that could not be looked into) is kept.
        Returns the uris that were retired, among them those of files that failed.
        """
        seen = frozenset(seen_uris)
        at = now()
        with self._database.transaction() as db:
            known = db.execute(
                "SELECT uri FROM items WHERE retired_at IS NULL UNION "
                "SELECT uri FROM outcomes WHERE document_id IS NULL AND replaced_at IS NULL "
                "AND superseded_at IS NULL"
            ).fetchall()
            scope = tuple(roots)
            inside = [row["uri"] for row in known if any(is_under(row["uri"], root) for root in scope)]
            gone = sorted(uri for uri in inside if not _is_seen(uri, seen))
            here = [(at, uri) for uri in inside if uri in seen]
            db.executemany("UPDATE items SET last_seen = ? WHERE uri = ? AND retired_at IS NULL", here)
            lost = [(at, uri) for uri in gone]
            db.executemany("UPDATE items SET retired_at = ? WHERE uri = ? AND retired_at IS NULL", lost)
            db.executemany(
                "UPDATE outcomes SET superseded_at = ? WHERE uri = ? AND document_id IS NULL "
                "AND superseded_at IS NULL",
                lost,
            )
        return gone

    def history(self, uri: str) -> list[LedgerItem]:
        """Everything a uri has held, oldest first."""
        rows = self._database.select("SELECT * FROM items WHERE uri = ? ORDER BY first_seen", (uri,))
        return [LedgerItem(*row) for row in rows]


def is_under(uri: str, root: str) -> bool:
    """Whether a uri is the root or lies below it; `.` is above all relative uris, `/` above all."""
    folder = root.rstrip("/")
    if folder in ("", "."):
        return root.startswith("/") or not (uri.startswith(("/", "../")) or "://" in uri)
    return uri == folder or uri.startswith(folder + "/")


def _is_seen(uri: str, seen: frozenset[str]) -> bool:
    return uri in seen or any(uri[:i] in seen for i, char in enumerate(uri) if char == "/")
