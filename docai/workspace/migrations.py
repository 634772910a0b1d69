"""The tables, as steps that bring an older database to this version. Steps are only ever appended."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE documents (
      id TEXT PRIMARY KEY, media_type TEXT NOT NULL, page_count INTEGER NOT NULL
    ) WITHOUT ROWID;

    -- One row for each content that a uri has had; the row that is not retired is what it has now.
    CREATE TABLE items (
      uri TEXT NOT NULL, document_id TEXT NOT NULL, size INTEGER NOT NULL, version TEXT NOT NULL,
      first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, retired_at TEXT,
      PRIMARY KEY (uri, document_id)
    ) WITHOUT ROWID;
    CREATE INDEX items_by_document ON items (document_id);
    CREATE UNIQUE INDEX items_current ON items (uri) WHERE retired_at IS NULL;

    CREATE TABLE pages (
      id INTEGER PRIMARY KEY, document_id TEXT NOT NULL, reading_key TEXT NOT NULL, number INTEGER NOT NULL,
      body BLOB NOT NULL, UNIQUE (document_id, reading_key, number)
    );

    CREATE TABLE runs (
      id INTEGER PRIMARY KEY, command TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT, counts TEXT
    );

    -- replaced_at: the same work was done again (--force). superseded_at: the same document has been
    -- extracted since by another engine or an edited schema; the row still answers `get`.
    CREATE TABLE outcomes (
      id INTEGER PRIMARY KEY, key TEXT NOT NULL, document_id TEXT, schema_id TEXT, uri TEXT NOT NULL,
      run_id INTEGER, created_at TEXT NOT NULL, replaced_at TEXT, superseded_at TEXT
    );
    CREATE UNIQUE INDEX outcomes_current ON outcomes (key) WHERE replaced_at IS NULL;
    CREATE INDEX outcomes_by_document ON outcomes (document_id);
    CREATE TABLE records (
      id INTEGER PRIMARY KEY, outcome_id INTEGER NOT NULL REFERENCES outcomes (id), position INTEGER NOT NULL,
      body BLOB NOT NULL, UNIQUE (outcome_id, position)
    );

    CREATE TABLE corrections (
      id INTEGER PRIMARY KEY, document_id TEXT NOT NULL, schema_id TEXT NOT NULL, path TEXT NOT NULL,
      body TEXT NOT NULL, author TEXT, created_at TEXT NOT NULL
    );
    CREATE INDEX corrections_by_document ON corrections (document_id);

    CREATE TABLE leases (
      document_id TEXT PRIMARY KEY, host TEXT NOT NULL, boot TEXT NOT NULL, pid INTEGER NOT NULL,
      started TEXT NOT NULL, beat_s REAL NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE migrations (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL);
    """,
    """
    CREATE TABLE answers (
      id INTEGER PRIMARY KEY, document_id TEXT NOT NULL, asking_key TEXT NOT NULL, number INTEGER NOT NULL,
      body BLOB NOT NULL, UNIQUE (document_id, asking_key, number)
    );
    """,
    """
    -- unread: JSON list of page numbers. digest: of the passages, so that equal ones keep their revision.
    CREATE TABLE passage_sets (
      document_id TEXT PRIMARY KEY, revision INTEGER NOT NULL, digest TEXT NOT NULL, key TEXT NOT NULL,
      context TEXT NOT NULL, page_count INTEGER NOT NULL, unread TEXT NOT NULL, "count" INTEGER NOT NULL,
      created_at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE passages (
      id INTEGER PRIMARY KEY, document_id TEXT NOT NULL, ordinal INTEGER NOT NULL, passage_id TEXT NOT NULL,
      page INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, heading TEXT NOT NULL,
      in_context INTEGER NOT NULL, boxes BLOB NOT NULL, locator TEXT, UNIQUE (document_id, ordinal)
    );
    -- body: float16, one row of numbers a passage, from the ordinal "first" on.
    CREATE TABLE vectors (
      id INTEGER PRIMARY KEY, document_id TEXT NOT NULL, fingerprint TEXT NOT NULL, "first" INTEGER NOT NULL,
      "count" INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (document_id, fingerprint, "first")
    );
    -- What each index has taken over.
    CREATE TABLE published (
      target TEXT NOT NULL, document_id TEXT NOT NULL, revision INTEGER NOT NULL, fingerprint TEXT NOT NULL,
      PRIMARY KEY (target, document_id)
    ) WITHOUT ROWID;
    CREATE TABLE index_model (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL);
    -- Revisions are never given twice, even if the newest set is dropped.
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO counters VALUES ('revision', 0);
    """,
    """
    -- body: JSON Schema with its references resolved. The hash is of that content, not of its name.
    CREATE TABLE schemas (
      hash TEXT NOT NULL, schema_id TEXT NOT NULL, body TEXT NOT NULL, created_at TEXT NOT NULL,
      PRIMARY KEY (hash, schema_id)
    ) WITHOUT ROWID;
    """,
)
VERSION = len(STEPS)


def schema_version(connection: sqlite3.Connection) -> int:
    """The database's version: 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database to `VERSION` in one transaction; of two processes one does it."""
    if schema_version(connection) >= VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for version in range(schema_version(connection) + 1, VERSION + 1):
            for statement in _statements(STEPS[version - 1]):
                connection.execute(statement)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            connection.execute("INSERT INTO migrations VALUES (?, ?)", (version, now))
        connection.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _statements(script: str) -> list[str]:
    # Not `executescript`, which commits the transaction that it is called in.
    lines = [line for line in script.splitlines() if not line.strip().startswith("--")]
    return [s for s in "\n".join(lines).split(";") if s.strip()]
