"""Files of this machine into a workspace: which come next, what is done, what other processes do.

Each page and each answer is kept in the workspace at once, and outcomes come in the order of the listing.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

from docai.batch.events import Event as Event
from docai.batch.index_queue import IndexQueue, IndexStep
from docai.batch.scheduling import Scheduler, Work
from docai.batch.seams import Indexing, Inquiries, Keys, Question, Steps, Stores, TaskPool
from docai.errors import DocaiError
from docai.types import Document, Outcome, Page, Record, SourceItem, under_uri

WINDOW_DOCUMENTS = 64
POLL_S = 0.5
"""How often to look whether another process is done with a document that both were given."""


class LocalJob(Scheduler):
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
        super().__init__(
            pool,
            steps,
            keys,
            stores.pages,
            stores.answers,
            inquiries=inquiries,
            force=force,
            on_event=on_event,
        )
        self._stores = stores
        self._order: deque[Work] = deque()
        self._indexes = IndexQueue(indexing, stores.ledger, on_event)
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

    def _submit_between(self) -> bool:
        if not self._indexes.waiting:
            return False
        step = self._indexes.next()
        self._in_flight[self._pool.submit(step.task, affinity=step.uri)] = ("index", step, None)
        return True

    def _take(self, kind: str, work: Work | IndexStep, page: Page | Question | None, result: Any) -> None:
        if isinstance(work, IndexStep):
            self._indexes.take(work, result)
        else:
            super()._take(kind, work, page, result)

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
        """The document is ours."""
        work.leased = True
        super()._begin(work, document)

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


def _is_whole(outcomes: Iterable[Outcome]) -> bool:
    """Whether these can stand: failures and records with gaps are tried again."""
    return all(isinstance(o, Record) and o.complete for o in outcomes)
