"""Documents on their way into the index: passages, then vectors in batches, and what an error costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from docai.batch.events import Event
from docai.batch.index_queue import IndexQueue, run_queue
from docai.errors import DocumentError, ServiceError
from docai.pages.isolation import InlinePool
from docai.types import Document, Page, SourceItem


class Ledger:
    def seen(self, item: SourceItem) -> str | None:
        return None

    def put_item(self, item: SourceItem, document_id: str) -> None:
        raise AssertionError("nothing is listed here")

    def put_document(self, document: Document) -> None:
        raise AssertionError("nothing is opened here")

    def get_document(self, document_id: str, uri: str) -> Document | None:
        return make_document(document_id) if document_id != "unknown" else None


class Kept:
    """Satisfies `Indexing`; documents have as many batches as their pages."""

    def __init__(self, ready: Sequence[str] = ()) -> None:
        self.ready = set(ready)
        self.passages: list[str] = []
        self.vectors: list[tuple[str, int]] = []
        self.finished: list[str] = []

    def has_document(self, document_id: str) -> bool:
        return document_id in self.ready

    def list_unread(self, document: Document, pages: Sequence[Page]) -> tuple[int, ...]:
        return (9,) if document.id == "gap" else ()

    def make_passages(self, document: Document, pages: Sequence[Page]) -> Any:
        return ("passages", document.id, len(pages))

    def keep_passages(self, document: Document, unread: Sequence[int], result: Any) -> Sequence[Any]:
        self.passages.append(document.id)
        return [(document.id, number) for number in range(result)]

    def make_vectors(self, batch: Any) -> Any:
        return ("vectors", *batch)

    def keep_vectors(self, batch: Any, result: Any) -> None:
        self.vectors.append(batch)

    def finish(self, document_id: str) -> None:
        self.finished.append(document_id)


def make_document(document_id: str) -> Document:
    return Document(document_id, f"{document_id}.pdf", "application/pdf", 1)


def load(count: int) -> list[Page]:
    return [Page("d", n, 1.0, 1.0, 1.0, 1.0, "native") for n in range(1, count + 1)]


def work(task: tuple[str, str, int]) -> Any:
    kind, document_id, number = task
    if document_id == "bad" and kind == "passages":
        raise DocumentError("crashed", "no passages")
    if document_id == "late" and kind == "vectors" and number == 1:
        raise DocumentError("memory", "too much")
    if document_id == "away" and kind == "vectors":
        raise ServiceError("connection-lost", "the server is gone")
    return number


@pytest.fixture
def events() -> list[Event]:
    return []


def run(kept: Kept, names: dict[str, int], events: list[Event]) -> IndexQueue:
    queue = IndexQueue(kept, Ledger(), events.append)
    for name, pages in names.items():
        queue.add(f"{name}.pdf", make_document(name), lambda pages=pages: load(pages))
    run_queue(queue, InlinePool(lambda: work))
    return queue


def test_every_document_gets_passages_and_all_its_vectors(events: list[Event]) -> None:
    kept = Kept()
    queue = run(kept, {"a": 3, "blank": 0, "gap": 1}, events)
    assert not queue
    assert kept.passages == ["a", "blank", "gap"]
    assert sorted(kept.vectors) == [("a", 0), ("a", 1), ("a", 2), ("gap", 0)]
    assert sorted(kept.finished) == ["a", "blank", "gap"]
    assert {event.uri: event.unread for event in events if event.kind == "indexed"} == {
        "a.pdf": (),
        "blank.pdf": (),
        "gap.pdf": (9,),
    }


def test_a_document_that_fails_costs_itself_alone(events: list[Event]) -> None:
    kept = Kept()
    queue = run(kept, {"bad": 1, "late": 5, "a": 2}, events)
    assert queue.error is None
    assert kept.finished == ["a"]
    assert [event.text for event in events if event.kind == "notice"] == [
        "not indexed: bad.pdf: no passages",
        "not indexed: late.pdf: too much",
    ]
    assert ("late", 4) not in kept.vectors, "what is left of it is not done for nothing"


def test_a_server_that_is_gone_ends_the_indexing_and_is_said_once(events: list[Event]) -> None:
    kept = Kept()
    queue = run(kept, {"a": 1, "away": 3, "b": 2, "c": 2}, events)
    assert isinstance(queue.error, ServiceError)
    assert "c" not in kept.finished
    assert len([event for event in events if event.kind == "notice"]) == 1
    queue.add("d.pdf", make_document("d"), lambda: load(1))
    assert not queue


def test_documents_known_from_before_are_indexed_once_and_only_if_they_are_not(events: list[Event]) -> None:
    kept = Kept(ready=["done"])
    queue = IndexQueue(kept, Ledger(), events.append)
    for document_id in ("done", "new", "new", "unknown", None):
        queue.add_known("x.pdf", document_id, lambda _: load(1))
    run_queue(queue, InlinePool(lambda: work))
    assert kept.finished == ["new"]


def test_without_an_index_nothing_is_lined_up(events: list[Event]) -> None:
    queue = IndexQueue(None, Ledger(), events.append)
    queue.add("a.pdf", make_document("a"), lambda: load(1))
    queue.add_known("b.pdf", "b", lambda _: load(1))
    assert not queue
    assert not queue.waiting
