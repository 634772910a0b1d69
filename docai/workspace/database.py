"""One SQLite file in WAL mode: opened, checked, and its errors translated in this one place."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docai.errors import ConfigError, DocaiError
from docai.workspace.migrations import VERSION, migrate, schema_version

BUSY_TIMEOUT_S = 30.0
_STAGE = "workspace"


class Database:
    """A connection that threads of one process share; another process opens its own.

    Transactions are short and immediate, so that two processes wait for each other (up to
    `BUSY_TIMEOUT_S`) instead of failing.
    """

    def __init__(self, path: Path) -> None:
        """Open, or create with all tables. Raises ConfigError or DocaiError, stage `workspace`."""
        self.path = path
        self._lock = threading.RLock()
        self._pid = os.getpid()
        with translated(path):
            if not path.exists():
                _create(path)
            self._connection = _connect(path)
            try:
                _check_version(self._connection, path)
                migrate(self._connection)
            except BaseException:
                self._connection.close()
                raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is committed together, or nothing is."""
        with self._lock, translated(self.path):
            connection = self._owned()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk makes SQLite roll back by itself.
                with suppress(sqlite3.OperationalError):
                    connection.execute("ROLLBACK")
                raise

    def select(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """All rows of one query."""
        with self._lock, translated(self.path):
            return self._owned().execute(sql, parameters).fetchall()

    def close(self) -> None:
        if os.getpid() == self._pid:  # a forked child must not close its parent's file
            with self._lock, translated(self.path):
                self._connection.close()

    def _owned(self) -> sqlite3.Connection:
        if os.getpid() != self._pid:
            raise RuntimeError("a workspace does not cross a fork: open it in the child process")
        return self._connection


def now() -> str:
    """UTC, ISO 8601, to the millisecond, so that text order is time order."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.row_factory = sqlite3.Row
    try:
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != "wal":
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise ConfigError(
                "workspace-no-wal",
                f"{path.parent} lies on a file system without shared memory for SQLite's WAL",
                stage=_STAGE,
                hint="choose a folder on a local disk with --workspace DIR",
            )
        # NORMAL syncs at checkpoints only. A killed process loses nothing that was committed, because the
        # kernel has it. A power cut may lose the last commits (pages that are then read again, outcomes
        # that are then computed again), never the database's consistency. FULL would cost one fsync a page.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_size_limit = 16777216")
    except BaseException:
        connection.close()
        raise
    return connection


def _create(path: Path) -> None:
    """Make the database under another name and move it into place: switching to WAL needs the file for
    itself, and a process that comes at the same moment must see no half-made one."""
    draft = path.with_name(f"{path.name}.new")
    with _locked(path.with_name("lock")):
        if path.exists():
            return
        for name in (path, draft):
            # A journal without its database (someone removed that one) would be replayed into the new one.
            for suffix in ("", "-wal", "-shm"):
                name.with_name(name.name + suffix).unlink(missing_ok=True)
        connection = _connect(draft)
        try:
            migrate(connection)
        finally:
            connection.close()
        draft.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; the system takes the lock back from one that is killed."""
    with path.open("ab") as file:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version = schema_version(connection)
    if version > VERSION:
        raise ConfigError(
            "workspace-newer",
            f"{path} was written by a newer docai (tables of version {version}, this one knows {VERSION})",
            stage=_STAGE,
            hint="upgrade docai, or choose another folder with --workspace DIR",
        )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's and the system's errors as docai's own."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(error, path) from error
    except OSError as error:
        raise translate_os_error(error, path) from error


_READ_ONLY = "choose a writable folder with --workspace DIR"
_FULL = "free some space and run the same command again: what is committed stays"


def translate_os_error(error: OSError, path: Path) -> DocaiError:
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DocaiError("disk-full", f"no space left for {path}", stage=_STAGE, hint=_FULL)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ConfigError(
            "workspace-read-only",
            f"{path} cannot be written ({error.strerror})",
            stage=_STAGE,
            hint=_READ_ONLY,
        )
    return DocaiError("workspace-io", f"{path}: {error.strerror or error}", stage=_STAGE)


def _translate(error: sqlite3.Error, path: Path) -> DocaiError:
    # The low byte is the primary result code (https://www.sqlite.org/rescode.html).
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return DocaiError("disk-full", f"no space left for {path}", stage=_STAGE, hint=_FULL)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return ConfigError(
            "workspace-read-only", f"{path} cannot be written ({error})", stage=_STAGE, hint=_READ_ONLY
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return ConfigError(
            "workspace-damaged",
            f"{path} is damaged ({error})",
            stage=_STAGE,
            hint=f"move {path} and its -wal and -shm files away; docai then reads the documents again",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DocaiError(
            "workspace-busy",
            f"another process has kept {path} locked for {BUSY_TIMEOUT_S:.0f} s",
            stage=_STAGE,
            hint="wait until it has ended, or end it",
        )
    return DocaiError("workspace-io", f"{path}: {error}", stage=_STAGE)
