"""How many requests may be under way at one server. One limiter a server, owned by one event loop.

The limit moves while the job runs: by the server's own queue where `/metrics` shows it (`QueuePolicy`),
else by what latency says about throughput (`LatencyPolicy`).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LimitBounds:
    """`start` requests at first. Bursts of 500 have crashed servers (olmocr#317), hence `most`."""

    start: int = 8
    most: int = 256
    least: int = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """One finished request: seconds it took, and its `order` among all that were sent, from 0."""

    seconds: float
    order: int


class LimitPolicy(Protocol):
    """Decides the next limit. `sent`: requests sent so far; `busy`: callers are waiting for a slot."""

    def on_reply(self, limit: int, sample: Sample, *, sent: int, busy: bool) -> int: ...

    def on_overload(self, limit: int) -> int: ...


class InFlightLimiter:
    """Slots for requests, first come first served. Not for use by several threads."""

    def __init__(
        self,
        policy: LimitPolicy,
        bounds: LimitBounds | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.policy = policy
        self.bounds = bounds or LimitBounds()
        self.limit = min(self.bounds.start, self.bounds.most)
        self.in_flight = 0
        self.highest_in_flight = 0
        self._clock = clock
        self._queue: deque[asyncio.Future[None]] = deque()
        self._makers: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._generation = 0
        self._sent = 0

    @property
    def busy(self) -> bool:
        """Whether somebody waits for a slot: only then does a full limit say that it is too small."""
        return bool(self._queue)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """Wait for a slot and hold it. Tell the slot how the request went, or nothing is learned from it."""
        await self._acquire()
        slot = Slot(self._clock(), self._sent, self._generation)
        self._sent += 1
        try:
            yield slot
        finally:
            self.in_flight -= 1
            self._learn(slot)
            self._wake()

    async def wait_room(self, ahead: int) -> None:
        """Return when fewer than `ahead` callers wait for a slot: back-pressure for who makes requests."""
        while len(self._queue) >= ahead:
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._makers.append((ahead, place))
            await place

    def set_limit(self, limit: int) -> None:
        """Change the limit from outside, within the bounds; smaller ones work as requests finish."""
        self.limit = max(self.bounds.least, min(limit, self.bounds.most))
        self._wake()

    async def _acquire(self) -> None:
        if self.in_flight < self.limit and not self._queue:
            self._take()
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.in_flight -= 1
                self._wake()
            raise

    def _take(self) -> None:
        self.in_flight += 1
        self.highest_in_flight = max(self.highest_in_flight, self.in_flight)

    def _wake(self) -> None:
        while self._queue and self.in_flight < self.limit:
            place = self._queue.popleft()
            if not place.done():
                self._take()
                place.set_result(None)
        while self._makers and len(self._queue) < self._makers[0][0]:
            self._wake_maker()

    def _wake_maker(self) -> None:
        _, place = self._makers.popleft()
        if not place.done():
            place.set_result(None)

    def _learn(self, slot: Slot) -> None:
        if slot.outcome == "reply":
            sample = Sample(self._clock() - slot.started_s, slot.order)
            self.set_limit(self.policy.on_reply(self.limit, sample, sent=self._sent, busy=self.busy))
        elif slot.outcome == "overload" and slot.generation == self._generation:
            # Requests that were sent before the last cut tell of the time before it.
            self._generation += 1
            self.set_limit(self.policy.on_overload(self.limit))


@dataclass(slots=True)
class Slot:
    """A place among the requests under way."""

    started_s: float
    order: int
    generation: int
    outcome: str = ""

    def replied(self) -> None:
        self.outcome = "reply"

    def overloaded(self) -> None:
        self.outcome = "overload"


class FixedPolicy:
    """The limit that the user set; only an overload moves it, and replies move it back."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._replies = 0

    def on_reply(self, limit: int, sample: Sample, *, sent: int, busy: bool) -> int:
        self._replies += 1
        if limit < self._limit and self._replies >= limit:
            self._replies = 0
            return limit + 1
        return limit

    def on_overload(self, limit: int) -> int:
        self._replies = 0
        return max(1, limit // 2)
