"""A batch that fills an index: what has its outcome is in it, whatever happens on the way."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from batch_rig import RECIPE, BatchRig, ScriptedSource, ScriptedWorker, write_document
from benchmark_modules import load_benchmark

from docai.batch.publishing import PublishingJob
from docai.errors import DocumentError, ServiceError
from docai.types import Document, Page, Record

check_batch = load_benchmark("batch_check").check_batch


class IndexingWorker(ScriptedWorker):
    """Gives a passage a page, and a number for each passage in place of its vector."""

    def passages(self, document_id: str, pages: tuple[Page, ...]) -> list[str]:
        self._do("passages", document_id, 0)
        return [f"page {page.number}" for page in pages]

    def vectors(self, document_id: str, passages: tuple[str, ...]) -> list[int]:
        self._do("vectors", document_id, 0)
        return [int(passage.split()[1]) for passage in passages]


@dataclass
class ScriptedPublisher:
    """Keeps what is published, and whether the outcome was there before. `broken`: an error to come."""

    held: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    published: Counter[str] = field(default_factory=Counter)
    broken: ServiceError | None = None
    _document: str = ""

    def make_passages(self, document: Document, pages: Sequence[Page]) -> Any:
        self._document = document.id
        return ("passages", document.id, tuple(pages))

    def make_vectors(self, passages: Sequence[Any]) -> Sequence[Any]:
        return [("vectors", self._document, tuple(passages[i : i + 2])) for i in range(0, len(passages), 2)]

    def publish(self, document_id: str, passages: Sequence[Any], vectors: Sequence[Any]) -> None:
        if self.broken:
            raise self.broken
        numbers = [number for batch in vectors for number in batch]
        self.published[document_id] += 1
        self.held[document_id] = list(zip(passages, numbers, strict=True))


@pytest.fixture
def publisher() -> ScriptedPublisher:
    return ScriptedPublisher()


@pytest.fixture
def rig(tmp_path: Path, publisher: ScriptedPublisher) -> BatchRig:
    objects = {f"in/{i}.pdf": write_document(1 + i, mark=str(i)) for i in range(6)}
    objects["in/twin.pdf"] = objects["in/3.pdf"]
    objects["in/bad.pdf"] = write_document(fails="damaged")
    rig = BatchRig(ScriptedSource(objects), tmp_path, worker=IndexingWorker())
    rig.make_job = partial(PublishingJob, publisher)
    return rig


def name(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def check(rig: BatchRig, publisher: ScriptedPublisher) -> None:
    """Every listed item has its outcome, and the index holds all pages of all documents with a record."""
    assert check_batch(rig.store, RECIPE, rig.source.items()) == []
    wanted = {name(data): 1 + i for i in range(6) for data in [rig.source.objects[f"in/{i}.pdf"]]}
    assert publisher.held == {
        document: [(f"page {n}", n) for n in range(1, count + 1)] for document, count in wanted.items()
    }


def test_each_document_is_published_once_and_before_its_outcome(
    rig: BatchRig, publisher: ScriptedPublisher
) -> None:
    rig.run()
    check(rig, publisher)
    assert set(publisher.published.values()) == {1}
    kinds = [(event.kind, event.stage) for event in rig.events if event.uri == "in/5.pdf"]
    assert kinds.index(("indexed", "")) < kinds.index(("stage", "write"))
    assert rig.run() == []
    assert set(publisher.published.values()) == {1}


def test_an_index_that_goes_away_ends_the_job_and_the_next_run_goes_on(
    rig: BatchRig, publisher: ScriptedPublisher
) -> None:
    publisher.broken = ServiceError("index-unreachable", "is away")
    with pytest.raises(ServiceError):
        rig.run()
    assert len(rig.keys_below("outcomes/")) <= 1  # that of the file which cannot be opened
    assert publisher.held == {}
    publisher.broken = None
    rig.run()
    check(rig, publisher)


@pytest.mark.parametrize("steps", [1, 3, 5])
def test_ended_suddenly_both_agree_after_the_next_run(
    rig: BatchRig, publisher: ScriptedPublisher, steps: int
) -> None:
    memory = rig.open_memory()
    running = rig.start(memory)
    for _ in range(steps):
        next(running)
    running.close()  # type: ignore[attr-defined]
    rig.leave(memory)
    rig.run()
    check(rig, publisher)


def test_a_worker_that_dies_while_it_indexes_is_tried_once_more(
    rig: BatchRig, publisher: ScriptedPublisher
) -> None:
    rig.worker.deaths["vectors", 0] = 1
    rig.run()
    check(rig, publisher)
    assert rig.tally.deaths == 1


def test_what_cannot_be_indexed_has_its_record_and_says_so(
    rig: BatchRig, publisher: ScriptedPublisher
) -> None:
    rig.source.objects = {"in/0.pdf": write_document(2)}

    class Stubborn(IndexingWorker):
        def passages(self, document_id: str, pages: tuple[Page, ...]) -> list[str]:
            raise DocumentError("internal", "no passages", document=document_id, stage="index")

    rig.worker = Stubborn()
    [record] = rig.run()
    assert isinstance(record, Record)
    assert [(issue.stage, issue.code) for issue in record.issues] == [("index", "not-indexed")]
    assert publisher.held == {}
    assert check_batch(rig.store, RECIPE, rig.source.items()) == []
