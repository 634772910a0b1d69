"""Work in supervised processes: a crash, a bomb or a hang costs one task.

`WorkerPool` starts processes by need, gives each one task at a time, prefers a worker that has the
task's document open, and replaces workers that die or exceed their limits. `InlinePool` does the same
tasks in this process, one after the other and without protection.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar, cast

from docai.errors import ConfigError, DocaiError, DocumentError
from docai.pages.channel import Done, Ready, Refused, Start, pack_frame, read_frame
from docai.pages.confine import resident_bytes
from docai.pages.supervision import Assignment, WorkerProcess, explain_death
from docai.pages.worker import run_task

T = TypeVar("T")
R = TypeVar("R")

_TICK_S = 0.1
_START_TIMEOUT_S = 300.0
_START_ATTEMPTS = 3


class TaskPool(ABC, Generic[T, R]):
    """What both pools share: tickets, and a lazy run over any number of tasks."""

    workers: int

    @abstractmethod
    def submit(
        self,
        task: T,
        *,
        affinity: str | None = None,
        timeout_s: float | None = None,
        urgent: bool = False,
    ) -> int:
        """Queues a task and gives its ticket. `affinity`: the document's name (used in errors).

        `timeout_s`: for a task that may take longer than the pool's limit (a long document's record).
        `urgent`: before all that waits, because somebody else waits for it.
        """

    @abstractmethod
    def wait(self) -> Sequence[tuple[int, R | DocaiError]]:
        """Blocks until a task is done; every ticket comes once. Empty if nothing is under way, or `wake`."""

    def wake(self) -> None:
        """Lets a `wait` in another thread return at once, empty-handed if need be; the only call that any
        thread may make."""

    def close(self) -> None:
        """Ends all work at once."""

    def map_unordered(
        self, tasks: Iterable[T], affinity: Callable[[T], str] | None = None
    ) -> Iterator[tuple[T, R | DocaiError]]:
        """Tasks with their results as they come; draws no more than two tasks a worker ahead."""
        source = iter(tasks)
        under_way: dict[int, T] = {}
        drained = False
        while not drained or under_way:
            while not drained and len(under_way) < 2 * self.workers:
                try:
                    task = next(source)
                except StopIteration:
                    drained = True
                    break
                under_way[self.submit(task, affinity=affinity(task) if affinity else None)] = task
            for ticket, result in self.wait():
                yield under_way.pop(ticket), result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class InlinePool(TaskPool[T, R]):
    """The tasks in this process, in order; the parts are built at the first one."""

    def __init__(self, build: Callable[[], Callable[[T], R]]) -> None:
        self.workers = 1
        self._build = build
        self._work: Callable[[T], R] | None = None
        self._pending: deque[tuple[int, T, str | None]] = deque()
        self._tickets = 0

    def submit(
        self,
        task: T,
        *,
        affinity: str | None = None,
        timeout_s: float | None = None,
        urgent: bool = False,
    ) -> int:
        self._tickets += 1
        entry = (self._tickets, task, affinity)
        if urgent:
            self._pending.appendleft(entry)
        else:
            self._pending.append(entry)
        return self._tickets

    def wait(self) -> Sequence[tuple[int, R | DocaiError]]:
        if not self._pending:
            return []
        if self._work is None:
            self._work = self._build()
        ticket, task, affinity = self._pending.popleft()
        return [(ticket, _name_document(run_task(self._work, task), affinity))]


class WorkerPool(TaskPool[T, R]):
    """Tasks in `workers` processes at most.

    `build` is picklable and makes a worker's parts in the worker; what it raises there, `wait` raises
    here. `memory_bytes`: what a worker may hold; `timeout_s`: wall-clock seconds for a task. A task
    whose worker dies gives `DocumentError` (stage `pages`) `crashed`, `timeout` or `memory`. The pool is
    for one thread; close it, or use it in a `with`.
    """

    def __init__(
        self, build: Callable[[], Callable[[T], R]], workers: int, memory_bytes: int, timeout_s: float
    ) -> None:
        if workers < 1:
            raise ConfigError("bad-workers", f"a pool needs a worker, not {workers}")
        self.workers = workers
        self._start = pack_frame(Start(pickle.dumps(build), memory_bytes))
        self._memory_bytes = memory_bytes
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._processes: list[WorkerProcess] = []
        self._pending: deque[Assignment] = deque()
        self._results: queue.SimpleQueue[tuple[int, R | DocaiError] | Exception | None] = queue.SimpleQueue()
        self._open_tickets: set[int] = set()
        self._tickets = 0
        self._failed_starts = 0
        self._closed = False
        self._woken = False
        self._checked_s = 0.0

    def submit(
        self,
        task: T,
        *,
        affinity: str | None = None,
        timeout_s: float | None = None,
        urgent: bool = False,
    ) -> int:
        frame = pack_frame(task)
        with self._lock:
            self._tickets += 1
            self._open_tickets.add(self._tickets)
            limit_s = timeout_s or self._timeout_s
            self._pending.append(Assignment(self._tickets, frame, affinity, limit_s, urgent))
            self._dispatch()
        self._start_processes()
        return self._tickets

    def wait(self) -> Sequence[tuple[int, R | DocaiError]]:
        done: list[tuple[int, R | DocaiError]] = []
        while self._open_tickets and not done and not self._woken:
            self._start_processes()
            try:
                event = self._results.get(timeout=_TICK_S)
            except queue.Empty:
                event = None
            while event is not None:
                if isinstance(event, Exception):
                    self.close()
                    raise event
                self._open_tickets.discard(event[0])
                done.append(event)
                event = None if self._results.empty() else self._results.get()
            self._check_limits()
        self._woken = False
        return done

    def wake(self) -> None:
        self._woken = True
        self._results.put(None)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._pending.clear()
            self._open_tickets.clear()
            processes = list(self._processes)
            self._processes.clear()
        for process in processes:
            process.kill()
        for process in processes:
            process.join()

    def _start_processes(self) -> None:
        """Starts workers while more tasks wait than there are workers on their way to them.

        Only from the caller's thread: Linux ties a process's life to the thread that started it.
        """
        while True:
            with self._lock:
                free = sum(1 for p in self._processes if p.task is None)
                if self._closed or len(self._pending) <= free or len(self._processes) >= self.workers:
                    return
                process = WorkerProcess(_command(), time.monotonic() + _START_TIMEOUT_S)
                self._processes.append(process)
            process.send(self._start)
            process.reader = threading.Thread(target=self._follow, args=(process,), daemon=True)
            process.reader.start()

    def _follow(self, process: WorkerProcess) -> None:
        """Takes a worker's messages until its end; runs in a thread of its own."""
        while True:
            try:
                message = read_frame(process.stdout)
            except (EOFError, OSError, ValueError, pickle.UnpicklingError):
                break
            with self._lock:
                self._take(process, message)
        process.popen.wait()
        with self._lock:
            self._bury(process)

    def _take(self, process: WorkerProcess, message: Ready | Refused | Done) -> None:
        match message:
            case Ready():
                self._failed_starts = 0
                process.set_ready(self._memory_bytes, message.resident_bytes)
                self._dispatch()
            case Refused():
                process.kill()
                self._results.put(message.error)
            case Done():
                task = process.finish()
                if task is None:
                    return
                result = _name_document(message.result, task.affinity)
                if isinstance(result, DocaiError) and result.code == "memory":
                    process.kill()  # a heap that ran full may fail the next task as well
                self._results.put((task.ticket, cast("R | DocaiError", result)))
                self._dispatch()

    def _dispatch(self) -> None:
        """Gives waiting tasks to idle workers: first to whom has the document open, then to anyone."""
        for process in self._processes:
            if not self._pending:
                return
            if process.is_idle:
                task = self._choose(process)
                self._pending.remove(task)
                process.assign(task, time.monotonic() + task.timeout_s)

    def _choose(self, process: WorkerProcess) -> Assignment:
        urgent = next((t for t in self._pending if t.urgent), None)
        if urgent is not None:
            return urgent
        opened = {p.affinity for p in self._processes if p.affinity is not None}
        own = (t for t in self._pending if t.affinity is not None and t.affinity == process.affinity)
        fresh = (t for t in self._pending if t.affinity not in opened)
        return next(own, None) or next(fresh, None) or self._pending[0]

    def _check_limits(self) -> None:
        now = time.monotonic()
        if now - self._checked_s < _TICK_S / 2:
            return  # results may come by the hundred a second, and a look costs a file a worker
        self._checked_s = now
        with self._lock:
            for process in self._processes:
                if not process.is_ready and now > process.deadline:
                    process.kill()
                elif process.task is not None and now > process.deadline:
                    process.kill("timeout")
                elif process.task is not None and resident_bytes(process.popen.pid) > process.ceiling_bytes:
                    process.kill("memory")

    def _bury(self, process: WorkerProcess) -> None:
        """A worker is gone: its task fails, and the next one that waits gets a new worker."""
        if process in self._processes:
            self._processes.remove(process)
        if self._closed:
            return  # `close` joins this thread and releases the process
        if process.task is not None:
            task = process.task
            error = explain_death(process.death, process.popen.returncode, task)
            self._results.put((task.ticket, error))
        elif not process.is_ready:
            self._failed_starts += 1
            if self._failed_starts >= _START_ATTEMPTS:
                self._results.put(
                    ConfigError(
                        "worker-start",
                        f"worker processes end before they are ready: {process.last_words()}",
                        stage="pages",
                        hint="raise the memory limit, or run with --workers 0 to see more",
                    )
                )
        process.release()
        self._results.put(None)  # wakes `wait`, which starts a new worker


def _command() -> list[str]:
    """A fresh interpreter that sees the same modules; it never imports the caller's main module, so
    that scripts need no `if __name__ == "__main__"`."""
    tied = threading.current_thread() is threading.main_thread()
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; "
        f"from docai.pages.worker import main; main({os.getpid()}, {tied})"
    )
    return [sys.executable, "-c", code]


def _name_document(result: R | DocaiError, affinity: str | None) -> R | DocaiError:
    if isinstance(result, DocumentError) and result.document is None:
        result.document = affinity
    return result
