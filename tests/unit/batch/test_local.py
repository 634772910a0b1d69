"""The local job over real stores and an inline pool: order, sharing, resumption, failures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from scripted_documents import ScriptedKeys, make_page, record_pages

from docai.batch.local import Event, LocalJob
from docai.batch.scheduling import describe_failure
from docai.errors import DocumentError
from docai.pages.isolation import InlinePool
from docai.pipeline import Extracted, ExtractTask, Opened, OpenTask, ReadTask
from docai.types import Document, Failure, Outcome, Page, Record, SourceItem
from docai.wiring.job import Steps
from docai.workspace import Workspace, open_workspace
from docai.workspace.leases import Leases, _started, current_process


@dataclass
class ScriptedFiles:
    """A worker whose files are scripted: uri -> (bytes' name, number of pages); it notes what it did."""

    files: dict[str, tuple[str, int]]
    broken_pages: set[tuple[str, int]] = field(default_factory=set)
    done: list[tuple[str, str, int]] = field(default_factory=list)

    def __call__(self, task: Any) -> Any:
        match task:
            case OpenTask(uri=uri):
                return self._open(uri)
            case ReadTask(uri=uri, page=page):
                return self._read(uri, page)
            case ExtractTask(document, pages):
                self.done.append(("extract", document.uri, 0))
                return Extracted((record_pages(document, pages),), (False,))

    def _open(self, uri: str) -> Opened:
        self.done.append(("open", uri, 0))
        if uri not in self.files:
            raise DocumentError("damaged", "cannot be opened", document=uri, stage="pages")
        name, count = self.files[uri]
        pages = tuple(make_page(name, n) for n in range(1, count + 1))
        return Opened(Document(name, uri, "application/pdf", count), pages)

    def _read(self, uri: str, page: Page) -> Page:
        self.done.append(("read", uri, page.number))
        if (uri, page.number) in self.broken_pages:
            raise DocumentError("crashed", "worker died", document=uri, page=page.number, stage="pages")
        return replace(page, reader="scripted")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(tmp_path) as workspace:
        yield workspace


def run_job(
    files: ScriptedFiles,
    stores: Workspace,
    uris: list[str],
    *,
    force: bool = False,
    events: list[Event] | None = None,
) -> list[Outcome]:
    items = [(SourceItem(uri, 10, "v1"), Path(uri)) for uri in uris]
    pool: InlinePool[Any, Any] = InlinePool(lambda: files)
    kept = events if events is not None else []
    job = LocalJob(pool, stores, Steps(), ScriptedKeys(), force=force, on_event=kept.append)
    return list(job.run(items))


def test_outcomes_come_in_the_order_of_the_listing(stores: Workspace) -> None:
    files = ScriptedFiles({"b.pdf": ("sha256:b", 9), "a.pdf": ("sha256:a", 1), "c.pdf": ("sha256:c", 2)})
    outcomes = run_job(files, stores, ["b.pdf", "a.pdf", "c.pdf"])
    assert [o.document.uri for o in outcomes] == ["b.pdf", "a.pdf", "c.pdf"]
    assert [o.values["pages"] for o in outcomes if isinstance(o, Record)] == [[*range(1, 10)], [1], [1, 2]]


def test_every_item_ends_in_one_outcome_also_when_some_fail(stores: Workspace) -> None:
    uris = [f"{i}.pdf" for i in range(200)]
    files = ScriptedFiles({uri: (f"sha256:{uri}", 1 + i % 3) for i, uri in enumerate(uris) if i % 7})
    outcomes = run_job(files, stores, uris)
    assert [o.document.uri for o in outcomes] == uris
    assert [isinstance(o, Failure) for o in outcomes] == [not i % 7 for i in range(200)]


def test_the_same_bytes_are_done_once_and_each_name_has_its_outcome(stores: Workspace) -> None:
    files = ScriptedFiles({"one.pdf": ("sha256:x", 3), "two.pdf": ("sha256:x", 3)})
    outcomes = run_job(files, stores, ["one.pdf", "two.pdf"])
    assert [o.document.uri for o in outcomes] == ["one.pdf", "two.pdf"]
    assert sum(kind == "read" for kind, _, _ in files.done) == 3
    assert {stored.outcome.document.uri for stored in stores.outcomes.records()} == {"one.pdf", "two.pdf"}


def test_a_second_run_does_nothing_again_and_force_does(stores: Workspace) -> None:
    files = ScriptedFiles({"a.pdf": ("sha256:a", 2)})
    first = run_job(files, stores, ["a.pdf"])
    done = len(files.done)
    assert run_job(files, stores, ["a.pdf"]) == first
    assert len(files.done) == done
    run_job(files, stores, ["a.pdf"], force=True)
    assert len(files.done) == 2 * done


def test_pages_that_were_kept_are_not_read_again(stores: Workspace) -> None:
    for number in (1, 3):
        stores.pages.put_page(replace(make_page("sha256:a", number), reader="scripted"), "r1")
    files = ScriptedFiles({"a.pdf": ("sha256:a", 4)})
    (outcome,) = run_job(files, stores, ["a.pdf"])
    assert isinstance(outcome, Record)
    assert outcome.complete
    assert [number for kind, _, number in files.done if kind == "read"] == [2, 4]


def test_a_broken_page_leaves_an_incomplete_record_that_is_tried_again(stores: Workspace) -> None:
    files = ScriptedFiles({"a.pdf": ("sha256:a", 3)}, broken_pages={("a.pdf", 2)})
    (outcome,) = run_job(files, stores, ["a.pdf"])
    assert isinstance(outcome, Record)
    assert not outcome.complete
    files.broken_pages.clear()
    files.done.clear()
    (again,) = run_job(files, stores, ["a.pdf"])
    assert isinstance(again, Record)
    assert again.complete
    assert [number for kind, _, number in files.done if kind == "read"] == [2]


def test_leases_are_given_back_when_the_consumer_stops(stores: Workspace) -> None:
    files = ScriptedFiles({f"{i}.pdf": (f"sha256:{i}", 2) for i in range(5)})
    items = [(SourceItem(f"{i}.pdf", 10, "v1"), Path(f"{i}.pdf")) for i in range(5)]
    pool: InlinePool[Any, Any] = InlinePool(lambda: files)
    run = LocalJob(pool, stores, Steps(), ScriptedKeys()).run(items)
    next(run)
    run.close()
    assert all(stores.leases.holder(f"sha256:{i}") is None for i in range(5))


def test_events_account_for_every_page(stores: Workspace) -> None:
    events: list[Event] = []
    files = ScriptedFiles({"a.pdf": ("sha256:a", 3), "b.pdf": ("sha256:b", 4)})
    run_job(files, stores, ["a.pdf", "b.pdf"], events=events)
    assert sum(e.pages for e in events if e.kind == "opened") == 7
    assert sum(e.kind == "page" for e in events) == 7
    assert [e.uri for e in events if e.kind == "done"] == ["a.pdf", "b.pdf"]


def test_a_failure_names_what_where_and_the_way_out() -> None:
    error = DocumentError(
        "password-needed", "is encrypted", document="a.pdf", stage="pages", hint="--password"
    )
    failure = describe_failure(error, "a.pdf")
    assert failure.error.code == "password-needed"
    assert failure.error.hint == "--password"
    assert failure.document.uri == "a.pdf"


def test_a_document_that_another_process_reads_is_waited_for(stores: Workspace, tmp_path: Path) -> None:
    other = open_workspace(tmp_path)
    other.leases = Leases(
        other._database, me=replace(current_process(), pid=os.getppid(), started=_started(os.getppid()))
    )
    assert other.leases.lease("sha256:a")
    document = Document("sha256:a", "a.pdf", "application/pdf", 2)
    theirs = record_pages(document, tuple(replace(make_page("sha256:a", n), reader="them") for n in (1, 2)))
    events: list[Event] = []

    class Finishing(list[Event]):
        """The other process ends when this one says that it waits."""

        def append(self, event: Event) -> None:
            events.append(event)
            if event.kind == "elsewhere":
                other.outcomes.create(ScriptedKeys().outcome("sha256:a"), [theirs])
                other.leases.release("sha256:a")

    files = ScriptedFiles({"a.pdf": ("sha256:a", 2)})
    (outcome,) = run_job(files, stores, ["a.pdf"], events=Finishing())
    other.close()
    assert outcome == theirs
    assert [kind for kind, _, _ in files.done] == ["open"]
    assert [e.kind for e in events] == ["elsewhere", "done"]
