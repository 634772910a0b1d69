"""A batch: documents that are fetched, and a memory at the destination.

Nothing of the scheduler waits for a request: fetching, keeping a page, writing an outcome are tasks beside
the workers' (`side.py`), and a page, an answer or a document counts when the store has said that it is kept.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from docai.batch.chunks import ItemFeed
from docai.batch.events import Event
from docai.batch.fetching import Fetch
from docai.batch.memory import BatchMemory
from docai.batch.scheduling import Scheduler, Work, describe_failure
from docai.batch.seams import Inquiries, Keys, Question, Steps, TaskPool
from docai.batch.side import SideTask
from docai.batch.stages import StageClock
from docai.batch.store.attempts import FATAL_CODES, MOST_DEATHS
from docai.batch.store.kept import Part
from docai.batch.store.layout import name_failure, name_work
from docai.batch.store.outcomes import Stored
from docai.batch.tally import Tally
from docai.errors import DocaiError, DocumentError
from docai.types import Document, Failure, Outcome, Page, PageAnswer, SourceItem, under_uri

KEEP_FROM_PAGES = 2
"""A document of fewer pages is done before keeping them would pay."""
WINDOW_DOCUMENTS = 64
MOST_PAGES_IN_FLIGHT = 8000
MOST_BYTES_IN_FLIGHT = 4 << 30
MOST_FAULTS = 20
"""Requests for documents that fail one after the other: then it is the store, and no document."""
_ENDED = 1024
"""Names of work that ended lately, for keys with the same bytes that were fetched meanwhile."""
_TRANSIENT = frozenset({"unreadable", "not-open"})
"""Failures of this machine, not of the document."""


@dataclass(slots=True)
class BatchWork(Work):
    """`name`: of the work at the destination; `attempt`: which one the item is at, `generation`: the one that
    an outcome under this name would be; `size`: bytes fetched; `kept`: objects at the destination that the
    outcome makes needless; `twins`: other keys with the same bytes; `ended_s`: when its outcome was there to
    be written."""

    document_id: str | None = None
    name: str = ""
    attempt: int = 0
    generation: int = 0
    size: int = 0
    kept: list[str] = field(default_factory=list)
    twins: list[BatchWork] = field(default_factory=list)
    ended_s: float = 0.0


class BatchJob(Scheduler):
    """Runs what a feed gives through a pool; `run` yields outcomes when they are kept, in no order.

    `spool`: folder for the bytes of documents in flight. `attempt_of`: which attempt an item is at (0, until
    somebody asks for another). `on_work`: called once, before the first document is fetched.
    """

    def __init__(
        self,
        pool: TaskPool,
        memory: BatchMemory,
        feed: ItemFeed,
        fetch: Fetch,
        spool: Path,
        steps: Steps,
        keys: Keys,
        tally: Tally,
        *,
        inquiries: Inquiries | None = None,
        attempt_of: Callable[[SourceItem], int] = lambda item: 0,
        on_work: Callable[[], None] = lambda: None,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> None:
        parts = memory.parts
        super().__init__(pool, steps, keys, parts, parts, inquiries=inquiries, on_event=on_event)
        self._memory = memory
        self._feed = feed
        self._fetch = fetch
        self._spool = spool
        self._tally = tally
        self._attempt_of = attempt_of
        self._on_work = on_work
        self._then: dict[int, Callable[[Any], None]] = {}
        self._stages = StageClock(on_event)
        self._incoming: deque[SourceItem] = deque()
        self._by_name: dict[str, BatchWork] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._done: list[Outcome] = []
        self._number = self._works = self._fetching = self._bytes = self._pages_held = self._faults = 0
        self._feeding = self._fed_all = self._flushing = False

    def run(self) -> Generator[Outcome, None, None]:
        """Work until the feed is at its end and all has been kept. What was kept stays however it ends."""
        try:
            while True:
                self._draw()
                self._submit()
                if self._fed_all and not (self._works or self._incoming or self._then):
                    break
                for ticket, result in self._pool.wait():
                    then = self._then.pop(ticket, None)
                    if then is not None:
                        then(result)
                    else:
                        step = self._in_flight.pop(ticket)
                        self._stages.end(ticket, *step, result)
                        self._take(*step, result)
                self._flush_if_due()
                self._tally.note()
                done, self._done = self._done, []
                yield from done
        finally:
            self._feed.stop()

    def _send(self, kind: str, work: Work, page: Page | Question | None, task: Any) -> int:
        return self._stages.begin(super()._send(kind, work, page, task))

    def _aside(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Have something done in a thread; its result, or its `DocaiError`, comes to `then`."""
        self._then[self._pool.submit(SideTask(work))] = then

    def _draw(self) -> None:
        """Fetch documents ahead of the workers, as far as there is room."""
        ahead = 2 * self._pool.workers + 4
        if not self._feeding and not self._fed_all and len(self._incoming) < ahead:
            self._feeding = True
            self._aside(self._feed.next, self._take_fed)
        while self._incoming and self._has_room(self._incoming[0].size):
            item = self._incoming.popleft()
            self._number += 1
            self._works += 1
            self._fetching += 1
            self._bytes += item.size
            attempt = self._attempt_of(item)
            work = BatchWork(item, self._spool / str(self._number), size=item.size, attempt=attempt)
            bring = partial(self._bring, item, work.path)
            self._aside(bring, partial(self._take_fetched, work))

    def _has_room(self, size: int) -> bool:
        if not self._works:
            return True
        window = WINDOW_DOCUMENTS + (2 * self._inquiries.room if self._inquiries else 0)
        return (
            self._works < window
            and self._fetching + len(self._opens) < 2 * self._pool.workers + 4
            and self._pages_held < MOST_PAGES_IN_FLIGHT
            and self._bytes + size <= MOST_BYTES_IN_FLIGHT
        )

    def _take_fed(self, items: Any) -> None:
        self._feeding = False
        self._tally.listed, self._tally.listed_all = self._feed.listed, self._feed.listed_all
        self._tally.unchanged = Counter(self._feed.unchanged)
        if isinstance(items, DocaiError):
            raise items
        if items is None:
            self._fed_all = True
        else:
            if items and not self._number:
                self._on_work()
            self._incoming.extend(items)

    def _bring(self, item: SourceItem, path: Path) -> tuple[str, Stored | None]:
        """In a thread: a document's bytes, and the outcome that they have already."""
        document_id = self._fetch(item, path)
        name = name_work(self._keys.outcome(document_id))
        return document_id, self._memory.outcomes.find(name)

    def _take_fetched(self, work: BatchWork, result: Any) -> None:
        self._fetching -= 1
        if not isinstance(result, DocaiError):
            work.document_id = result[0]
        self._stages.tell("fetch", work, work.started, result)
        if isinstance(result, DocumentError):
            work.name, work.generation = name_failure(self._memory.recipe, work.item), work.attempt
            self._finish(work, (describe_failure(result, work.item.uri),))
            return
        if isinstance(result, DocaiError):
            self._faults += 1
            if not result.retryable or self._faults >= MOST_FAULTS:
                raise result
            work.name = name_failure(self._memory.recipe, work.item)
            self._postpone(work, result)
            return
        self._faults = 0
        document_id, stored = result
        work.name = name_work(self._keys.outcome(document_id))
        work.generation = stored.attempt + 1 if stored is not None else 0
        if stored is not None and _stands(stored, work.attempt):
            self._tally.found += 1
            self._settle(work, stored)
        elif work.name in self._by_name:
            work.path.unlink(missing_ok=True)
            self._by_name[work.name].twins.append(work)
        elif work.name in self._ended:  # it got its outcome while this key's was looked for
            find = partial(self._memory.outcomes.find, work.name)
            self._aside(find, partial(self._settle, work))
        else:
            self._by_name[work.name] = work
            self._opens.append(work)

    def _take_opened(self, work: Work, document: Document, pages: tuple[Page, ...]) -> None:
        assert isinstance(work, BatchWork)
        work.document, work.pages = document, pages
        self._pages_held += len(pages)
        if len(pages) < KEEP_FROM_PAGES:
            self._begin(work, document)
        else:
            load = partial(self._memory.kept.load, work.name)
            self._aside(load, partial(self._take_loaded, work, document))

    def _take_loaded(self, work: BatchWork, document: Document, parts: Any) -> None:
        """What a run that was killed has kept of this document."""
        if isinstance(parts, DocaiError):
            raise parts
        for part in parts:
            self._memory.parts.add(document.id, part)
            work.kept.append(part.at)
        self._begin(work, document)
        self._tally.pages_kept += len(work.pages) - len(work.left)

    def _take(self, kind: str, work: Any, page: Page | Question | None, result: Any) -> None:
        """A task that took its worker down is tried once more; then it has failed."""
        if not isinstance(result, DocumentError) or result.code not in FATAL_CODES:
            super()._take(kind, work, page, result)
            return
        self._tally.deaths += 1
        task = kind if page is None else f"{kind}-{page.number}"
        self._note(work, task, result)
        if self._memory.attempts.count_deaths(work.name, task) >= MOST_DEATHS:
            super()._take(kind, work, page, result)
        elif kind == "open":
            self._opens.appendleft(work)
        elif kind == "extract":
            self._extracts.appendleft(work)
        elif isinstance(page, Question):
            self._asking -= 1
            self._asks.appendleft((work, page))
        elif page is not None:
            self._reads.appendleft((work, page))

    def _keep_page(self, work: Work, page: Page) -> None:
        assert isinstance(work, BatchWork)
        self._tally.pages_read += 1
        part = self._memory.parts.pack_page(page, self._keys.reading)
        then = partial(self._count_page, work, self._memory.parts.unpack_page(part))
        self._keep(work, page.document_id, part, then)

    def _take_answer(self, work: Work, question: Question, result: Any) -> None:
        if isinstance(result, PageAnswer):
            self._tally.prompt_tokens += result.prompt_tokens
            self._tally.reply_tokens += result.reply_tokens
        super()._take_answer(work, question, result)

    def _keep_answer(self, work: Work, question: Question, answer: PageAnswer) -> None:
        assert isinstance(work, BatchWork)
        assert work.document is not None
        self._tally.answers += 1
        if len(work.pages) < KEEP_FROM_PAGES:
            super()._keep_answer(work, question, answer)
            return

        def count() -> None:
            work.answered[question.key].add(question.number)
            self._count_answer(work, question)

        part = self._memory.parts.pack_answer(answer, question.key)
        self._keep(work, work.document.id, part, count)

    def _keep(self, work: BatchWork, document_id: str, part: Part, then: Callable[[], None]) -> None:
        """Keep a part of a document of several pages at the destination, then go on with it."""

        def take(at: Any) -> None:
            if isinstance(at, DocaiError):
                raise at
            work.kept.append(at)
            self._memory.parts.add(document_id, part)
            then()

        if len(work.pages) >= KEEP_FROM_PAGES:
            self._aside(partial(self._memory.kept.put, work.name, part), take)
        else:
            self._memory.parts.add(document_id, part)
            then()

    def _finish(self, work: Work, outcomes: tuple[Outcome, ...]) -> None:
        """Write the outcome, unless trying again may help. Another run may have been first: its counts."""
        assert isinstance(work, BatchWork)
        first = outcomes[0]
        if isinstance(first, Failure) and first.error.code in _TRANSIENT:
            error = first.error
            self._postpone(
                work, DocaiError(error.code, error.message, document=work.item.uri, stage=error.stage)
            )
            return
        work.ended_s = monotonic()
        outcomes = tuple(_with_document(outcome, work.document_id) for outcome in outcomes)
        create = partial(self._memory.outcomes.create, work.name, work.document_id, outcomes, work.generation)
        self._aside(create, partial(self._settle, work))

    def _settle(self, work: BatchWork, stored: Any) -> None:
        """The outcome is kept: every item with these bytes gets its line."""
        if isinstance(stored, DocaiError):
            raise stored
        if work.ended_s:
            self._stages.tell("write", work, work.ended_s)
        for one in (work, *work.twins):
            shared = one is not work
            entry = self._memory.enter(one.item, stored, attempt=one.attempt, shared=shared)
            self._tally.ended[entry.standing] += 1
            self._tally.shared += shared
            outcomes = tuple(under_uri(outcome, one.item.uri) for outcome in stored.outcomes)
            self._on_event(Event("done", one.item.uri, outcomes=outcomes, cached=shared))
            self._done += outcomes
        if work.kept:
            self._aside(partial(self._memory.kept.remove, work.kept), _ignore)
        self._let_go(work)

    def _postpone(self, work: BatchWork, error: DocaiError) -> None:
        """No fault of the document: it has no outcome, and the next run tries it again."""
        self._note(work, "run", error)
        for one in (work, *work.twins):
            self._tally.postponed[error.code] += 1
            self._on_event(Event("postponed", one.item.uri, text=str(error), code=error.code))
        self._let_go(work)

    def _note(self, work: BatchWork, task: str, error: DocaiError) -> None:
        """Keep what a try that is no outcome ended in."""
        key, data = self._memory.attempts.note(work.name, task, error)
        self._aside(partial(self._memory.store.put, key, data), _check)

    def _let_go(self, work: BatchWork) -> None:
        with suppress(OSError):
            work.path.unlink(missing_ok=True)
        if work.document_id is not None:
            self._memory.parts.drop(work.document_id)
        if self._by_name.get(work.name) is work:
            del self._by_name[work.name]
            self._ended[work.name] = None
            while len(self._ended) > _ENDED:
                self._ended.popitem(last=False)
        self._works -= 1 + len(work.twins)
        self._bytes -= work.size + sum(twin.size for twin in work.twins)
        self._pages_held -= len(work.pages)

    def _flush_if_due(self) -> None:
        if not self._flushing and self._memory.writer.is_due(hurry=self._memory.beats.others):
            self._flushing = True
            self._aside(self._memory.writer.flush, self._take_flushed)

    def _take_flushed(self, result: Any) -> None:
        self._flushing = False
        _check(result)


def _stands(stored: Stored, attempt: int) -> bool:
    """Whether an outcome answers an item that is at this attempt."""
    return stored.attempt >= attempt or stored.standing.state == "record"


def _with_document(outcome: Outcome, document_id: str | None) -> Outcome:
    """A file that cannot be opened has bytes all the same."""
    if isinstance(outcome, Failure) and outcome.document.id is None and document_id is not None:
        document = outcome.document.model_copy(update={"id": document_id})
        return outcome.model_copy(update={"document": document})
    return outcome


def _check(result: Any) -> None:
    if isinstance(result, DocaiError):
        raise result


def _ignore(result: Any) -> None:
    """What a killed run may leave as well is swept at the end."""
