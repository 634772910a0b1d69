"""A bucket behind a network that breaks: whatever is read and written is right."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from services.fault_proxy import Chances, FaultProxy
from services.seaweed import Seaweed

from docai.protocols import ObjectStore
from docai.sources.bucket import BucketSource
from docai.sources.objects import open_store
from docai.types import SourceItem

pytestmark = pytest.mark.service

CHANCES = Chances(errors=0.05, truncated=0.01, slow=0.02, slow_s=0.05, reordered=0.05)
SEEDS = (1, 2, 3)
_DOCUMENTS, _THREADS = 60, 6
_LARGE_BYTES = 40 << 20


@pytest.fixture(params=SEEDS)
def proxy(request: pytest.FixtureRequest, seaweed: Seaweed) -> Iterator[FaultProxy]:
    with FaultProxy(seaweed.endpoint_url, CHANCES, request.param) as proxy:
        yield proxy


def make_documents() -> dict[str, bytes]:
    rng = random.Random(5)
    return {f"d/{n:03}.pdf": rng.randbytes(rng.choice([1, 100, 5000, 200_000])) for n in range(_DOCUMENTS)}


def test_everything_is_written_once_and_read_whole(
    proxy: FaultProxy, seaweed: Seaweed, tmp_path: Path
) -> None:
    place = seaweed.make_place()
    shaky = open_store(place, seaweed.access(endpoint_url=proxy.url))
    documents = make_documents()
    with ThreadPoolExecutor(_THREADS) as pool:
        # Every writer alone: a reply that was lost must not make it a loser.
        assert all(pool.map(lambda pair: shaky.create(*pair), documents.items()))
        assert not any(pool.map(lambda key: shaky.create(key, b"another"), documents))
    source = BucketSource(place + "d/", seaweed.access(endpoint_url=proxy.url))
    items = list(source.items())
    with ThreadPoolExecutor(_THREADS) as pool:
        paths = list(pool.map(lambda item: source.fetch(item, tmp_path / Path(item.uri).name), items))
    assert {f"d/{path.name}": path.read_bytes() for path in paths} == documents
    steady = open_store(place, seaweed.access())
    assert {o.key: steady.get(o.key) for o in steady.list("d/")} == documents
    assert {key: shaky.get(key) for key in documents} == documents
    shaky.delete(list(documents))
    assert list(shaky.list("d/")) == []
    assert {"reset", "lost", "busy"} <= set(proxy.counts)


def test_of_racing_writers_one_is_told_so(proxy: FaultProxy, seaweed: Seaweed) -> None:
    place = seaweed.make_place()
    stores = [open_store(place, seaweed.access(endpoint_url=proxy.url)) for _ in range(_THREADS)]
    for turn in range(15):

        def race(pair: tuple[int, ObjectStore], key: str = f"race/{turn}") -> bool:
            return pair[1].create(key, str(pair[0]).encode())

        with ThreadPoolExecutor(_THREADS) as pool:
            won = list(pool.map(race, enumerate(stores)))
        assert won.count(True) == 1
        assert stores[0].get(f"race/{turn}") == str(won.index(True)).encode()


def test_a_large_object_comes_whole(seaweed: Seaweed, tmp_path: Path) -> None:
    place = seaweed.make_place()
    data = random.Random(9).randbytes(_LARGE_BYTES)
    open_store(place, seaweed.access()).put("large.pdf", data)
    with FaultProxy(seaweed.endpoint_url, Chances(errors=0.1, truncated=0.5), 3) as proxy:
        source = BucketSource(place, seaweed.access(endpoint_url=proxy.url))
        for _ in range(4):
            (item,) = source.items()
            path = source.fetch(item, tmp_path / "large.pdf")
            assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(data).digest()
    assert proxy.counts["truncated"] > 2


def test_of_a_cut_listing_nothing_is_lost(seaweed: Seaweed) -> None:
    place = seaweed.make_place()
    store = open_store(place, seaweed.access())
    keys = [f"many/{n:05}.pdf" for n in range(2500)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: store.put(key, b"1"), keys))
    with FaultProxy(seaweed.endpoint_url, Chances(errors=0.4, truncated=0.4), 4) as proxy:
        source = BucketSource(place, seaweed.access(endpoint_url=proxy.url))
        listed: list[SourceItem] = list(source.items())
    assert [item.uri.removeprefix(place) for item in listed] == keys
    assert proxy.counts.total() > proxy.counts["whole"] >= 3
