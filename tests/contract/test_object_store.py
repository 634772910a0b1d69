"""What every `ObjectStore` does. A new one subclasses `ObjectStoreContract` and makes itself in `store`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docai.protocols import ObjectStore
from docai.sources.objects import check_writable, open_store

if TYPE_CHECKING:
    from services.seaweed import Seaweed

KEYS = ("a.json", "a/b.json", "a/b/c.json", "a0/x", "b/ü ñ 文 %25+&#?.json", "outcomes/" + "f" * 64 + ".json")
_RIVALS = 12


class ObjectStoreContract:
    whole_order = True
    """False where a folder's objects come before an object whose name begins like the folder's."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        raise NotImplementedError

    def test_what_is_not_there_is_none(self, store: ObjectStore) -> None:
        assert store.get("a") is None
        assert store.get("a/b/c") is None
        assert list(store.list("")) == []
        assert list(store.list("a/")) == []

    def test_what_is_put_comes_back_and_is_replaced(self, store: ObjectStore) -> None:
        for key in KEYS:
            store.put(key, key.encode())
        assert [store.get(key) for key in KEYS] == [key.encode() for key in KEYS]
        store.put("a.json", b"")
        assert store.get("a.json") == b""

    def test_created_once(self, store: ObjectStore) -> None:
        assert store.create("x/1", b"first") is True
        assert store.create("x/1", b"second") is False
        assert store.get("x/1") == b"first"
        store.delete(["x/1"])
        assert store.create("x/1", b"third") is True

    def test_what_was_put_is_not_created(self, store: ObjectStore) -> None:
        store.put("x", b"first")
        assert store.create("x", b"first") is False

    def test_of_racing_writers_one_wins_and_its_bytes_stay(self, store: ObjectStore) -> None:
        for turn in range(5):
            bodies = [f"{turn} {n}".encode() * 2000 for n in range(_RIVALS)]
            with ThreadPoolExecutor(_RIVALS) as pool:
                won = list(pool.map(lambda body: store.create(f"race/{turn}", body), bodies))  # noqa: B023
            assert won.count(True) == 1
            assert store.get(f"race/{turn}") == bodies[won.index(True)]
        assert [o.key for o in store.list("race/")] == [f"race/{turn}" for turn in range(5)]

    def test_listing_is_sorted_by_key_below_a_prefix(self, store: ObjectStore) -> None:
        for key in reversed(KEYS):
            store.put(key, key.encode())
        listed = list(store.list(""))
        assert sorted(o.key for o in listed) == sorted(KEYS)
        if self.whole_order:
            assert [o.key for o in listed] == sorted(KEYS)
        assert [o.size for o in listed] == [len(o.key.encode()) for o in listed]
        assert sorted(o.key for o in store.list("a/")) == ["a/b.json", "a/b/c.json"]
        assert [o.key for o in store.list("a/b/")] == ["a/b/c.json"]

    def test_a_listing_of_several_pages(self, store: ObjectStore) -> None:
        keys = [f"many/{n:05}" for n in range(2300)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: store.put(key, b"1"), keys))
        assert [o.key for o in store.list("many/")] == keys
        store.delete(keys)
        assert list(store.list("many/")) == []

    def test_other_bytes_have_another_version(self, store: ObjectStore) -> None:
        store.put("x", b"one")
        (before,) = store.list("")
        store.put("x", b"three")
        (after,) = store.list("")
        assert before.version != after.version
        assert before.version

    def test_deleting(self, store: ObjectStore) -> None:
        for key in KEYS:
            store.put(key, b"x")
        store.delete([*KEYS[:2], "never/there"])
        assert sorted(o.key for o in store.list("")) == sorted(KEYS[2:])
        store.delete([])

    def test_large_objects(self, store: ObjectStore) -> None:
        data = bytes(range(256)) * (1 << 16)
        assert store.create("large", data)
        assert store.get("large") == data
        store.put("large", data + b"more")
        assert store.get("large") == data + b"more"

    def test_no_key_leads_outside(self, store: ObjectStore) -> None:
        for key in ("", "/a", "a//b", "../a", "a/../../b", "a/", "."):
            with pytest.raises(ValueError, match="no key"):
                store.put(key, b"x")
        with pytest.raises(ValueError, match="slash"):
            list(store.list("a"))

    def test_writable_and_nothing_left_behind(self, store: ObjectStore) -> None:
        check_writable(store)
        assert list(store.list("")) == []


class TestFolderStore(ObjectStoreContract):
    @pytest.fixture
    def store(self, memory_path: Path) -> ObjectStore:
        return open_store(str(memory_path / "made" / "by the first"))


@pytest.mark.service
class TestS3Store(ObjectStoreContract):
    whole_order = False

    @pytest.fixture
    def store(self, seaweed: Seaweed) -> ObjectStore:
        store = open_store(seaweed.make_bucket("whole"), seaweed.access())
        store.delete([o.key for o in store.list("")])
        return store


@pytest.mark.service
class TestS3StoreBelowAPrefix(ObjectStoreContract):
    whole_order = False

    @pytest.fixture
    def store(self, seaweed: Seaweed) -> Iterator[ObjectStore]:
        place = seaweed.make_place()
        beside = open_store(place, seaweed.access())
        beside.put("out/putative", b"another's")
        beside.put("out/put/of it.json", b"another's")
        yield open_store(f"{place}out/put/job 1/", seaweed.access())
        assert beside.get("out/putative") == b"another's"
