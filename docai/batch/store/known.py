"""What is done, for millions of items: digests in sorted arrays, and never a request for one item."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_MERGE_LEAST = 1 << 16


class Standing(NamedTuple):
    """How an item ended. `state`: `record`, `incomplete` or `failed`; `code` of a failure."""

    state: str
    code: str = ""


class KnownItems:
    """Digests of items that have an outcome, with how they ended; of several attempts the highest counts.

    20 bytes an item, and a dictionary for those that came since the arrays were sorted last. Any thread may
    call it.
    """

    def __init__(self) -> None:
        self._standings: list[Standing] = []
        self._numbers: dict[Standing, int] = {}
        self._high: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._low: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._values: NDArray[np.uint32] = np.zeros(0, np.uint32)
        self._recent: dict[bytes, int] = {}
        self._lock = threading.Lock()

    def add(self, digest: bytes, standing: Standing, attempt: int = 0) -> None:
        """Note an item's end."""
        with self._lock:
            value = self._number(standing) | attempt << 16
            known = self._recent.get(digest)
            if known is None or known >> 16 <= attempt:
                self._recent[digest] = value
            if len(self._recent) > max(_MERGE_LEAST, len(self._high) // 8):
                self._merge()

    def find(self, digests: Sequence[bytes]) -> list[Standing | None]:
        """How each of these ended, None for what is still to be done."""
        with self._lock:
            values = [self._recent.get(digest) for digest in digests]
            if len(self._high):
                for i, value in enumerate(self._look_up(digests)):
                    mine = values[i]
                    if value is not None and (mine is None or mine >> 16 < value >> 16):
                        values[i] = value
        return [None if value is None else self._standings[value & 0xFFFF] for value in values]

    def count(self) -> Counter[Standing]:
        """Items by how they ended, each once."""
        with self._lock:
            self._merge()
        numbers, counts = np.unique(self._values & 0xFFFF, return_counts=True)
        return Counter(
            {self._standings[n]: int(c) for n, c in zip(numbers.tolist(), counts.tolist(), strict=True)}
        )

    def __len__(self) -> int:
        with self._lock:
            self._merge()
            return len(self._high)

    def _number(self, standing: Standing) -> int:
        number = self._numbers.get(standing)
        if number is None:
            number = self._numbers[standing] = len(self._standings)
            self._standings.append(standing)
        return number

    def _look_up(self, digests: Sequence[bytes]) -> list[int | None]:
        high, low = _split(digests)
        starts = np.searchsorted(self._high, high)
        found: list[int | None] = []
        for at, wanted_high, wanted_low in zip(starts.tolist(), high.tolist(), low.tolist(), strict=True):
            value = None
            while at < len(self._high) and self._high[at] == wanted_high:
                if self._low[at] == wanted_low:
                    value = int(self._values[at])  # of equal digests the last is the highest attempt
                at += 1
            found.append(value)
        return found

    def _merge(self) -> None:
        """The recent ones into the arrays; one entry a digest stays."""
        if not self._recent:
            return
        high, low = _split(list(self._recent))
        high = np.concatenate([self._high, high])
        low = np.concatenate([self._low, low])
        values = np.concatenate([self._values, np.fromiter(self._recent.values(), np.uint32)])
        self._recent.clear()
        order = np.lexsort((values >> 16, low, high))
        high, low, values = high[order], low[order], values[order]
        last = np.ones(len(high), bool)
        last[:-1] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        self._high, self._low, self._values = high[last], low[last], values[last]


def _split(digests: Sequence[bytes]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    pairs = np.frombuffer(b"".join(digests), ">u8").reshape(-1, 2).astype(np.uint64)
    return pairs[:, 0], pairs[:, 1]
