"""Kill -9 `docai extract` at random instants and see that nothing is lost and nothing is done twice.

usage: python benchmarks/kill.py [FOLDER] [--schema S] [--kills 20] [--workers 2] [--seed 1]

A quiet run over FOLDER (default: fixtures/) says what the outcomes must be and how long they take. Then runs
on a fresh workspace are killed at random instants, one after the other on what the last one left, until one
reaches its end; then a fresh workspace again, until there were enough kills. At each end: the outcomes equal
the quiet run's, no page that was committed has been read again (so a kill repeats only pages in flight, of
which a pool has two a worker at most), the database is sound, and no process outlives its killed parent.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docai.workspace import open_workspace

TOP = Path(__file__).resolve().parents[1]
POLL_S = 0.02
LINGER_S = 20.0  # how long a worker may take to notice that its parent is gone

_LOG = """
CREATE TABLE read_log (document_id TEXT, reading_key TEXT, number INTEGER);
CREATE TRIGGER log_insert AFTER INSERT ON pages
  BEGIN INSERT INTO read_log VALUES (new.document_id, new.reading_key, new.number); END;
CREATE TRIGGER log_update AFTER UPDATE ON pages
  BEGIN INSERT INTO read_log VALUES (new.document_id, new.reading_key, new.number); END;
"""


@dataclass(frozen=True)
class Trial:
    """One command over one folder, on a workspace that logs every page it commits."""

    folder: Path
    workspace: Path
    schema: str | None = None
    workers: int = 2

    def prepare(self) -> None:
        """Make the workspace and its log (triggers, so that docai itself runs unchanged)."""
        self.workspace.mkdir(parents=True)
        with open_workspace(self.workspace):
            pass
        with closing(self._connect()) as db:
            db.executescript(_LOG)

    def start(self) -> subprocess.Popen[bytes]:
        """The command; its output goes to files beside the workspace."""
        command = [sys.executable, "-m", "docai.cli.main", "extract", str(self.folder), "--json", "--quiet"]
        command += ["--workspace", str(self.workspace), "--workers", str(self.workers)]
        command += ["--schema", self.schema] if self.schema else []
        with self.output.open("wb") as out, self.errors.open("wb") as errors:
            return subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)

    def run_to_end(self) -> dict[str, Any]:
        """Outcomes by (uri, position) after an undisturbed run; raises RuntimeError if it broke down."""
        code = self.start().wait()
        if code not in (0, 1):
            raise RuntimeError(f"docai extract ended with {code}: {self.errors.read_text()[-2000:]}")
        return read_outcomes(self.output)

    def run_until(self, stop: Callable[[], bool]) -> bool:
        """Run and kill -9 as soon as `stop` says so; False if the run ended first."""
        return kill_when(self.start(), stop)

    def count_pages(self) -> tuple[int, int]:
        """Pages that are committed, and how often a page was committed."""
        with closing(self._connect()) as db:
            pages = db.execute("SELECT count(*) FROM pages").fetchone()[0]
            commits = db.execute("SELECT count(*) FROM read_log").fetchone()[0]
        return int(pages), int(commits)

    def check_database(self) -> str:
        """`ok`, or what SQLite finds wrong."""
        with closing(self._connect()) as db:
            return str(db.execute("PRAGMA integrity_check").fetchone()[0])

    @property
    def output(self) -> Path:
        return self.workspace / "out.jsonl"

    @property
    def errors(self) -> Path:
        return self.workspace / "errors.txt"

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.workspace / ".docai" / "docai.db", timeout=30.0)


def read_outcomes(path: Path) -> dict[str, Any]:
    """What a run said of each document, its seconds aside. A uri said twice is an error."""
    found: dict[str, Any] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        row.pop("run", None)
        segment = row.get("segment") or {}
        key = f"{row['document']['uri']} {segment.get('first', 1)}"
        if key in found:
            raise RuntimeError(f"two outcomes for {key}")
        found[key] = row
    return found


def list_descendants(pid: int) -> list[int]:
    """Processes below one, itself left out (Linux: proc(5), task/tid/children)."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, path.read_text().split()):
                found += [child, *list_descendants(child)]
    return found


def kill_and_wait(process: subprocess.Popen[bytes]) -> None:
    """kill -9 the command alone; RuntimeError if one of its workers lives on."""
    handles = []
    for pid in list_descendants(process.pid):
        with suppress(ProcessLookupError):
            handles.append(os.pidfd_open(pid))
    process.kill()
    process.wait()
    try:
        for handle in handles:
            if not select.select([handle], [], [], LINGER_S)[0]:
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                raise RuntimeError(f"a worker outlived its killed parent by {LINGER_S:.0f} s")
    finally:
        for handle in handles:
            os.close(handle)


def kill_when(process: subprocess.Popen[bytes], stop: Callable[[], bool]) -> bool:
    """kill -9 a command as soon as `stop` says so; False if it ended first."""
    while True:
        try:
            process.wait(timeout=POLL_S)
            return False
        except subprocess.TimeoutExpired:
            if stop():
                kill_and_wait(process)
                return True


def check_end(trial: Trial, wanted: dict[str, Any], outcomes: dict[str, Any]) -> list[str]:
    """What is wrong after the run that reached its end; nothing, hopefully."""
    wrong = [f"lost: {key}" for key in wanted.keys() - outcomes.keys()]
    wrong += [f"more: {key}" for key in outcomes.keys() - wanted.keys()]
    wrong += [f"differs: {key}" for key in wanted.keys() & outcomes.keys() if wanted[key] != outcomes[key]]
    pages, commits = trial.count_pages()
    if commits != pages:
        wrong.append(f"{commits - pages} of {pages} committed pages were read again")
    if (state := trial.check_database()) != "ok":
        wrong.append(f"database: {state}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", nargs="?", type=Path, default=TOP / "fixtures")
    parser.add_argument("--schema")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    folder = options.folder.resolve()
    with tempfile.TemporaryDirectory(prefix="docai-kill-") as room:

        def fresh(name: str) -> Trial:
            trial = Trial(folder, Path(room) / name, options.schema, options.workers)
            trial.prepare()
            return trial

        quiet = fresh("quiet")
        started = time.monotonic()
        wanted = quiet.run_to_end()
        seconds = time.monotonic() - started
        pages = quiet.count_pages()[0]
        print(f"quiet run: {len(wanted)} outcomes, {pages} pages, {seconds:.1f} s")
        kills, ends, wrong = 0, 0, []
        trial = fresh("0")
        while kills < options.kills:
            end = time.monotonic() + chance.uniform(0.02, 0.6) * seconds
            if trial.run_until(lambda end=end: time.monotonic() >= end):  # type: ignore[misc]
                kills += 1
                print(f"kill {kills}: {trial.count_pages()[0]} pages kept", flush=True)
            else:
                wrong += check_end(trial, wanted, read_outcomes(trial.output))
                ends += 1
                trial = fresh(str(ends))
        wrong += check_end(trial, wanted, trial.run_to_end())
    print(
        "\n".join(wrong)
        or f"{kills} kills, {ends + 1} ends: every outcome as in the quiet run, no page read twice"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
