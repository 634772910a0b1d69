"""A pool of workers and one model's client behind the same two verbs: `submit` and `wait`.

Questions run as coroutines of one event loop in a thread of its own, so that one process owns the client and
its limit. A question whose turn it is asks the workers for its page's tiles and gets them back here. At most
a few pages with tiles wait for a place at the server, whatever its speed: that is the back-pressure.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from docai.batch.seams import TaskPool
from docai.errors import DocaiError, DocumentError

T = TypeVar("T")


class WakingPool(TaskPool, Protocol):
    """A pool whose `wait` another thread can end, and that does urgent tasks first."""

    def submit(
        self,
        task: Any,
        *,
        affinity: str | None = None,
        timeout_s: float | None = None,
        urgent: bool = False,
    ) -> int: ...

    def wake(self) -> None: ...


@dataclass(frozen=True, slots=True)
class AskTask:
    """A question for the model, and the document that it is about."""

    question: Any
    uri: str


RunInPool = Callable[[Any], Awaitable[Any]]
Ask = Callable[[Any, RunInPool], Awaitable[Any]]
"""Answers a question; the second argument has a task done by the workers. Raises `DocumentError` for what
costs the page, any other `DocaiError` for what ends the job."""


class EventLoop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="docai-model", daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it there and wait for it."""
        future = self.start(work)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def cancel_all(self) -> None:
        """Give up what still runs, and wait until it has ended."""
        self.run(_cancel_others())

    def close(self) -> None:
        """Give up what still runs, and end the thread."""
        self.cancel_all()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Startable(Protocol):
    """A client that is started before it is asked, and closed in the end."""

    async def start(self) -> Any: ...

    async def close(self) -> None: ...


C = TypeVar("C", bound=Startable)


@contextmanager
def connected(make: Callable[[], C]) -> Iterator[tuple[EventLoop, C]]:
    """A client that was made and started in an event loop of its own. At the end what it still does is given
    up, and both are closed. Raises what `start` raises."""
    events = EventLoop()
    try:
        client = events.run(_start(make))
        try:
            yield events, client
        finally:
            events.cancel_all()
            events.run(client.close())
    finally:
        events.close()


async def _start(make: Callable[[], C]) -> C:
    client = make()
    try:
        await client.start()
    except BaseException:
        await client.close()
        raise
    return client


async def _cancel_others() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Work that a question wants done by the workers."""

    task: Any
    uri: str
    answer: asyncio.Future[Any]


class AskingPool:
    """Satisfies `TaskPool`. `wait_room` returns when the server has room for a question or soon will."""

    def __init__(
        self, inner: WakingPool, events: EventLoop, ask: Ask, wait_room: Callable[[], Awaitable[None]]
    ) -> None:
        self.workers = inner.workers
        self._inner = inner
        self._events = events
        self._ask = ask
        self._wait_room = wait_room
        self._news: queue.SimpleQueue[_Wanted | tuple[int, Any] | None] = queue.SimpleQueue()
        self._woken = False
        self._tickets: dict[int, int] = {}
        self._wanted: dict[int, _Wanted] = {}
        self._asked = 0
        self._number = 0
        # Only this many questions at once have their tiles made: more would be made for nothing.
        self._makers = asyncio.Semaphore(2 * inner.workers)

    def submit(self, task: Any, *, affinity: str | None = None, timeout_s: float | None = None) -> int:
        self._number += 1
        if isinstance(task, AskTask):
            self._asked += 1
            self._events.start(self._answer(self._number, task))
        else:
            self._tickets[self._inner.submit(task, affinity=affinity, timeout_s=timeout_s)] = self._number
        return self._number

    def wait(self) -> Sequence[tuple[int, Any]]:
        done = self._take_news()
        while not done and not self._woken and (self._asked or self._tickets):
            if self._tickets or self._wanted:
                done += self._sort(self._inner.wait())
            else:
                self._handle(self._news.get(), done)
            done += self._take_news()
        self._woken = False
        return done

    def wake(self) -> None:
        """Lets a `wait` return at once, empty-handed if need be; any thread may call it."""
        self._tell(None)

    def _take_news(self) -> list[tuple[int, Any]]:
        done: list[tuple[int, Any]] = []
        while not self._news.empty():
            self._handle(self._news.get(), done)
        return done

    def _handle(self, news: _Wanted | tuple[int, Any] | None, done: list[tuple[int, Any]]) -> None:
        if news is None:
            self._woken = True
        elif isinstance(news, _Wanted):
            self._wanted[self._inner.submit(news.task, affinity=news.uri, urgent=True)] = news
        else:
            self._asked -= 1
            done.append(news)

    def _sort(self, results: Sequence[tuple[int, Any]]) -> list[tuple[int, Any]]:
        """What the workers did: for the caller, or for a question that waits for it."""
        done: list[tuple[int, Any]] = []
        for ticket, result in results:
            if ticket in self._tickets:
                done.append((self._tickets.pop(ticket), result))
                continue
            wanted = self._wanted.pop(ticket)
            self._events.loop.call_soon_threadsafe(_hand_over, wanted.answer, result)
        return done

    async def _answer(self, number: int, task: AskTask) -> None:
        try:
            result = await self._ask_in_turn(task)
        except DocaiError as error:
            result = error
        except Exception as error:
            message = f"unexpected {type(error).__name__}: {str(error)[:200]}"
            result = DocumentError(
                "internal", message, document=task.uri, stage="extraction", hint="please report this"
            )
        self._tell((number, result))

    async def _ask_in_turn(self, task: AskTask) -> Any:
        holding = True
        await self._makers.acquire()

        async def run_in_pool(work: Any) -> Any:
            nonlocal holding
            wanted = _Wanted(work, task.uri, asyncio.get_running_loop().create_future())
            self._tell(wanted)
            try:
                result = await wanted.answer
            finally:
                if holding:
                    holding = False
                    self._makers.release()
            if isinstance(result, DocaiError):
                raise result
            return result

        try:
            await self._wait_room()
            return await self._ask(task.question, run_in_pool)
        finally:
            if holding:
                self._makers.release()

    def _tell(self, news: _Wanted | tuple[int, Any] | None) -> None:
        self._news.put(news)
        self._inner.wake()


def _hand_over(answer: asyncio.Future[Any], result: Any) -> None:
    if not answer.done():  # the question may have been given up
        answer.set_result(result)
