"""How long a request is tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 10.0


class Patience:
    """Doubling pauses of random length, so that many workers do not come back at once.

    At most `retries` of them, and none once `retry_s` have passed since it was made.
    """

    def __init__(self, retries: int, retry_s: float, sleep: Callable[[float], None] = time.sleep) -> None:
        self._left = retries
        self._end = time.monotonic() + retry_s
        self._most_s = _FIRST_PAUSE_S
        self._sleep = sleep

    def wait(self) -> bool:
        """Pause before another try; False, at once, if there should be none."""
        remaining_s = self._end - time.monotonic()
        if self._left <= 0 or remaining_s <= 0:
            return False
        self._left -= 1
        self._sleep(min(remaining_s, random.uniform(0, self._most_s)))
        self._most_s = min(_LONGEST_PAUSE_S, self._most_s * 2)
        return True
