"""Pages that have been read: committed one by one, so that a killed run repeats only those in flight."""

from __future__ import annotations

import time
from collections.abc import Iterator

from docai.types import Page, Record
from docai.workspace.codec import decode_page, decode_texts, encode_page
from docai.workspace.database import Database


class PageStore:
    """Pages by document, reading key and number.

    The reading key names everything that a reading depends on but the bytes: reader and its version,
    languages, DPI. The same document under another key is read again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_page(self, page: Page, reading_key: str) -> Page:
        """Commit one page, at once. Returns it as `get_pages` will give it (boxes to 1/100 pt): work on
        with that one, so that a resumed run and an undisturbed one give equal records."""
        body = encode_page(page)
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO pages (document_id, reading_key, number, body) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET body = excluded.body",
                (page.document_id, reading_key, page.number, body),
            )
            # Whoever reads this document lives: for the eyes of other containers (`leases`).
            db.execute("UPDATE leases SET beat_s = ? WHERE document_id = ?", (time.time(), page.document_id))
        return decode_page(body)

    def get_pages(self, document_id: str, reading_key: str) -> dict[int, Page]:
        """The pages of a document that have been read, by number."""
        rows = self._database.select(
            "SELECT number, body FROM pages WHERE document_id = ? AND reading_key = ? ORDER BY number",
            (document_id, reading_key),
        )
        return {row["number"]: decode_page(row["body"]) for row in rows}

    def find_page(self, document_id: str, number: int) -> Page | None:
        """A page as it was read last, whatever the reading key."""
        for row in self._database.select(
            "SELECT body FROM pages WHERE document_id = ? AND number = ? ORDER BY id DESC LIMIT 1",
            (document_id, number),
        ):
            return decode_page(row["body"])
        return None

    def get_latest(self, document_id: str) -> dict[int, Page]:
        """Pages as they were read last, by number, whatever they were read with."""
        rows = self._database.select(
            "SELECT number, body FROM pages WHERE document_id = ? ORDER BY id", (document_id,)
        )
        bodies = {row["number"]: row["body"] for row in rows}
        return {number: decode_page(bodies[number]) for number in sorted(bodies)}

    def iterate_words(self, record: Record) -> Iterator[str]:
        """The words of a record's pages, as they were read last."""
        segment = record.segment
        first, last = (segment.first, segment.last) if segment else (1, record.document.page_count)
        rows = self._database.select(
            "SELECT number, body FROM pages WHERE document_id = ? AND number BETWEEN ? AND ? ORDER BY id",
            (record.document.id, first, last),
        )
        bodies = {row["number"]: row["body"] for row in rows}
        for number in sorted(bodies):
            yield from decode_texts(bodies[number])

    def forget_pages(self, document_id: str, reading_key: str) -> int:
        """Drop a document's pages, so that `--force` reads them again; says how many there were."""
        with self._database.transaction() as db:
            done = db.execute(
                "DELETE FROM pages WHERE document_id = ? AND reading_key = ?", (document_id, reading_key)
            )
            return done.rowcount
