"""The listing in chunks, and who gets which; several jobs over one listing at once."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from batch_rig import RECIPE, BatchRig, ScriptedSource, ScriptedWorker, write_document
from benchmark_modules import load_benchmark

from docai.batch.chunks import MOST_ITEMS, Feed, cut_chunks
from docai.batch.side import SidePool, SideTask
from docai.batch.store.known import KnownItems, Standing
from docai.batch.store.layout import digest_item
from docai.errors import ServiceError
from docai.pages.isolation import InlinePool
from docai.types import SourceItem


def make_items(count: int) -> list[SourceItem]:
    return [SourceItem(f"in/{i:05}.pdf", i, "v") for i in range(count)]


def test_chunks_are_the_listing_and_are_small() -> None:
    items = make_items(5000)
    chunks = list(cut_chunks(items))
    assert [item for chunk in chunks for item in chunk.items] == items
    assert max(len(chunk.items) for chunk in chunks) <= MOST_ITEMS
    assert 8 < 5000 / len(chunks) < 32
    assert len({chunk.id for chunk in chunks}) == len(chunks)


def test_a_key_more_or_less_moves_no_border_but_its_own_chunks() -> None:
    items = make_items(3000)
    before = {chunk.id for chunk in cut_chunks(items)}
    for changed in (
        items[:1500] + items[1501:],
        [*items[:700], SourceItem("in/00699a.pdf", 1, "v"), *items[700:]],
    ):
        assert len({chunk.id for chunk in cut_chunks(changed)} ^ before) <= 8


class Table:
    """Claims in memory, of `mine` and of others."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.mine: set[str] = set()

    def take(self, chunk: str) -> bool:
        if chunk in self.taken:
            return False
        self.mine.add(chunk)
        return True


def test_what_is_done_is_not_given_out_and_what_others_have_is_waited_for() -> None:
    items = make_items(400)
    known = KnownItems()
    for item in items[:100]:
        known.add(digest_item(item), Standing("record"))
    chunks = list(cut_chunks(items))
    theirs = [chunk for chunk in chunks if chunk.items[0] in items[200:300]]
    table = Table({chunk.id for chunk in theirs})
    done_by_them = [item for chunk in theirs[:-1] for item in chunk.items]

    def refresh() -> None:
        """The others finish all of theirs but the last chunk, and die over that."""
        for item in done_by_them:
            known.add(digest_item(item), Standing("record"))
        table.taken.clear()

    feed = Feed(items, known, table, refresh=refresh, others=lambda: True)
    given: list[SourceItem] = []
    while (batch := feed.next()) is not None:
        given += batch
    assert set(given) == set(items[100:]) - set(done_by_them)
    assert len(given) == len(set(given))
    assert feed.listed == 400
    assert feed.unchanged.total() == 100 + len(done_by_them)


def test_a_feed_that_waits_for_others_can_be_stopped() -> None:
    items = make_items(40)
    table = Table({chunk.id for chunk in cut_chunks(items)})
    feed = Feed(items, KnownItems(), table, refresh=lambda: None, others=lambda: True)
    feed.stop()
    assert feed.next() is None


def test_two_jobs_at_once_are_exact_and_hardly_do_anything_twice(tmp_path: Path) -> None:
    rng = random.Random(3)
    objects = {f"in/{i:04}.pdf": write_document(1 + i % 2, mark=str(i)) for i in range(270)}
    for i in range(30):
        objects[f"in/{rng.randrange(300):04} double.pdf"] = objects[f"in/{i * 7:04}.pdf"]
    rigs: list[BatchRig] = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        rigs.append(BatchRig(ScriptedSource(objects), tmp_path / name, worker=ScriptedWorker(), gone=False))
    rigs[1].store = rigs[0].store
    threads = [threading.Thread(target=rig.run) for rig in rigs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    listing = list(rigs[0].source.items())
    assert load_benchmark("batch_check").check_batch(rigs[0].store, RECIPE, listing) == []
    assert all(rig.tally.is_whole for rig in rigs)
    total = sum(1 + i % 2 for i in range(270))
    assert sum(rig.worker.pages_read for rig in rigs) <= total * 1.02


def test_side_work_comes_back_among_the_workers_own() -> None:
    with SidePool(InlinePool(lambda: str.upper), threads=2) as pool:
        tickets = [pool.submit("a"), pool.submit(SideTask(lambda: "aside")), pool.submit("b")]
        found = dict(pool.wait())
        while len(found) < 3:
            found.update(pool.wait())
        assert [found[ticket] for ticket in tickets] == ["A", "aside", "B"]
        assert pool.wait() == []


def test_an_error_of_docais_own_is_a_result_and_any_other_ends_the_job() -> None:
    def fail(error: Exception) -> None:
        raise error

    with SidePool(InlinePool(lambda: str.upper), threads=2) as pool:
        pool.submit(SideTask(lambda: fail(ServiceError("store-failed", "away"))))
        ((_, result),) = pool.wait()
        assert isinstance(result, ServiceError)
        pool.submit(SideTask(lambda: fail(OSError("disk"))))
        with pytest.raises(OSError, match="disk"):
            pool.wait()
