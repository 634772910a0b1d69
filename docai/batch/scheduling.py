"""What to do next: the steps of documents on their way through a pool of workers.

Open a file, read its pages, ask a model about them, extract its records: each step is a task, and what it
gives is kept before the next one rests on it. Which documents come, and what becomes of their outcomes, is
for the jobs that inherit from this.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docai.batch.events import Event
from docai.batch.seams import Answers, Inquiries, Inquiry, Keys, Pages, Question, Steps, TaskPool
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
)

EXTRACTION_S_PER_PAGE = 2.0
"""What a page adds to the time that extraction may take: fifty times what it takes on an idle machine."""


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


class Scheduler(ABC):
    """Work on its way. It holds no words of pages: at extraction they come back from where they are kept."""

    def __init__(
        self,
        pool: TaskPool,
        steps: Steps,
        keys: Keys,
        pages: Pages,
        answers: Answers,
        *,
        inquiries: Inquiries | None = None,
        force: bool = False,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> None:
        self._pool = pool
        self._steps = steps
        self._keys = keys
        self._pages = pages
        self._answers = answers
        self._inquiries = inquiries
        self._force = force
        self._on_event = on_event
        self._opens: deque[Work] = deque()
        self._reads: deque[tuple[Work, Page]] = deque()
        self._extracts: deque[Work] = deque()
        self._asks: deque[tuple[Work, Question]] = deque()
        self._asking = 0
        self._in_flight: dict[int, tuple[str, Any, Page | Question | None]] = {}

    @abstractmethod
    def _take_opened(self, work: Work, document: Document, pages: tuple[Page, ...]) -> None:
        """A file was opened: decide whether to `_begin` with it."""

    @abstractmethod
    def _finish(self, work: Work, outcomes: tuple[Outcome, ...]) -> None:
        """A document has come to its end."""

    def _submit_between(self) -> bool:
        """Submit a task that goes before the opening of further files; False if there is none."""
        return False

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
            elif self._submit_between():
                continue
            elif self._opens:
                work = self._opens.popleft()
                self._send("open", work, None, self._steps.open(work.item, work.path))
            else:
                return

    def _send(self, kind: str, work: Work, page: Page | Question | None, task: Any) -> int:
        pages = len(work.pages) if kind == "extract" else 0
        ticket = self._pool.submit(
            task, affinity=work.item.uri, timeout_s=60.0 + pages * EXTRACTION_S_PER_PAGE if pages else None
        )
        self._in_flight[ticket] = (kind, work, page)
        return ticket

    def _take(self, kind: str, work: Work, page: Page | Question | None, result: Any) -> None:
        """What a worker or a model gave."""
        if isinstance(page, Question):
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

    def _begin(self, work: Work, document: Document) -> None:
        """Read what is not kept yet."""
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

    def _extract_task(self, work: Work) -> Any:
        assert work.document is not None
        pages = tuple(self._load_pages(work, work.document))
        answers = self._collect_answers(work, work.document)
        follow = work.inquiry is not None and not work.followed
        return self._steps.extract(work.document, pages, answers, follow=follow)

    def _collect_answers(self, work: Work, document: Document) -> tuple[PageAnswer, ...]:
        answers = list(work.unanswered)
        for key, numbers in work.answered.items():
            stored = self._answers.get_answers(document.id, key)
            answers += [stored[number] for number in sorted(numbers) if number in stored]
        return tuple(sorted(answers, key=lambda answer: (answer.page, answer.purpose)))

    def _load_pages(self, work: Work, document: Document) -> list[Page]:
        read = self._kept_pages(document.id)
        return [work.failed.get(p.number) or read[p.number] for p in work.pages]

    def _kept_pages(self, document_id: str) -> Mapping[int, Page]:
        return self._pages.get_pages(document_id, self._keys.reading)

    def _ask_about(self, work: Work, page: Page) -> None:
        """Line up the questions that wait for this page alone."""
        if work.inquiry is not None:
            self._line_up(work, work.inquiry.add(page))

    def _line_up(self, work: Work, questions: Sequence[Question]) -> None:
        """Ask what has no answer yet."""
        assert work.document is not None
        for question in questions:
            if question.key not in work.answered:
                known = self._answers.list_answered(work.document.id, question.key)
                work.answered[question.key] = set() if self._force else known
            if question.number not in work.answered[question.key]:
                work.asked.add((question.key, question.number))
                self._asks.append((work, question))
                if not work.followed:
                    self._on_event(Event("asked", work.item.uri))

    def _extract_if_ready(self, work: Work) -> None:
        if not work.left and not work.asked:
            self._extracts.append(work)

    def _take_page(self, work: Work, page: Page, result: Any) -> None:
        if isinstance(result, DocaiError):
            work.failed[page.number] = failed = self._steps.failed_page(page, result)
            self._count_page(work, failed)
        else:
            self._keep_page(work, result)

    def _keep_page(self, work: Work, page: Page) -> None:
        self._count_page(work, self._pages.put_page(page, self._keys.reading))

    def _count_page(self, work: Work, page: Page) -> None:
        """A page is kept, or known to be lost."""
        self._on_event(Event("page", work.item.uri))
        work.left.discard(page.number)
        self._ask_about(work, page)
        self._extract_if_ready(work)

    def _take_answer(self, work: Work, question: Question, result: Any) -> None:
        """Keep an answer. Only a whole one is kept over runs; a server that is gone ends the job."""
        assert self._inquiries is not None
        self._asking -= 1
        if isinstance(result, DocaiError) and not isinstance(result, DocumentError):
            raise result
        if isinstance(result, DocaiError):
            result = self._inquiries.describe_failure(question.number, result)
        if result.complete:
            self._keep_answer(work, question, result)
        else:
            work.unanswered.append(result)
            self._count_answer(work, question)

    def _keep_answer(self, work: Work, question: Question, answer: PageAnswer) -> None:
        assert work.document is not None
        self._answers.put_answer(work.document.id, answer, question.key)
        work.answered[question.key].add(question.number)
        self._count_answer(work, question)

    def _count_answer(self, work: Work, question: Question) -> None:
        """A question has its answer, or will have none."""
        if not work.followed:
            self._on_event(Event("answered", work.item.uri))
        work.asked.discard((question.key, question.number))
        self._extract_if_ready(work)


def describe_failure(error: DocaiError, uri: str, document: Document | None = None) -> Failure:
    """A document's end without a record, as a line of the output."""
    return Failure(
        document=FailedDocument(id=document.id if document else None, uri=uri),
        error=ErrorInfo(
            code=error.code, message=error.message, stage=error.stage, page=error.page, hint=error.hint
        ),
    )


def _time(record: Record, seconds: float) -> Record:
    """The record with the seconds from opening the file to its record."""
    return record.model_copy(update={"run": record.run.model_copy(update={"seconds": seconds})})
