"""A batch over scripted documents: every item one outcome, whatever happens on the way."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from batch_rig import RECIPE, BatchRig, ScriptedSource, write_document
from benchmark_modules import load_benchmark
from scripted_documents import ScriptedKeys

from docai.batch.store.layout import name_work
from docai.errors import DocumentError, ServiceError
from docai.types import Failure, Record

check_batch = load_benchmark("batch_check").check_batch


@pytest.fixture
def rig(tmp_path: Path) -> BatchRig:
    return BatchRig(ScriptedSource({}), tmp_path)


def fill(rig: BatchRig, count: int, pages: int = 1) -> None:
    """Documents of 1 to 3 times `pages` pages, no two alike."""
    for i in range(count):
        rig.source.objects[f"in/{i:04}.pdf"] = write_document(pages * (1 + i % 3), mark=str(i))


def check(rig: BatchRig) -> list[str]:
    return list(check_batch(rig.store, RECIPE, rig.source.items()))


def test_every_item_ends_in_one_outcome(rig: BatchRig) -> None:
    fill(rig, 60)
    outcomes = rig.run()
    assert check(rig) == []
    assert {o.document.uri for o in outcomes} == set(rig.source.objects)
    assert rig.tally.is_whole
    assert rig.tally.listed == 60
    assert list(rig.spool.iterdir()) == []


def test_a_second_run_fetches_nothing(rig: BatchRig) -> None:
    fill(rig, 20)
    rig.run()
    fetched, pages = rig.source.fetched, rig.worker.pages_read
    assert rig.run() == []
    assert (rig.source.fetched, rig.worker.pages_read) == (fetched, pages)
    assert rig.tally.is_whole
    assert rig.tally.unchanged.total() == 20


def test_keys_with_the_same_bytes_share_the_work_and_have_a_line_each(rig: BatchRig) -> None:
    data = write_document(3)
    rig.source.objects = {f"{name}.pdf": data for name in ("a", "b", "c", "d")}
    outcomes = rig.run()
    assert rig.worker.pages_read == 3
    assert sorted(o.document.uri for o in outcomes) == ["a.pdf", "b.pdf", "c.pdf", "d.pdf"]
    assert len(rig.keys_below("outcomes/")) == 1
    assert rig.tally.shared + rig.tally.found == 3
    assert check(rig) == []
    rig.source.objects["later.pdf"] = data
    rig.run()
    assert rig.worker.pages_read == 3
    assert check(rig) == []


def test_a_file_that_cannot_be_opened_is_a_failure_with_its_content(rig: BatchRig) -> None:
    rig.source.objects = {"bad.pdf": write_document(fails="damaged"), "good.pdf": write_document()}
    outcomes = {o.document.uri: o for o in rig.run()}
    bad = outcomes["bad.pdf"]
    assert isinstance(bad, Failure)
    assert bad.document.id is not None
    assert bad.error.code == "damaged"
    assert rig.tally.describe()["failed"] == {"damaged": 1}
    assert check(rig) == []
    opened = rig.worker.done["open", "bad.pdf", 0]
    rig.run()
    assert rig.worker.done["open", "bad.pdf", 0] == opened


def test_a_page_that_is_lost_leaves_an_incomplete_record(rig: BatchRig) -> None:
    rig.source.objects = {"a.pdf": write_document(3, lost=[2])}
    (record,) = rig.run()
    assert isinstance(record, Record)
    assert not record.complete
    assert rig.tally.count_state("incomplete") == 1
    assert not rig.tally.is_whole
    assert check(rig) == []


@pytest.mark.parametrize(("kind", "page"), [("open", 0), ("read", 1), ("extract", 0)])
def test_one_death_of_a_worker_costs_nothing_but_its_task(rig: BatchRig, kind: str, page: int) -> None:
    fill(rig, 5)
    rig.worker.deaths[kind, page] = 1
    rig.run()
    assert rig.tally.is_whole
    assert check(rig) == []
    assert len(rig.keys_below("attempts/")) == 1


def test_a_document_that_takes_its_worker_down_twice_is_set_aside(rig: BatchRig) -> None:
    rig.source.objects = {"a.pdf": write_document()}
    rig.worker.deaths["open", 0] = 9
    (failure,) = rig.run()
    assert isinstance(failure, Failure)
    assert failure.error.code == "crashed"
    assert rig.worker.done["open", "a.pdf", 0] == 2
    assert len(rig.keys_below("attempts/")) == 2


def test_deaths_are_counted_over_runs(rig: BatchRig) -> None:
    data = write_document()
    rig.source.objects = {"a.pdf": data}
    rig.worker.deaths["open", 0] = 9
    memory = rig.open_memory()
    name = name_work(rig.keys.outcome("sha256:" + hashlib.sha256(data).hexdigest()))
    memory.store.put(*memory.attempts.note(name, "open", DocumentError("crashed", "the worker ended")))
    rig.leave(memory)
    (failure,) = rig.run()
    assert isinstance(failure, Failure)
    assert rig.worker.done["open", "a.pdf", 0] == 1


def test_what_may_be_otherwise_the_next_time_is_no_outcome(rig: BatchRig) -> None:
    fill(rig, 6)
    rig.source.broken["in/0002.pdf"] = (ServiceError("store-throttled", "slow down"), 1)
    outcomes = rig.run()
    assert len(outcomes) == 5
    assert rig.tally.postponed == {"store-throttled": 1}
    assert not rig.tally.is_whole
    assert rig.tally.left == 0
    rig.run()
    assert rig.tally.is_whole
    assert check(rig) == []


def test_a_store_that_is_gone_ends_the_job_and_nothing_is_lost(rig: BatchRig) -> None:
    fill(rig, 40)
    away = ServiceError("store-unreachable", "does not answer")
    rig.source.broken = dict.fromkeys(list(rig.source.objects)[5:], (away, None))
    with pytest.raises(ServiceError):
        rig.run()
    rig.source.broken = {}
    rig.run()
    assert rig.tally.is_whole
    assert check(rig) == []


def test_an_object_that_is_gone_or_replaced_is_a_named_failure(rig: BatchRig) -> None:
    fill(rig, 3)
    rig.source.broken["in/0000.pdf"] = (DocumentError("gone", "was deleted", stage="sources"), None)
    rig.source.broken["in/0001.pdf"] = (DocumentError("changed", "was replaced", stage="sources"), None)
    rig.run()
    assert rig.tally.describe()["failed"] == {"gone": 1, "changed": 1}
    before = list(rig.source.items())
    del rig.source.objects["in/0000.pdf"]
    rig.source.objects["in/0001.pdf"] = write_document(2, mark="new")
    rig.source.broken = {}
    rig.run()
    assert rig.tally.is_whole
    assert check_batch(rig.store, RECIPE, rig.source.items(), also=before) == []


@pytest.mark.parametrize("after", [0, 1, 7, 29])
def test_a_run_that_ends_suddenly_repeats_only_what_was_in_flight(rig: BatchRig, after: int) -> None:
    fill(rig, 30, pages=2)
    total = sum(2 * (1 + i % 3) for i in range(30))
    memory = rig.open_memory()
    running = rig.start(memory)
    for _ in range(after):
        next(running)
    running.close()  # type: ignore[attr-defined]
    rig.leave(memory)
    rig.run()
    assert rig.tally.is_whole
    assert check(rig) == []
    # One worker, two tasks at once: these were under way, or done and on their way to the store.
    assert rig.worker.pages_read <= total + 2


def test_another_schema_makes_other_outcomes_beside_the_old_ones(rig: BatchRig) -> None:
    fill(rig, 4)
    rig.run()
    first = set(rig.keys_below("outcomes/"))
    rig.recipe, rig.keys = "fedcba9876543210", ScriptedKeys("another")
    rig.run()
    assert first < set(rig.keys_below("outcomes/"))
    assert len(rig.keys_below("outcomes/")) == 8


def test_retry_opens_failures_under_a_new_attempt(rig: BatchRig) -> None:
    fill(rig, 3)
    rig.source.objects["bad.pdf"] = rig.source.objects["twin.pdf"] = write_document(mark="bad")
    rig.source.objects["gaps.pdf"] = write_document(2, lost=[1])
    rig.worker.deaths["open", 0] = 0
    rig.source.broken["in/0001.pdf"] = (DocumentError("denied", "no right", stage="sources"), 1)
    rig.run()
    assert rig.tally.describe()["failed"] == {"denied": 1}
    assert [o.document.uri for o in rig.run(retry=True, codes=("other",))] == []
    assert [o.document.uri for o in rig.run(retry=True)] == ["in/0001.pdf"]
    assert check(rig) == []
    again = rig.run(retry=True, incomplete=True)
    assert [o.document.uri for o in again] == ["gaps.pdf"]
    assert any(key.endswith(".1.json") for key in rig.keys_below("outcomes/"))
    assert check(rig) == []
    rig.run()
    assert rig.tally.count_state("record") == 5
    assert rig.tally.count_state("incomplete") == 1
