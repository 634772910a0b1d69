"""What a folder of objects owes beyond the contract: kills, faults of the disk, and foreign files."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.errors import ConfigError, DocaiError, ServiceError
from docai.sources.folder_store import FolderStore
from docai.sources.objects import check_writable

_MEMORY = Path("/dev/shm")
_WRITER = """
import sys
from pathlib import Path
from docai.sources.folder_store import FolderStore

store = FolderStore(Path(sys.argv[1]))
print("ready", flush=True)
for n in range(100_000):
    body = f"{n} ".encode() * 20_000
    (store.create if n % 2 else store.put)(f"folder {n % 7}/{n}", body)
    print(n, flush=True)
"""


@pytest.mark.parametrize("written", [0, 3, 20])
def test_a_writer_that_is_killed_leaves_whole_objects(memory_path: Path, written: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(memory_path / "s")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        said = [process.stdout.readline().strip() for _ in range(written + 1)]
    finally:
        process.kill()
    said += process.stdout.read().split()
    process.wait()
    store = FolderStore(memory_path / "s")
    found = {o.key: store.get(o.key) for o in store.list("")}
    for key, body in found.items():
        assert body == f"{key.partition('/')[2]} ".encode() * 20_000
    done = {f"folder {int(n) % 7}/{n}" for n in said if n.isdecimal()}
    assert done <= set(found)
    # What was in flight is no object, and does not stand in the way of it.
    following = len(done)
    key = f"folder {following % 7}/{following}"
    assert store.create(key, b"again") is (key not in found)


def test_unfinished_files_are_no_objects(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("a/b", b"1")
    (tmp_path / "a" / ".docai-unfinished-0").write_bytes(b"half")
    assert [o.key for o in store.list("")] == ["a/b"]
    with pytest.raises(ValueError, match="no key"):
        store.get("a/.docai-unfinished-0")


KEY = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)
    .map(lambda s: s[:40])
    .filter(lambda s: s not in (".", "..")),
    min_size=1,
    max_size=4,
).map("/".join)


@given(st.lists(KEY, max_size=6))
def test_listing_is_in_the_order_of_keys(keys: list[str]) -> None:
    folders = {key[:at] for key in keys for at, char in enumerate(key) if char == "/"}
    keys = sorted({key for key in keys if key not in folders})
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as room:
        store = FolderStore(Path(room))
        for key in keys:
            store.put(key, key.encode())
        assert [o.key for o in store.list("")] == keys
        assert [store.get(key) for key in keys] == [key.encode() for key in keys]
        store.delete(keys)
        assert not any(Path(room).iterdir())


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.ENOSPC, DocaiError, "disk-full"),
        (errno.EACCES, ConfigError, "store-denied"),
        (errno.EROFS, ConfigError, "store-denied"),
        (errno.EIO, ServiceError, "store-failed"),
    ],
)
def test_faults_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[DocaiError], code: str
) -> None:
    store = FolderStore(tmp_path)

    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    for write in (store.put, store.create):
        with pytest.raises(kind) as caught:
            write("a", b"1")
        assert caught.value.code == code
        assert str(tmp_path) in str(caught.value)
    monkeypatch.undo()
    assert list(store.list("")) == []
    assert not any(tmp_path.iterdir())


def test_a_disk_without_hard_links_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: object, target: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", fail)
    with pytest.raises(ConfigError) as caught:
        check_writable(FolderStore(tmp_path))
    assert caught.value.code == "store-no-conditions"
    assert not any(tmp_path.iterdir())


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError) as caught:
        check_writable(FolderStore(tmp_path / "file"))
    assert caught.value.code == "store-no-folder"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(ConfigError) as caught:
        check_writable(FolderStore(tmp_path / "closed"))
    assert caught.value.code == "store-denied"
