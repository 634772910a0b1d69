"""Many documents on this machine: what to do next, what is done, what is kept.

The job feeds a pool of workers with tasks (open a file, read a page, extract a document), keeps each page
in the ledger as soon as it is read, and yields outcomes in the order of the listing. It holds no words of
pages in memory: at extraction they come back from the ledger, so a long scan costs no more than a short one.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from docai.errors import DocaiError
from docai.types import (
    Document,
    ErrorInfo,
    FailedDocument,
    Failure,
    Outcome,
    Page,
    Record,
    SourceItem,
)

WINDOW_DOCUMENTS = 64
EXTRACTION_S_PER_PAGE = 2.0
"""What a page adds to the time that extraction may take: fifty times what it takes on an idle machine."""
POLL_S = 0.5
"""How often to look whether another process is done with a document that both were given."""


class TaskPool(Protocol):
    """Workers that do tasks; `wait` gives what is done, an error in place of a result."""

    workers: int

    def submit(self, task: Any, *, affinity: str | None = None, timeout_s: float | None = None) -> int: ...

    def wait(self) -> Sequence[tuple[int, Any]]: ...


class Items(Protocol):
    """Which bytes a uri holds."""

    def seen(self, item: SourceItem) -> str | None: ...

    def put_item(self, item: SourceItem, document_id: str) -> None: ...

    def put_document(self, document: Document) -> None: ...


class Pages(Protocol):
    """Pages that have been read; each is kept before the call returns."""

    def put_page(self, page: Page, reading_key: str) -> Page: ...

    def get_pages(self, document_id: str, reading_key: str) -> Mapping[int, Page]: ...


class Outcomes(Protocol):
    """Outcomes by key; `replace` keeps what was there as history."""

    def create(self, key: str, outcomes: Sequence[Outcome]) -> bool: ...

    def replace(self, key: str, outcomes: Sequence[Outcome]) -> None: ...

    def get(self, key: str, uri: str | None = None) -> Sequence[Outcome] | None: ...


class Leases(Protocol):
    """Who reads which document."""

    def lease(self, document_id: str) -> bool: ...

    def release(self, document_id: str) -> None: ...

    def holder(self, document_id: str) -> object | None: ...


class Stores(Protocol):
    """A workspace, as far as a job needs one."""

    @property
    def ledger(self) -> Items: ...

    @property
    def pages(self) -> Pages: ...

    @property
    def outcomes(self) -> Outcomes: ...

    @property
    def leases(self) -> Leases: ...


class Keys(Protocol):
    """The names of work: the same key means the same work."""

    @property
    def reading(self) -> str: ...

    def outcome(self, document_id: str) -> str: ...

    def failure(self, item: SourceItem) -> str: ...


class Steps(Protocol):
    """How tasks are made and what comes of them; `docai.pipeline` behind a seam."""

    def open(self, item: SourceItem, path: Path) -> Any: ...

    def read(self, item: SourceItem, path: Path, page: Page) -> Any: ...

    def extract(self, document: Document, pages: tuple[Page, ...]) -> Any: ...

    def failed_page(self, page: Page, error: DocaiError) -> Page: ...


@dataclass(frozen=True, slots=True)
class Event:
    """What a progress display needs. `done` outcomes carry themselves."""

    kind: Literal["opened", "page", "done", "elsewhere"]
    uri: str
    pages: int = 0
    outcomes: tuple[Outcome, ...] = ()
    cached: bool = False
    holder: str = ""


@dataclass(slots=True)
class _Work:
    """One listed item on its way to its outcomes."""

    item: SourceItem
    path: Path
    started: float = field(default_factory=time.monotonic)
    document: Document | None = None
    pages: tuple[Page, ...] = ()
    left: set[int] = field(default_factory=set)
    failed: dict[int, Page] = field(default_factory=dict)
    leased: bool = False
    outcomes: tuple[Outcome, ...] | None = None
    cached: bool = False


class LocalJob:
    """Runs listed items through a pool; `run` yields outcomes in listing order."""

    def __init__(
        self,
        pool: TaskPool,
        stores: Stores,
        steps: Steps,
        keys: Keys,
        *,
        force: bool = False,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> None:
        self._pool = pool
        self._stores = stores
        self._steps = steps
        self._keys = keys
        self._force = force
        self._on_event = on_event
        self._order: deque[_Work] = deque()
        self._opens: deque[_Work] = deque()
        self._reads: deque[tuple[_Work, Page]] = deque()
        self._extracts: deque[_Work] = deque()
        self._in_flight: dict[int, tuple[str, _Work, Page | None]] = {}
        self._twins: dict[str, list[_Work]] = {}
        self._elsewhere: list[_Work] = []
        self._looked_s = 0.0

    def run(self, items: Iterable[tuple[SourceItem, Path]]) -> Generator[Outcome, None, None]:
        """Work until every item has its outcomes. Leases are released however it ends."""
        listing = iter(items)
        try:
            more = True
            while more or self._order:
                more = more and self._admit(listing)
                self._submit()
                if self._in_flight:
                    for ticket, result in self._pool.wait():
                        self._take(*self._in_flight.pop(ticket), result)
                elif self._elsewhere:
                    time.sleep(POLL_S)
                self._look_elsewhere()
                yield from self._emit()
        finally:
            for work in self._order:
                self._release(work)

    def _admit(self, listing: Iterator[tuple[SourceItem, Path]]) -> bool:
        """Take items from the listing while there is room; False when it is at its end."""
        while len(self._order) < WINDOW_DOCUMENTS and len(self._opens) < 2 * self._pool.workers:
            try:
                item, path = next(listing)
            except StopIteration:
                return False
            work = _Work(item, path)
            self._order.append(work)
            known = None if self._force else self._stores.ledger.seen(item)
            if known is None or not self._reuse(work, known):
                self._opens.append(work)
        return True

    def _reuse(self, work: _Work, document_id: str) -> bool:
        """Whether a complete outcome of the same bytes is there; failures and gaps are tried again."""
        stored = self._stores.outcomes.get(self._keys.outcome(document_id), work.item.uri)
        if not stored or not all(isinstance(o, Record) and o.complete for o in stored):
            return False
        work.outcomes, work.cached = tuple(stored), True
        return True

    def _submit(self) -> None:
        """Keep two tasks a worker under way: finish documents first, then pages, then open more."""
        while len(self._in_flight) < 2 * self._pool.workers:
            if self._extracts:
                work = self._extracts.popleft()
                self._send("extract", work, None, self._extract_task(work))
            elif self._reads:
                work, page = self._reads.popleft()
                self._send("read", work, page, self._steps.read(work.item, work.path, page))
            elif self._opens:
                work = self._opens.popleft()
                self._send("open", work, None, self._steps.open(work.item, work.path))
            else:
                return

    def _send(self, kind: str, work: _Work, page: Page | None, task: Any) -> None:
        pages = len(work.pages) if kind == "extract" else 0
        ticket = self._pool.submit(
            task, affinity=work.item.uri, timeout_s=60.0 + pages * EXTRACTION_S_PER_PAGE if pages else None
        )
        self._in_flight[ticket] = (kind, work, page)

    def _extract_task(self, work: _Work) -> Any:
        assert work.document is not None
        read = self._stores.pages.get_pages(work.document.id, self._keys.reading)
        pages = tuple(work.failed.get(p.number) or read[p.number] for p in work.pages)
        return self._steps.extract(work.document, pages)

    def _take(self, kind: str, work: _Work, page: Page | None, result: Any) -> None:
        if kind == "read" and page is not None:
            self._take_page(work, page, result)
        elif isinstance(result, DocaiError):
            self._finish(work, (describe_failure(result, work.item.uri, work.document),))
        elif kind == "open":
            self._take_opened(work, result.document, result.pages)
        else:
            elapsed = round(time.monotonic() - work.started, 3)
            self._finish(work, tuple(_time(record, elapsed) for record in result.records))

    def _take_opened(self, work: _Work, document: Document, pages: tuple[Page, ...]) -> None:
        work.document, work.pages = document, pages
        self._stores.ledger.put_item(work.item, document.id)
        self._stores.ledger.put_document(document)
        if document.id in self._twins:
            self._twins[document.id].append(work)
            return
        if not self._force and self._reuse(work, document.id):
            return
        self._twins[document.id] = []
        if self._stores.leases.lease(document.id):
            self._begin(work, document)
        else:
            holder = str(self._stores.leases.holder(document.id) or "another process")
            self._on_event(Event("elsewhere", work.item.uri, holder=holder))
            self._elsewhere.append(work)

    def _begin(self, work: _Work, document: Document) -> None:
        """The document is ours: read what is not kept yet."""
        work.leased = True
        self._on_event(Event("opened", work.item.uri, pages=len(work.pages)))
        done = {} if self._force else self._stores.pages.get_pages(document.id, self._keys.reading)
        todo = [page for page in work.pages if page.number not in done]
        for _ in range(len(work.pages) - len(todo)):
            self._on_event(Event("page", work.item.uri, cached=True))
        work.left = {page.number for page in todo}
        self._reads.extend((work, page) for page in todo)
        if not todo:
            self._extracts.append(work)

    def _look_elsewhere(self) -> None:
        """Take the outcomes of documents that another process has finished, and the work of dead ones."""
        if not self._elsewhere or time.monotonic() - self._looked_s < POLL_S:
            return
        self._looked_s = time.monotonic()
        for work in list(self._elsewhere):
            document = work.document
            assert document is not None
            if not self._force and self._reuse(work, document.id):
                self._share(work, work.outcomes or ())
            elif self._stores.leases.lease(document.id):
                self._begin(work, document)
            else:
                continue
            self._elsewhere.remove(work)

    def _take_page(self, work: _Work, page: Page, result: Any) -> None:
        if isinstance(result, DocaiError):
            work.failed[page.number] = self._steps.failed_page(page, result)
        else:
            self._stores.pages.put_page(result, self._keys.reading)
        self._on_event(Event("page", work.item.uri))
        work.left.discard(page.number)
        if not work.left:
            self._extracts.append(work)

    def _finish(self, work: _Work, outcomes: tuple[Outcome, ...]) -> None:
        """Keep the outcomes; another process may have been first, then its outcome counts."""
        if work.document is None:
            self._stores.outcomes.replace(self._keys.failure(work.item), outcomes)
            work.outcomes = outcomes
            return
        key = self._keys.outcome(work.document.id)
        if self._force or not self._stores.outcomes.create(key, outcomes):
            stored = None if self._force else self._stores.outcomes.get(key, work.item.uri)
            if stored and all(isinstance(o, Record) and o.complete for o in stored):
                outcomes = tuple(stored)
            else:
                self._stores.outcomes.replace(key, outcomes)
        work.outcomes = outcomes
        self._release(work)
        self._share(work, outcomes)

    def _share(self, work: _Work, outcomes: tuple[Outcome, ...]) -> None:
        """Give a document's outcomes to the items with the same bytes."""
        assert work.document is not None
        for twin in self._twins.pop(work.document.id, []):
            twin.outcomes = tuple(_rename(o, twin.item.uri) for o in outcomes)
            twin.cached = True

    def _release(self, work: _Work) -> None:
        if work.leased and work.document:
            self._stores.leases.release(work.document.id)
            work.leased = False

    def _emit(self) -> Iterator[Outcome]:
        while self._order and self._order[0].outcomes is not None:
            work = self._order.popleft()
            outcomes = work.outcomes or ()
            self._on_event(Event("done", work.item.uri, outcomes=outcomes, cached=work.cached))
            yield from outcomes


def describe_failure(error: DocaiError, uri: str, document: Document | None = None) -> Failure:
    """A document's end without a record, as a line of the output."""
    return Failure(
        document=FailedDocument(id=document.id if document else None, uri=uri),
        error=ErrorInfo(
            code=error.code, message=error.message, stage=error.stage, page=error.page, hint=error.hint
        ),
    )


def _rename(outcome: Outcome, uri: str) -> Outcome:
    """The same outcome under another name of the same bytes."""
    if isinstance(outcome, Record):
        return outcome.model_copy(update={"document": outcome.document.model_copy(update={"uri": uri})})
    return outcome.model_copy(update={"document": FailedDocument(id=outcome.document.id, uri=uri)})


def _time(record: Record, seconds: float) -> Record:
    """The record with the seconds from opening the file to its record."""
    return record.model_copy(update={"run": record.run.model_copy(update={"seconds": seconds})})
