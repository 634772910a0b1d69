"""Which runs live: each puts a small object every few seconds, and looks at the others'.

No clock is compared with another machine's: a run whose object does not change any more is gone, by the
watch of whoever looks. On one machine a dead process is known at once.
"""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from docai.batch.store.layout import beats_prefix
from docai.errors import DocaiError
from docai.protocols import ObjectStore

BEAT_S = 5.0
GONE_AFTER_S = 30.0
_ASK_S = 2.0


class Beats:
    """The beat of this run (`start`, `stop`), and who else lives.

    `process`: names this process for others on this machine, and `is_gone` says whether one so named has
    ended as far as that can be known from here. `describe`: what a beat tells of this run's progress.
    """

    def __init__(
        self,
        store: ObjectStore,
        recipe: str,
        run: str,
        *,
        process: Mapping[str, Any],
        is_gone: Callable[[Mapping[str, Any]], bool],
        describe: Callable[[], Mapping[str, Any]] = dict,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._prefix = beats_prefix(recipe)
        self._run = run
        self._process = dict(process)
        self._is_gone = is_gone
        self._describe = describe
        self._clock = clock
        self._number = 0
        self._changed: dict[str, tuple[str, float]] = {}
        self._asked_s: dict[str, float] = {}
        self._dead: set[str] = set()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.others = False
        """Whether another run was seen alive since this one began."""

    def start(self) -> None:
        """Raises `ServiceError` if the first beat cannot be put."""
        self.beat()
        self.look()
        self._thread = threading.Thread(target=self._keep_on, name="docai-beat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """This run has ended; its claims are free. Dead runs are cleared away with it."""
        self.fall_silent()
        self._store.delete([self._prefix + run for run in (self._run, *self._dead)])

    def fall_silent(self) -> None:
        """End the thread."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def beat(self) -> None:
        self._number += 1
        content = {"process": self._process, "beat": self._number, **self._describe()}
        self._store.put(self._prefix + self._run, json.dumps(content).encode())

    def look(self) -> list[str]:
        """See who beats: the other runs that live."""
        alive: list[str] = []
        for found in self._store.list(self._prefix):
            name = found.key.removeprefix(self._prefix)
            if name == self._run or name in self._dead:
                continue
            version, _ = self._changed.get(name, ("", 0.0))
            if version != found.version:
                self._changed[name] = (found.version, self._clock())
            if self._lives(name):
                self.others = True
                alive.append(name)
        return alive

    def is_alive(self, run: str) -> bool:
        """Whether a run that holds a claim still works."""
        if run == self._run:
            return True
        if run not in self._changed:
            self.look()
        return self._lives(run)

    def _lives(self, run: str) -> bool:
        if run in self._dead or run not in self._changed:
            return False
        now_s = self._clock()
        if now_s - self._changed[run][1] >= GONE_AFTER_S or self._has_ended(run, now_s):
            self._dead.add(run)
            return False
        return True

    def _has_ended(self, run: str, now_s: float) -> bool:
        """Whether its object is gone, or its process, where that can be seen from here."""
        if now_s - self._asked_s.get(run, -math.inf) < _ASK_S:
            return False
        self._asked_s[run] = now_s
        data = self._store.get(self._prefix + run)
        return data is None or self._is_gone(read_process(data))

    def _keep_on(self) -> None:
        while not self._ended.wait(BEAT_S):
            # A beat that fails is no reason to end: if the store is away, the work itself says so.
            with contextlib.suppress(DocaiError):
                self.beat()
                self.look()


def list_beats(store: ObjectStore, recipe: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Runs that have not ended well, with what they told last."""
    prefix = beats_prefix(recipe)
    for found in store.list(prefix):
        data = store.get(found.key)
        content = json.loads(data) if data else None
        if isinstance(content, dict):
            yield found.key.removeprefix(prefix), content


def read_process(data: bytes) -> Mapping[str, Any]:
    try:
        process = json.loads(data).get("process", {})
    except (ValueError, AttributeError):
        return {}
    return process if isinstance(process, dict) else {}
