"""A workspace: the folder with `.docai/`, and the stores in its database."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from docai.errors import ConfigError, DocaiError
from docai.workspace.answers import AnswerStore
from docai.workspace.catalogue import Catalogue
from docai.workspace.database import Database, now, translated
from docai.workspace.leases import Leases
from docai.workspace.ledger import Ledger
from docai.workspace.mounts import network_filesystem
from docai.workspace.outcomes import SqliteOutcomeStore
from docai.workspace.pages import PageStore
from docai.workspace.passages import PassageStore
from docai.workspace.published import PublicationStore
from docai.workspace.schemas import SchemaStore

if TYPE_CHECKING:
    from docai.workspace.tables.queries import RecordQueries

FOLDER = ".docai"
DATABASE = "docai.db"


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One command. `counts` is what it said at its end; None for a run that was killed or still goes on."""

    id: int
    command: str
    started_at: str
    finished_at: str | None
    counts: dict[str, int] | None


class Workspace:
    """The stores of one workspace, over one connection. Close it, or use it as a context manager."""

    def __init__(self, root: Path, database: Database) -> None:
        self.root = root
        self.run_id: int | None = None
        self.ledger = Ledger(database)
        self.pages = PageStore(database)
        self.answers = AnswerStore(database)
        self.outcomes = SqliteOutcomeStore(database, lambda: self.run_id)
        self.leases = Leases(database)
        self.passages = PassageStore(database)
        self.catalogue = Catalogue(database)
        self.published = PublicationStore(database)
        self.schemas = SchemaStore(database)
        self._database = database

    @property
    def folder(self) -> Path:
        return self.root / FOLDER

    def open_queries(
        self, as_of: str | None = None, document_ids: frozenset[str] | None = None
    ) -> RecordQueries:
        """The records as tables, brought up to date, for SQL that only reads. `as_of`: ISO date; what speaks
        from a later day is left out. `document_ids`: only their records. Close what it returns."""
        from docai.workspace.tables.queries import RecordQueries

        return RecordQueries(self.refresh_tables(), as_of, document_ids)

    def refresh_tables(self) -> Path:
        """Bring the tables to what the records are: some milliseconds for each new one, and a little for all
        others if there is one. Returns their database."""
        from docai.workspace.tables.projection import DATABASE as TABLES
        from docai.workspace.tables.projection import Projection

        path = self.folder / TABLES
        Projection(
            path, self.outcomes.list_current, self.outcomes.load_records, self.pages.iterate_words
        ).refresh()
        return path

    def start_run(self, command: str) -> int:
        """Note a command that begins; outcomes written from now on carry its id."""
        with self._database.transaction() as db:
            cursor = db.execute("INSERT INTO runs (command, started_at) VALUES (?, ?)", (command, now()))
            self.run_id = int(cursor.lastrowid or 0)
        return self.run_id

    def finish_run(self, counts: Mapping[str, int]) -> None:
        """Note that the run that began last has ended. Raises ValueError if none has begun."""
        if self.run_id is None:
            raise ValueError("no run has begun")
        with self._database.transaction() as db:
            db.execute(
                "UPDATE runs SET finished_at = ?, counts = ? WHERE id = ?",
                (now(), json.dumps(dict(counts)), self.run_id),
            )

    def runs(self) -> list[StoredRun]:
        """All runs, oldest first."""
        rows = self._database.select(
            "SELECT id, command, started_at, finished_at, counts FROM runs ORDER BY id"
        )
        return [
            StoredRun(
                row["id"],
                row["command"],
                row["started_at"],
                row["finished_at"],
                json.loads(row["counts"]) if row["counts"] else None,
            )
            for row in rows
        ]

    def close(self) -> None:
        """Give the leases back and close the file."""
        with suppress(DocaiError):  # leases of a dead process end by themselves
            self.leases.release()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def find_workspace(start: Path) -> Path | None:
    """The nearest folder with a `.docai/` in it, from `start` upwards; None if there is none."""
    here = start.absolute()
    return next((folder for folder in (here, *here.parents) if (folder / FOLDER).is_dir()), None)


def open_workspace(
    path: Path,
    *,
    create: bool = True,
    filesystem: Callable[[Path], str | None] = network_filesystem,
) -> Workspace:
    """Open the workspace of a folder; with `create` make `.docai/` there if it is missing.

    `filesystem` names the network file system that a folder lies on, or gives None.
    Raises ConfigError: `workspace-missing`, `workspace-network`, `workspace-read-only`, `workspace-newer`,
    `workspace-damaged`, `workspace-no-wal`; DocaiError: `disk-full`, `workspace-busy`, `workspace-io`.
    """
    root = path.absolute()
    folder = root / FOLDER
    if not create and not (folder / DATABASE).exists():
        raise ConfigError(
            "workspace-missing",
            f"no workspace in {root}",
            stage="workspace",
            hint="run docai extract first, or name its folder with --workspace DIR",
        )
    _refuse_network(root, filesystem)
    if folder.exists() and not folder.is_dir():
        raise ConfigError("workspace-no-folder", f"{folder} is a file, not a folder", stage="workspace")
    with translated(folder):
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    _refuse_network(folder, filesystem)
    return Workspace(root, Database(folder / DATABASE))


def _refuse_network(folder: Path, filesystem: Callable[[Path], str | None]) -> None:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    kind = filesystem(existing)
    if kind:
        raise ConfigError(
            "workspace-network",
            f"{folder} lies on a network share ({kind}), where SQLite's WAL loses data",
            stage="workspace",
            hint="keep the workspace on a local disk with --workspace DIR; the documents may stay there",
        )
