"""Which passages an index has taken over: the difference to what documents have now is what it lacks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from docai.workspace.database import Database
from docai.workspace.passages import COMPLETE, CURRENT


@dataclass(frozen=True, slots=True)
class Backlog:
    """What an index must do to hold what the files hold now. `replace`: (document, revision)."""

    replace: tuple[tuple[str, int], ...]
    remove: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.replace or self.remove)


@dataclass(frozen=True, slots=True)
class IndexModel:
    """The model that vectors are made with. `choice`: how the user named it (`minilm`, a folder, an
    address)."""

    name: str
    fingerprint: str
    dimension: int
    choice: str


class PublicationStore:
    """Revisions by index (`target`: `embedded`, or a server's address) and the model that goes with them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_backlog(self, target: str, fingerprint: str) -> Backlog:
        """Documents with all their vectors whose passages the index has not published, and documents that it
        has while no file holds them any more."""
        wanted = self._database.select(
            f"SELECT c.document_id, c.revision FROM ({COMPLETE}) c WHERE c.document_id IN ({CURRENT}) "
            "AND NOT EXISTS (SELECT 1 FROM published p WHERE p.target = ? AND p.fingerprint = ? "
            "AND p.document_id = c.document_id AND p.revision = c.revision) ORDER BY c.revision",
            (fingerprint, target, fingerprint),
        )
        gone = self._database.select(
            f"SELECT document_id FROM published WHERE target = ? AND (document_id NOT IN ({CURRENT}) "
            "OR document_id NOT IN (SELECT document_id FROM passage_sets)) ORDER BY document_id",
            (target,),
        )
        return Backlog(
            tuple((row["document_id"], row["revision"]) for row in wanted),
            tuple(row["document_id"] for row in gone),
        )

    def list_published(self, target: str) -> dict[str, int]:
        """Revisions by document, as the index last told."""
        rows = self._database.select(
            "SELECT document_id, revision FROM published WHERE target = ?", (target,)
        )
        return {row["document_id"]: row["revision"] for row in rows}

    def note_published(
        self, target: str, fingerprint: str, replaced: Iterable[tuple[str, int]], removed: Iterable[str]
    ) -> None:
        """Note what an index has published, after it has."""
        with self._database.transaction() as db:
            db.executemany(
                "DELETE FROM published WHERE target = ? AND document_id = ?",
                [(target, document_id) for document_id in removed],
            )
            db.executemany(
                "INSERT INTO published VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "revision = excluded.revision, fingerprint = excluded.fingerprint",
                [(target, document_id, revision, fingerprint) for document_id, revision in replaced],
            )

    def forget_target(self, target: str) -> None:
        """Nothing is known to stand in this index: all of it is to be written again."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM published WHERE target = ?", (target,))

    def get_model(self) -> IndexModel | None:
        """The model of this workspace's index; None before the first passage."""
        for row in self._database.select("SELECT body FROM index_model"):
            return IndexModel(**json.loads(row["body"]))
        return None

    def set_model(self, model: IndexModel) -> None:
        body = json.dumps(
            {
                "name": model.name,
                "fingerprint": model.fingerprint,
                "dimension": model.dimension,
                "choice": model.choice,
            }
        )
        with self._database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO index_model VALUES (1, ?)", (body,))
