"""Two processes on one workspace, and processes that are killed."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest

from docai.workspace import open_workspace
from docai.workspace.leases import STALE_AFTER_S, Holder, Leases, current_process

WRITER = Path(__file__).with_name("workspace_writer.py")
REPOSITORY = Path(__file__).resolve().parents[3]


class Writer:
    """A running `workspace_writer.py`, told and heard through pipes."""

    def __init__(self, root: Path, name: str, pages: int) -> None:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        self.process = subprocess.Popen(
            [sys.executable, str(WRITER), str(root), name, str(pages)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin: IO[str] = self.process.stdin
        self.stdout: IO[str] = self.process.stdout
        self.ready = self.stdout.readline().split()

    def go(self) -> None:
        self.stdin.write("go\n")
        self.stdin.flush()

    def lines(self) -> list[str]:
        """Everything that it says until its end."""
        lines = [line.strip() for line in self.stdout]
        self.process.wait()
        return lines

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def check_integrity(root: Path) -> None:
    with closing(sqlite3.connect(root / ".docai" / "docai.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_two_processes_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    writers = [Writer(tmp_path, name, 40) for name in ("left", "right")]
    for writer in writers:
        writer.go()
    said = [writer.lines() for writer in writers]
    assert [lines[-1] for lines in said] == ["done", "done"]
    with open_workspace(tmp_path) as workspace:
        for name, lines in zip(("left", "right"), said, strict=True):
            assert list(workspace.pages.get_pages(f"sha256:{name}", "r")) == list(range(1, 41))
            assert workspace.outcomes.exists(name)
            for number in range(1, 41):
                won = f"shared {number} True" in lines
                stored = workspace.outcomes.get(f"shared {number}")
                assert stored is not None
                assert (stored[0].document.id == f"sha256:{name}") == won
    check_integrity(tmp_path)


def test_two_processes_make_the_workspace_at_once(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, str(WRITER), str(tmp_path), name, "3"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        for name in ("a", "b", "c")
    ]
    said = [process.communicate("go\n")[0].splitlines()[-1] for process in started]
    assert said == ["done"] * 3
    assert sorted(p.name for p in (tmp_path / ".docai").iterdir()) == [".gitignore", "docai.db", "lock"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_process_loses_only_what_it_had_not_committed(tmp_path: Path, seed: int) -> None:
    writer = Writer(tmp_path, "victim", 400)
    writer.go()
    for _ in range(random.Random(seed).randrange(1, 60)):
        writer.stdout.readline()
    writer.kill()
    said = writer.lines()  # what it said between the last line read and its end
    with open_workspace(tmp_path) as workspace:
        kept = set(workspace.pages.get_pages("sha256:victim", "r"))
        assert kept == set(range(1, len(kept) + 1))
        assert {int(line.split()[1]) for line in said if line.startswith("page")} <= kept
        assert all(workspace.outcomes.exists(f"shared {n}") for n in range(1, len(kept)))
    check_integrity(tmp_path)
    again = Writer(tmp_path, "victim", len(kept) + 5)
    again.go()
    repeated = {int(line.split()[1]) for line in again.lines() if line.startswith("page")}
    assert repeated == set(range(len(kept) + 1, len(kept) + 6))
    with open_workspace(tmp_path) as workspace:
        assert len(workspace.pages.get_pages("sha256:victim", "r")) == len(kept) + 5


def test_a_lease_holds_while_its_process_lives(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "holder", 1)
    assert writer.ready == ["ready", "True"]
    with open_workspace(tmp_path) as workspace:
        assert not workspace.leases.lease("sha256:both")
        holder = workspace.leases.holder("sha256:both")
        assert holder is not None
        assert holder.pid == writer.process.pid
        assert str(writer.process.pid) in str(holder)
        assert workspace.leases.lease("sha256:another")
        writer.kill()
        writer.lines()
        assert workspace.leases.holder("sha256:both") is None
        assert workspace.leases.lease("sha256:both")


def test_a_process_gives_its_leases_back_at_its_end(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "holder", 1)
    writer.go()
    assert writer.lines()[-1] == "done"
    with open_workspace(tmp_path) as workspace:
        assert workspace.leases.lease("sha256:both")
        assert workspace.leases.lease("sha256:both")  # one's own again
        workspace.leases.release("sha256:both")
        assert workspace.leases.holder("sha256:both") is None


def test_a_holder_elsewhere_is_gone_when_it_has_been_silent_for_long(tmp_path: Path) -> None:
    now_s = 1000.0
    me = current_process()
    elsewhere = Holder("container", "another boot", 7, "99")
    with open_workspace(tmp_path) as workspace:
        database = workspace.leases._database
        theirs = Leases(database, me=elsewhere, clock=lambda: now_s)
        mine = Leases(database, me=me, clock=lambda: now_s)
        assert theirs.lease("d")
        now_s += STALE_AFTER_S - 1
        assert not mine.lease("d")
        theirs.beat()
        now_s += STALE_AFTER_S - 1
        assert not mine.lease("d")
        now_s += 2
        assert mine.lease("d")
        assert not theirs.lease("d")


def test_another_process_with_the_same_number_is_not_the_holder(tmp_path: Path) -> None:
    me = current_process()
    if not me.started:
        pytest.skip("this system does not say when a process started")
    earlier = Holder(me.host, me.boot, me.pid, "1")
    with open_workspace(tmp_path) as workspace:
        assert Leases(workspace.leases._database, me=earlier).lease("d")
        assert workspace.leases.lease("d")
