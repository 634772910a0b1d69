"""Documents whose passages are to be made and embedded, beside what else a job does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from docai.batch.events import Event
from docai.batch.seams import Indexing, Items, TaskPool
from docai.errors import DocaiError, DocumentError
from docai.types import Document, Page


@dataclass(slots=True)
class _Indexed:
    """A document on its way into the index. `left`: batches without their vectors."""

    uri: str
    document: Document
    load_pages: Callable[[], Sequence[Page]]
    left: int = 0
    unread: tuple[int, ...] = ()
    error: DocaiError | None = None


@dataclass(frozen=True, slots=True)
class IndexStep:
    """One task: the passages of a document (`batch` None), or vectors of some of them."""

    work: _Indexed
    batch: Any | None
    task: Any

    @property
    def uri(self) -> str:
        return self.work.uri


class IndexQueue:
    """What is waiting for a worker, documents begun before others. Without `indexing` always empty."""

    def __init__(self, indexing: Indexing | None, ledger: Items, on_event: Callable[[Event], None]) -> None:
        self._indexing = indexing
        self._ledger = ledger
        self._on_event = on_event
        self._waiting: deque[tuple[_Indexed, Any | None]] = deque()
        self._known: set[str] = set()
        self._in_flight = 0
        self.error: DocaiError | None = None
        """What ended the indexing of this job (a server of embeddings that is gone)."""

    def __bool__(self) -> bool:
        """Whether there is work, waiting or under way."""
        return bool(self._waiting or self._in_flight)

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    def add(self, uri: str, document: Document, load_pages: Callable[[], Sequence[Page]]) -> None:
        """Line up a document whose pages were read just now."""
        if self._indexing is not None and self.error is None and document.id not in self._known:
            self._known.add(document.id)
            self._waiting.append((_Indexed(uri, document, load_pages), None))

    def add_known(
        self, uri: str, document_id: str | None, load_pages: Callable[[str], Sequence[Page]]
    ) -> None:
        """Line up a document that was done before, unless it is indexed too."""
        if self._indexing is None or document_id is None or self._indexing.has_document(document_id):
            return
        document = self._ledger.get_document(document_id, uri)
        if document is not None:
            self.add(uri, document, lambda: load_pages(document_id))

    def next(self) -> IndexStep:
        """The next task for a worker. Raises IndexError if nothing waits."""
        work, batch = self._waiting.popleft()
        assert self._indexing is not None
        self._in_flight += 1
        if batch is None:
            pages = tuple(work.load_pages())
            work.unread = self._indexing.list_unread(work.document, pages)
            return IndexStep(work, None, self._indexing.make_passages(work.document, pages))
        return IndexStep(work, batch, self._indexing.make_vectors(batch))

    def take(self, step: IndexStep, result: Any) -> None:
        """Keep what a worker made; the document goes on, or is done."""
        self._in_flight -= 1
        work = step.work
        assert self._indexing is not None
        if isinstance(result, DocaiError):
            self._fail(work, result)
        elif step.batch is None:
            batches = self._indexing.keep_passages(work.document, work.unread, result)
            work.left = len(batches)
            self._waiting.extendleft((work, batch) for batch in reversed(batches))
        else:
            self._indexing.keep_vectors(step.batch, result)
            work.left -= 1
        if not work.left and work.error is None and not isinstance(result, DocaiError):
            self._indexing.finish(work.document.id)
            self._on_event(Event("indexed", work.uri, unread=work.unread))

    def _fail(self, work: _Indexed, error: DocaiError) -> None:
        """A document that cannot be indexed costs itself alone; what is no document's fault ends indexing."""
        if work.error is None:
            work.error = error
            self._on_event(Event("notice", work.uri, text=f"not indexed: {work.uri}: {error.message}"))
        if isinstance(error, DocumentError):
            self._waiting = deque(entry for entry in self._waiting if entry[0] is not work)
        else:
            self.error = self.error or error
            self._waiting.clear()


def run_queue(queue: IndexQueue, pool: TaskPool) -> None:
    """All of a queue's work, and nothing else, through a pool."""
    under_way: dict[int, IndexStep] = {}
    while queue:
        while queue.waiting and len(under_way) < 2 * pool.workers:
            step = queue.next()
            under_way[pool.submit(step.task, affinity=step.uri)] = step
        for ticket, result in pool.wait():
            queue.take(under_way.pop(ticket), result)
