"""Finding, making and refusing a workspace; and what goes wrong on the disk below it."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path, PurePosixPath

import pytest
from workspace_samples import make_page, make_record

from docai.errors import ConfigError, DocaiError
from docai.workspace import find_workspace, open_workspace
from docai.workspace.database import Database
from docai.workspace.migrations import VERSION
from docai.workspace.mounts import filesystem_in, filesystem_in_listing, network_filesystem
from docai.workspace.outcomes import SqliteOutcomeStore
from docai.workspace.pages import PageStore

MOUNTINFO = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
31 22 0:28 / /home rw - ext4 /dev/vdb rw
40 31 0:50 / /home/my\\040docs rw,relatime shared:7 master:2 - nfs4 server:/export rw
41 31 0:51 / /home/my\\040docs/local rw - ext4 /dev/vdc rw
42 22 0:52 / /mnt/c rw - 9p drvfs rw
"""
MOUNT_LISTING = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
//me@nas/team docs on /Volumes/team docs (smbfs, nodev, nosuid, mounted by me)
"""


def test_the_nearest_workspace_upwards_is_found(tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer", tmp_path / "outer" / "inner"
    deep = inner / "a" / "b"
    deep.mkdir(parents=True)
    open_workspace(outer).close()
    assert find_workspace(deep) == outer
    open_workspace(inner).close()
    assert find_workspace(deep) == inner
    assert find_workspace(inner) == inner


def test_opening_makes_a_folder_that_version_control_leaves_alone(tmp_path: Path) -> None:
    with open_workspace(tmp_path / "new") as workspace:
        assert workspace.folder.is_dir()
    assert (tmp_path / "new" / ".docai" / ".gitignore").read_text() == "*\n"
    assert sorted(p.name for p in (tmp_path / "new" / ".docai").iterdir()) == [
        ".gitignore",
        "docai.db",
        "lock",
    ]


def test_without_create_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no workspace") as caught:
        open_workspace(tmp_path, create=False)
    assert caught.value.code == "workspace-missing"
    assert list(tmp_path.iterdir()) == []


def test_a_network_share_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"network share \(nfs4\)") as caught:
        open_workspace(tmp_path / "a", filesystem=lambda path: "nfs4")
    assert "--workspace" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me", "ext4"),
        ("/home/my docs", "nfs4"),
        ("/home/my docs/contracts", "nfs4"),
        ("/home/my docs/local/x", "ext4"),
        ("/home/my docs2", "ext4"),
        ("/mnt/c/Users", "9p"),
        ("/srv", None),
    ],
)
def test_the_innermost_mount_decides(path: str, kind: str | None) -> None:
    assert filesystem_in(MOUNTINFO, PurePosixPath(path)) == kind


def test_mounts_of_a_mac_are_understood() -> None:
    assert filesystem_in_listing(MOUNT_LISTING, PurePosixPath("/Volumes/team docs/x")) == "smbfs"
    assert filesystem_in_listing(MOUNT_LISTING, PurePosixPath("/Users/me")) is None


def test_the_folder_of_this_test_is_local(tmp_path: Path) -> None:
    assert network_filesystem(tmp_path) is None


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="needs Linux's /sys, where nobody may write")
def test_a_place_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        open_workspace(Path("/sys/kernel"))
    assert caught.value.code == "workspace-read-only"
    assert "--workspace" in str(caught.value)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".docai").write_text("mine")
    with pytest.raises(ConfigError, match="is a file"):
        open_workspace(tmp_path)
    assert (tmp_path / ".docai").read_text() == "mine"


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    open_workspace(tmp_path).close()
    file = tmp_path / ".docai" / "docai.db"
    with sqlite3.connect(file) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(ConfigError, match="newer docai") as caught:
        open_workspace(tmp_path)
    assert caught.value.code == "workspace-newer"
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == VERSION + 1
    connection.close()


def test_each_migration_is_noted(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.db")
    noted = [row["version"] for row in database.select("SELECT version FROM migrations")]
    assert noted == list(range(1, VERSION + 1))
    assert database.select("PRAGMA journal_mode")[0][0] == "wal"
    database.close()


def test_a_damaged_database_is_named_with_the_way_out(tmp_path: Path) -> None:
    open_workspace(tmp_path).close()
    file = tmp_path / ".docai" / "docai.db"
    file.write_bytes(b"this is no database " * 500)
    with pytest.raises(ConfigError, match="damaged") as caught:
        open_workspace(tmp_path)
    assert caught.value.code == "workspace-damaged"
    assert "move" in (caught.value.hint or "")


def test_a_journal_without_its_database_is_not_replayed(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path)
    workspace.outcomes.create("k", [make_record()])
    journal = tmp_path / ".docai" / "docai.db-wal"
    left = journal.read_bytes()
    workspace.close()
    (tmp_path / ".docai" / "docai.db").unlink()
    journal.write_bytes(left)
    with open_workspace(tmp_path) as again:
        assert not again.outcomes.exists("k")
        assert again.outcomes.create("k", [make_record()])


def test_a_full_disk_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.db")
    pages, outcomes = PageStore(database), SqliteOutcomeStore(database)
    pages.put_page(make_page(number=1), "r")
    outcomes.create("k", [make_record()])
    size = database.select("PRAGMA page_count")[0][0]
    with database.transaction() as connection:
        connection.execute(f"PRAGMA max_page_count = {size + 1}")  # SQLite's own full disk
    errors: list[DocaiError] = []
    number = 1
    while not errors and number < 500:
        try:
            pages.put_page(make_page(number=number + 1, words=400), "r")
            number += 1
        except DocaiError as error:
            errors.append(error)
    assert [(error.code, error.exit_code) for error in errors] == [("disk-full", 1)]
    with pytest.raises(DocaiError, match="no space left"):
        outcomes.create("big", [make_record(law=os.urandom(40_000).hex())])
    assert sorted(pages.get_pages("sha256:aa", "r")) == list(range(1, number + 1))
    assert outcomes.get("k") == (make_record(),)
    assert outcomes.get("big") is None
    with database.transaction() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    assert outcomes.create("big", [make_record(law="x" * 200)])
    database.close()


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    with open_workspace(tmp_path) as workspace:
        with pytest.raises(ValueError, match="at least"):
            workspace.outcomes.replace("k", [])
        assert not workspace.outcomes.exists("k")
        assert workspace.outcomes.create("k", [make_record()])


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_a_workspace_does_not_cross_a_fork(tmp_path: Path) -> None:
    with open_workspace(tmp_path) as workspace:
        child = os.fork()
        if child == 0:
            try:
                workspace.outcomes.exists("k")
            except RuntimeError:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert workspace.outcomes.create("k", [make_record()])
