"""Waiting work beside a pool of workers: requests to a store run in threads, behind the same two verbs.

The scheduler submits both kinds and gets all results from one `wait`, so that no request ever blocks it.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from docai.batch.seams import TaskPool
from docai.errors import DocaiError


class WakeablePool(TaskPool, Protocol):
    """A pool whose `wait` another thread can end."""

    def wake(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SideTask:
    """Something to be done in a thread. A `DocaiError` that it raises is its result; any other ends the
    job."""

    work: Callable[[], Any]


class SidePool:
    """Satisfies `TaskPool`. Close it (or use it in a `with`): what was begun is finished then."""

    def __init__(self, inner: WakeablePool, threads: int) -> None:
        self.workers = inner.workers
        self._inner = inner
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="docai-side")
        self._news: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._tickets: dict[int, int] = {}
        self._aside = 0
        self._number = 0

    def submit(self, task: Any, *, affinity: str | None = None, timeout_s: float | None = None) -> int:
        self._number += 1
        if isinstance(task, SideTask):
            self._aside += 1
            self._threads.submit(self._do, self._number, task)
        else:
            self._tickets[self._inner.submit(task, affinity=affinity, timeout_s=timeout_s)] = self._number
        return self._number

    def wait(self) -> Sequence[tuple[int, Any]]:
        done = self._take_news()
        while not done and (self._aside or self._tickets):
            if self._tickets:
                done = [(self._tickets.pop(ticket), result) for ticket, result in self._inner.wait()]
            else:
                done = [self._unwrap(self._news.get())]
            done += self._take_news()
        return done

    def close(self) -> None:
        self._threads.shutdown(wait=True)

    def __enter__(self) -> SidePool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take_news(self) -> list[tuple[int, Any]]:
        done: list[tuple[int, Any]] = []
        while not self._news.empty():
            done.append(self._unwrap(self._news.get()))
        return done

    def _unwrap(self, news: tuple[int, Any]) -> tuple[int, Any]:
        self._aside -= 1
        if isinstance(news[1], BaseException) and not isinstance(news[1], DocaiError):
            raise news[1]
        return news

    def _do(self, number: int, task: SideTask) -> None:
        try:
            result = task.work()
        except BaseException as error:
            result = error
        self._news.put((number, result))
        self._inner.wake()
