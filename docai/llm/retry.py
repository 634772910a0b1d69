"""When to try again: exponential back-off with full jitter (AWS Architecture Blog, 2015), and Retry-After."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts` in all, `slow_attempts` where each costs a time-out; before the n-th further one a wait of
    0..`first_s` 2^n, at most `longest_s`.
    """

    attempts: int = 6
    slow_attempts: int = 3
    first_s: float = 0.5
    longest_s: float = 60.0

    def wait_s(self, failures: int, chance: random.Random, retry_after_s: float | None = None) -> float:
        """Seconds to wait after so many failures (from 1); the server's own wish counts, and some jitter."""
        ceiling = min(self.longest_s, self.first_s * 2.0 ** min(failures, 30))
        if retry_after_s is not None:
            return min(retry_after_s, 600.0) + chance.uniform(0.0, min(ceiling, 1.0))
        return chance.uniform(0.0, ceiling)


def read_retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that a server asks to wait: `retry-after-ms`, or `Retry-After` as seconds or as a date."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        text = headers.get(name)
        if not text:
            continue
        try:
            return max(0.0, float(text) / scale)
        except ValueError:
            pass
        try:
            when = email.utils.parsedate_to_datetime(text)
        except ValueError:
            continue
        return max(0.0, when.timestamp() - (time.time() if now is None else now))
    return None
