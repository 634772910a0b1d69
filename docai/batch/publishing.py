"""Documents of a batch into an index of others': passages and vectors by the workers, before the outcome.

What has its outcome is in the index. A job that is killed in between brings a document there once more, under
the same names, and ends in the same state.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from docai.batch.events import Event
from docai.batch.job import BatchJob, BatchWork
from docai.batch.scheduling import Work
from docai.batch.seams import Question
from docai.batch.store.attempts import FATAL_CODES, MOST_DEATHS
from docai.errors import DocaiError, DocumentError
from docai.types import Document, Failure, Outcome, Page, Record, RecordIssue

PASSAGES, VECTORS = "passages", "vectors"


class Publisher(Protocol):
    """How documents get into an index."""

    def make_passages(self, document: Document, pages: Sequence[Page]) -> Any:
        """The task that gives a document's passages."""
        ...

    def make_vectors(self, passages: Sequence[Any]) -> Sequence[Any]:
        """Tasks that give their vectors, in order."""
        ...

    def publish(self, document_id: str, passages: Sequence[Any], vectors: Sequence[Any]) -> None:
        """Replace a document's passages. `vectors`: what the tasks gave. Any thread may call it; raises
        `ServiceError`."""
        ...


@dataclass(slots=True)
class _Pending:
    """A document between its records and its outcome."""

    outcomes: tuple[Outcome, ...]
    task: Any
    passages: Sequence[Any] = ()
    todo: deque[Any] = field(default_factory=deque)
    vectors: list[Any] = field(default_factory=list)


class PublishingJob(BatchJob):
    """A batch whose records' documents are published before their outcomes are written."""

    def __init__(self, publisher: Publisher, *parts: Any, **options: Any) -> None:
        """`parts`, `options` as of `BatchJob`."""
        super().__init__(*parts, **options)
        self._publisher = publisher
        self._pending: dict[str, _Pending] = {}
        self._steps_due: deque[tuple[BatchWork, str]] = deque()

    def _submit(self) -> None:
        while self._steps_due and len(self._in_flight) - self._asking < 2 * self._pool.workers:
            work, kind = self._steps_due.popleft()
            self._send(kind, work, None, self._pending[work.name].task)
        super()._submit()

    def _finish(self, work: Work, outcomes: tuple[Outcome, ...]) -> None:
        assert isinstance(work, BatchWork)
        if work.document is None or isinstance(outcomes[0], Failure):
            super()._finish(work, outcomes)
            return
        pages = self._load_pages(work, work.document)
        task = self._publisher.make_passages(work.document, pages)
        self._pending[work.name] = _Pending(outcomes, task)
        self._steps_due.append((work, PASSAGES))

    def _take(self, kind: str, work: Any, page: Page | Question | None, result: Any) -> None:
        if kind not in (PASSAGES, VECTORS):
            super()._take(kind, work, page, result)
        elif isinstance(result, DocumentError):
            self._fail(kind, work, result)
        elif isinstance(result, DocaiError):
            raise result
        else:
            self._go_on(kind, work, result)

    def _go_on(self, kind: str, work: BatchWork, result: Any) -> None:
        """The next task of a document, or, with all of them done, the index itself."""
        pending = self._pending[work.name]
        if kind == PASSAGES:
            pending.passages = result
            pending.todo.extend(self._publisher.make_vectors(result))
        else:
            pending.vectors.append(result)
        if pending.todo:
            pending.task = pending.todo.popleft()
            self._steps_due.append((work, VECTORS))
            return
        assert work.document is not None
        del self._pending[work.name]
        publish = partial(self._publisher.publish, work.document.id, pending.passages, tuple(pending.vectors))
        self._aside(publish, partial(self._take_published, work, pending.outcomes))

    def _take_published(self, work: BatchWork, outcomes: tuple[Outcome, ...], result: Any) -> None:
        """An index that is away ends the job; run again, it goes on with this document."""
        if isinstance(result, DocaiError):
            raise result
        self._on_event(Event("indexed", work.item.uri))
        super()._finish(work, outcomes)

    def _fail(self, kind: str, work: BatchWork, error: DocumentError) -> None:
        """What the workers cannot index is tried twice; then its records say that it is in no index."""
        if error.code in FATAL_CODES:
            self._tally.deaths += 1
            self._note(work, kind, error)
            if self._memory.attempts.count_deaths(work.name, kind) < MOST_DEATHS:
                self._steps_due.append((work, kind))
                return
        issue = RecordIssue(stage="index", code="not-indexed", message=error.message)
        outcomes = self._pending.pop(work.name).outcomes
        self._on_event(Event("notice", work.item.uri, text=f"not indexed: {work.item.uri}: {error.message}"))
        super()._finish(
            work,
            tuple(
                o.model_copy(update={"issues": (*o.issues, issue)}) if isinstance(o, Record) else o
                for o in outcomes
            ),
        )
