"""The schemas that records were made with, by their hash: a user's own file may be edited or gone by now."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from docai.errors import ConfigError
from docai.schema import Schema, load_schema
from docai.workspace.database import Database, now


class SchemaStore:
    """Schemas as they were. What is kept once stays: records of any age find theirs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loaded: dict[tuple[str, str], Schema | None] = {}

    def put(self, schemas: Iterable[Schema]) -> None:
        """Keep what is not there yet."""
        rows = self._database.select("SELECT hash, schema_id FROM schemas")
        known = {(row["schema_id"], row["hash"]) for row in rows}
        new = [item for item in schemas if (item.id, item.hash) not in known]
        if not new:
            return
        at = now()
        with self._database.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO schemas VALUES (?, ?, ?, ?)",
                [(s.hash, s.id, json.dumps(s.definition, ensure_ascii=False), at) for s in new],
            )

    def get(self, schema_id: str, schema_hash: str) -> Schema | None:
        """The schema of that id and content; None where no run has kept it."""
        key = (schema_id, schema_hash)
        if key not in self._loaded:
            self._loaded[key] = self._load(schema_id, schema_hash)
        return self._loaded[key]

    def _load(self, schema_id: str, schema_hash: str) -> Schema | None:
        sql = "SELECT body FROM schemas WHERE hash = ? AND schema_id = ?"
        body = next((row["body"] for row in self._database.select(sql, (schema_hash, schema_id))), None)
        if body is None:
            return None
        try:
            loaded = load_schema(json.loads(body))
        except ConfigError:  # written by a docai that admitted what this one does not
            return None
        return replace(loaded, id=schema_id, hash=schema_hash)
