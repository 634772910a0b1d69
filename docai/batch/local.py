"""Many documents on this machine: what to do next, what is done, what is kept.

The job feeds a pool of workers with tasks (open a file, read a page, ask a model about a page, extract a
document), keeps each page and each answer in the ledger at once, and yields outcomes in the order of the
listing. It holds no words of pages in memory: at extraction they come back from the ledger, so a long scan
costs no more than a short one.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docai.batch.events import Event as Event
from docai.batch.index_queue import IndexQueue, IndexStep
from docai.batch.seams import Indexing, Inquiries, Inquiry, Keys, Question, Steps, Stores, TaskPool
from docai.errors import DocaiError, DocumentError
from docai.types import (
    Document,
    ErrorInfo,
    FailedDocument,
    Failure,
    Outcome,
    Page,
    PageAnswer,
    Record,
    SourceItem,
    under_uri,
)

WINDOW_DOCUMENTS = 64
EXTRACTION_S_PER_PAGE = 2.0
"""What a page adds to the time that extraction may take: fifty times what it takes on an idle machine."""
POLL_S = 0.5
"""How often to look whether another process is done with a document that both were given."""


@dataclass(slots=True)
class Work:
    """One listed item on its way to its outcomes."""

    item: SourceItem
    path: Path
    started: float = field(default_factory=time.monotonic)
    document: Document | None = None
    pages: tuple[Page, ...] = ()
    left: set[int] = field(default_factory=set)
    failed: dict[int, Page] = field(default_factory=dict)
    inquiry: Inquiry | None = None
    asked: set[tuple[str, int]] = field(default_factory=set)
    followed: bool = False
    answered: dict[str, set[int]] = field(default_factory=dict)
    unanswered: list[PageAnswer] = field(default_factory=list)
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
        inquiries: Inquiries | None = None,
        indexing: Indexing | None = None,
        force: bool = False,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> None:
        self._pool = pool
        self._inquiries = inquiries
        self._stores = stores
        self._steps = steps
        self._keys = keys
        self._force = force
        self._on_event = on_event
        self._order: deque[Work] = deque()
        self._opens: deque[Work] = deque()
        self._reads: deque[tuple[Work, Page]] = deque()
        self._extracts: deque[Work] = deque()
        self._asks: deque[tuple[Work, Question]] = deque()
        self._asking = 0
        self._indexes = IndexQueue(indexing, stores.ledger, on_event)
        self._in_flight: dict[int, tuple[str, Work | IndexStep, Page | Question | None]] = {}
        self._twins: dict[str, list[Work]] = {}
        self._elsewhere: list[Work] = []
        self._looked_s = 0.0

    def run(self, items: Iterable[tuple[SourceItem, Path]]) -> Generator[Outcome, None, None]:
        """Work until every item has its outcomes. Leases are released however it ends."""
        listing = iter(items)
        try:
            more = True
            while more or self._order or self._indexes:
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

    @property
    def index_error(self) -> DocaiError | None:
        """What ended the indexing, while documents went on."""
        return self._indexes.error

    def has_work(self, items: Iterable[tuple[SourceItem, Path]]) -> bool:
        """Whether some item has no complete outcome yet, as far as a listing tells."""
        return self._force or any(
            (known := self._stores.ledger.seen(item)) is None or not self._reuse(Work(item, path), known)
            for item, path in items
        )

    def _admit(self, listing: Iterator[tuple[SourceItem, Path]]) -> bool:
        """Take items from the listing while there is room; False when it is at its end."""
        while len(self._order) < WINDOW_DOCUMENTS and len(self._opens) < 2 * self._pool.workers:
            try:
                item, path = next(listing)
            except StopIteration:
                return False
            work = Work(item, path)
            self._order.append(work)
            known = None if self._force else self._stores.ledger.seen(item)
            if known is None or not self._reuse(work, known):
                self._opens.append(work)
        return True

    def _reuse(self, work: Work, document_id: str) -> bool:
        """Whether a complete outcome of the same bytes is there; failures and gaps are tried again."""
        stored = self._stores.outcomes.get(self._keys.outcome(document_id), work.item.uri)
        if not stored or not _is_whole(stored):
            return False
        work.outcomes, work.cached = tuple(stored), True
        return True

    def _submit(self) -> None:
        """Keep two tasks a worker under way: finish documents first, then pages, then open more.

        Questions wait for a model and for no worker, so they have room of their own.
        """
        while self._asks and self._inquiries and self._asking < self._inquiries.room:
            work, question = self._asks.popleft()
            self._asking += 1
            self._send("ask", work, question, question.task)
        while len(self._in_flight) - self._asking < 2 * self._pool.workers:
            if self._extracts:
                work = self._extracts.popleft()
                self._send("extract", work, None, self._extract_task(work))
            elif self._reads:
                work, page = self._reads.popleft()
                self._send("read", work, page, self._steps.read(work.item, work.path, page))
            elif self._indexes.waiting:
                step = self._indexes.next()
                ticket = self._pool.submit(step.task, affinity=step.uri)
                self._in_flight[ticket] = ("index", step, None)
            elif self._opens:
                work = self._opens.popleft()
                self._send("open", work, None, self._steps.open(work.item, work.path))
            else:
                return

    def _send(self, kind: str, work: Work, page: Page | Question | None, task: Any) -> None:
        pages = len(work.pages) if kind == "extract" else 0
        ticket = self._pool.submit(
            task, affinity=work.item.uri, timeout_s=60.0 + pages * EXTRACTION_S_PER_PAGE if pages else None
        )
        self._in_flight[ticket] = (kind, work, page)

    def _extract_task(self, work: Work) -> Any:
        assert work.document is not None
        pages = tuple(self._load_pages(work, work.document))
        answers = self._collect_answers(work, work.document)
        follow = work.inquiry is not None and not work.followed
        return self._steps.extract(work.document, pages, answers, follow=follow)

    def _collect_answers(self, work: Work, document: Document) -> tuple[PageAnswer, ...]:
        answers = list(work.unanswered)
        for key, numbers in work.answered.items():
            stored = self._stores.answers.get_answers(document.id, key)
            answers += [stored[number] for number in sorted(numbers) if number in stored]
        return tuple(sorted(answers, key=lambda answer: (answer.page, answer.purpose)))

    def _take(self, kind: str, work: Work | IndexStep, page: Page | Question | None, result: Any) -> None:
        if isinstance(work, IndexStep):
            self._indexes.take(work, result)
        elif isinstance(page, Question):
            self._take_answer(work, page, result)
        elif page is not None:
            self._take_page(work, page, result)
        elif isinstance(result, DocaiError):
            self._finish(work, (describe_failure(result, work.item.uri, work.document),))
        elif kind == "open":
            self._take_opened(work, result.document, result.pages)
        elif work.inquiry is not None and not work.followed and result.wanted:
            work.followed = True
            self._line_up(work, work.inquiry.follow_up(result.wanted))
            self._extract_if_ready(work)
        else:
            elapsed = round(time.monotonic() - work.started, 3)
            self._finish(work, tuple(_time(record, elapsed) for record in result.records))

    def _take_opened(self, work: Work, document: Document, pages: tuple[Page, ...]) -> None:
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

    def _begin(self, work: Work, document: Document) -> None:
        """The document is ours: read what is not kept yet."""
        work.leased = True
        self._on_event(Event("opened", work.item.uri, pages=len(work.pages)))
        done = {} if self._force else self._kept_pages(document.id)
        todo = [page for page in work.pages if page.number not in done]
        work.left = {page.number for page in todo}
        if self._inquiries is not None:
            work.inquiry = self._inquiries.begin(
                work.item, work.path, document, lambda: self._load_pages(work, document)
            )
        for page in work.pages:
            if page.number in done:
                self._on_event(Event("page", work.item.uri, cached=True))
                self._ask_about(work, done[page.number])
        self._reads.extend((work, page) for page in todo)
        self._extract_if_ready(work)

    def _load_pages(self, work: Work, document: Document) -> list[Page]:
        read = self._kept_pages(document.id)
        return [work.failed.get(p.number) or read[p.number] for p in work.pages]

    def _kept_pages(self, document_id: str) -> Mapping[int, Page]:
        return self._stores.pages.get_pages(document_id, self._keys.reading)

    def _ask_about(self, work: Work, page: Page) -> None:
        """Line up the questions that wait for this page alone."""
        if work.inquiry is not None:
            self._line_up(work, work.inquiry.add(page))

    def _line_up(self, work: Work, questions: Sequence[Question]) -> None:
        """Ask what has no answer yet."""
        assert work.document is not None
        for question in questions:
            if question.key not in work.answered:
                known = self._stores.answers.list_answered(work.document.id, question.key)
                work.answered[question.key] = set() if self._force else known
            if question.number not in work.answered[question.key]:
                work.asked.add((question.key, question.number))
                self._asks.append((work, question))
                if not work.followed:
                    self._on_event(Event("asked", work.item.uri))

    def _extract_if_ready(self, work: Work) -> None:
        if not work.left and not work.asked:
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

    def _take_page(self, work: Work, page: Page, result: Any) -> None:
        if isinstance(result, DocaiError):
            result = work.failed[page.number] = self._steps.failed_page(page, result)
        else:
            result = self._stores.pages.put_page(result, self._keys.reading)
        self._on_event(Event("page", work.item.uri))
        work.left.discard(page.number)
        self._ask_about(work, result)
        self._extract_if_ready(work)

    def _take_answer(self, work: Work, question: Question, result: Any) -> None:
        """Keep an answer. Only a whole one is kept over runs; a server that is gone ends the job."""
        assert work.document is not None
        assert self._inquiries is not None
        self._asking -= 1
        if isinstance(result, DocaiError) and not isinstance(result, DocumentError):
            raise result
        if isinstance(result, DocaiError):
            result = self._inquiries.describe_failure(question.number, result)
        if result.complete:
            self._stores.answers.put_answer(work.document.id, result, question.key)
            work.answered[question.key].add(question.number)
        else:
            work.unanswered.append(result)
        if not work.followed:
            self._on_event(Event("answered", work.item.uri))
        work.asked.discard((question.key, question.number))
        self._extract_if_ready(work)

    def _finish(self, work: Work, outcomes: tuple[Outcome, ...]) -> None:
        """Keep the outcomes; another process may have been first, then its outcome counts."""
        if work.document is None:
            self._stores.outcomes.replace(self._keys.failure(work.item), outcomes)
            work.outcomes = outcomes
            return
        key = self._keys.outcome(work.document.id)
        if self._force or not self._stores.outcomes.create(key, outcomes):
            stored = None if self._force else self._stores.outcomes.get(key, work.item.uri)
            if stored and _is_whole(stored):
                outcomes = tuple(stored)
            else:
                self._stores.outcomes.replace(key, outcomes)
        work.outcomes = outcomes
        self._release(work)
        self._share(work, outcomes)

    def _share(self, work: Work, outcomes: tuple[Outcome, ...]) -> None:
        """Give a document's outcomes to the items with the same bytes."""
        assert work.document is not None
        for twin in self._twins.pop(work.document.id, []):
            twin.outcomes = tuple(under_uri(o, twin.item.uri) for o in outcomes)
            twin.cached = True

    def _release(self, work: Work) -> None:
        if work.leased and work.document:
            self._stores.leases.release(work.document.id)
            work.leased = False

    def _index(self, work: Work, outcomes: tuple[Outcome, ...]) -> None:
        """Line up what the document's outcomes do not need: its passages. Its pages lie in the ledger."""
        document, uri = work.document, work.item.uri
        if work.cached:
            known = next((o.document.id for o in outcomes), None)
            self._indexes.add_known(uri, known, lambda i: list(self._kept_pages(i).values()))
        elif document is not None and work.pages:
            self._indexes.add(uri, document, lambda: self._load_pages(work, document))

    def _emit(self) -> Iterator[Outcome]:
        while self._order and self._order[0].outcomes is not None:
            work = self._order.popleft()
            outcomes = work.outcomes or ()
            self._on_event(Event("done", work.item.uri, outcomes=outcomes, cached=work.cached))
            self._index(work, outcomes)
            yield from outcomes


def describe_failure(error: DocaiError, uri: str, document: Document | None = None) -> Failure:
    """A document's end without a record, as a line of the output."""
    return Failure(
        document=FailedDocument(id=document.id if document else None, uri=uri),
        error=ErrorInfo(
            code=error.code, message=error.message, stage=error.stage, page=error.page, hint=error.hint
        ),
    )


def _is_whole(outcomes: Iterable[Outcome]) -> bool:
    """Whether these can stand: failures and records with gaps are tried again."""
    return all(isinstance(o, Record) and o.complete for o in outcomes)


def _time(record: Record, seconds: float) -> Record:
    """The record with the seconds from opening the file to its record."""
    return record.model_copy(update={"run": record.run.model_copy(update={"seconds": seconds})})
