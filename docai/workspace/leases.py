"""Who reads which document, so that two processes on one workspace do not do the same work at once."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from docai.workspace.database import Database

STALE_AFTER_S = 600.0
"""A holder whose process cannot be looked up from here (another container) is gone after this silence."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process. `boot` tells boots and containers apart, `started` two processes that had the same pid."""

    host: str
    boot: str
    pid: int
    started: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


class Leases:
    """Leases of this process. All end with it: a dead holder's are taken over."""

    def __init__(
        self, database: Database, *, me: Holder | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._me = me or current_process()
        self._clock = clock

    def lease(self, document_id: str) -> bool:
        """Take a document, or say that a living process has it. Taking one's own again is no error."""
        me, beat_s = self._me, self._clock()
        with self._database.transaction() as db:
            row = db.execute("SELECT * FROM leases WHERE document_id = ?", (document_id,)).fetchone()
            if row is not None:
                holder = Holder(row["host"], row["boot"], row["pid"], row["started"])
                if holder != me and is_alive(holder, me, beat_s - row["beat_s"]):
                    return False
            db.execute(
                "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?)",
                (document_id, me.host, me.boot, me.pid, me.started, beat_s),
            )
        return True

    def holder(self, document_id: str) -> Holder | None:
        """The living process that has a document, this one included."""
        for row in self._database.select("SELECT * FROM leases WHERE document_id = ?", (document_id,)):
            holder = Holder(row["host"], row["boot"], row["pid"], row["started"])
            if holder == self._me or is_alive(holder, self._me, self._clock() - row["beat_s"]):
                return holder
        return None

    def beat(self) -> None:
        """Say that this process lives: now and then, for the eyes of other containers."""
        me = self._me
        with self._database.transaction() as db:
            db.execute(
                "UPDATE leases SET beat_s = ? WHERE host = ? AND boot = ? AND pid = ? AND started = ?",
                (self._clock(), me.host, me.boot, me.pid, me.started),
            )

    def release(self, document_id: str | None = None) -> None:
        """Give one document back, or all that this process has."""
        me = self._me
        with self._database.transaction() as db:
            db.execute(
                "DELETE FROM leases WHERE host = ? AND boot = ? AND pid = ? AND started = ? "
                "AND (? IS NULL OR document_id = ?)",
                (me.host, me.boot, me.pid, me.started, document_id, document_id),
            )


def current_process() -> Holder:
    pid = os.getpid()
    return Holder(socket.gethostname(), _boot(), pid, _started(pid))


def is_alive(holder: Holder, me: Holder, silent_s: float) -> bool:
    """Whether a process lives, as far as `me` can know: on its own machine for sure, else by its silence."""
    # On Windows, `os.kill(pid, 0)` does not ask: it sends Ctrl-C.
    if (holder.host, holder.boot) != (me.host, me.boot) or sys.platform == "win32":
        return silent_s < STALE_AFTER_S
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _started(holder.pid) == holder.started


def _boot() -> str:
    """This boot and this pid namespace; empty where the system does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot (proc(5), field 22); empty where unknown."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
