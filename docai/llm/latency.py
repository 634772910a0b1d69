"""A limit by latency, for servers that publish no metrics.

By Little's law the throughput at a limit N is N / T with T the time of a request. While the server has room,
T stays; when it has none, T grows with N. So the limit doubles until T says that requests queue, and is then
kept where they queue a little: what scatters (service times are log-normal) must not leave the server idle.
Where T grows with N though throughput grows as well (a larger batch is a slower one), trials upwards find it.

A round is a number of requests sent one after another; its time is the median, which is known, and without
bias, when half of them are done.
"""

from __future__ import annotations

import math
from statistics import median

from docai.llm.limiter import Sample

_QUEUED = 1.25
"""Times the time without a queue: a fifth of the requests wait. Less is not told apart from scatter."""
_SATURATED = 1.6
"""A doubled limit that makes requests this much slower gained hardly any throughput."""
_SLOW = 3.0
"""Requests wait twice as long as they are worked on: the server has lost room, or never had it."""
_TRY_EVERY = 5
_TRY_FACTOR = 1.25


class LatencyPolicy:
    """Rounds of requests sent at one limit; each round's median time decides the next."""

    def __init__(self) -> None:
        self._ramping = True
        self._first = 0
        self._times: list[float] = []
        self._base_log = 0.0
        self._base_weight = 0.0
        self._trial: tuple[int, float] | None = None
        self._rounds = 0

    def on_reply(self, limit: int, sample: Sample, *, sent: int, busy: bool) -> int:
        if not busy:
            # Too few callers: times say nothing about the limit.
            self._begin(sent)
            return limit
        size = max(8, limit // 2) if self._ramping else max(16, 2 * limit)
        if not self._first <= sample.order < self._first + size:
            return limit
        self._times.append(sample.seconds)
        if len(self._times) < (size // 2 + 1 if self._ramping else size * 9 // 10):
            return limit
        # Half of the round is done: the slowest of that half is the median of the whole.
        time_s = max(self._times) if self._ramping else median(self._times)
        self._begin(sent)
        return self._ramp(limit, time_s, size) if self._ramping else self._keep(limit, time_s, size)

    def on_overload(self, limit: int) -> int:
        self._ramping, self._trial, self._times = False, None, []
        return max(1, limit // 2)

    def _begin(self, sent: int) -> None:
        self._first, self._times = sent, []

    @property
    def _base_s(self) -> float:
        """Time of a request that does not queue: the geometric mean of the rounds that did not."""
        return math.exp(self._base_log / self._base_weight) if self._base_weight else math.inf

    def _add_to_base(self, time_s: float, weight: int) -> None:
        self._base_log = self._base_log * 0.98 + math.log(time_s) * weight
        self._base_weight = self._base_weight * 0.98 + weight

    def _ramp(self, limit: int, time_s: float, size: int) -> int:
        ratio = time_s / self._base_s
        if ratio > _SATURATED:
            self._ramping = False
            return max(1, limit // 2, min(limit, math.ceil(_QUEUED * limit / ratio)))
        self._add_to_base(time_s, size)
        return limit * 2

    def _keep(self, limit: int, time_s: float, size: int) -> int:
        self._rounds += 1
        if self._trial is not None:
            before, before_s = self._trial
            self._trial = None
            if (limit / time_s) / (before / before_s) < 1 + (limit / before - 1) / 2:
                return before
        ratio = time_s / self._base_s
        if ratio <= _QUEUED:
            self._add_to_base(time_s, size)
            return math.ceil(limit * 1.5)
        if ratio > _SLOW:
            return max(1, math.floor(limit * 0.8))
        if self._rounds % _TRY_EVERY == 0:
            self._trial = (limit, time_s)
            return max(limit + 1, math.ceil(limit * _TRY_FACTOR))
        return limit
