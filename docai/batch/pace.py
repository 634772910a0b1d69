"""How fast a job goes, what it costs, and how long it will still take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

WINDOW_S = 60.0
"""Rates are of this last stretch: what a job did an hour ago says little about its end."""
_TICK_S = 1.0
_MILLION = Decimal(1_000_000)
_SMALLEST_SUM = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Price:
    """What work costs: `gpu_hour` for each of `gpus`, and a provider's prices by tokens. None: unknown."""

    currency: str = "USD"
    gpu_hour: Decimal | None = None
    gpus: int = 1
    million_prompt_tokens: Decimal | None = None
    million_reply_tokens: Decimal | None = None

    def cost(self, seconds: float, prompt_tokens: float, reply_tokens: float) -> Decimal | None:
        """Of so much time and so many tokens; None where no price is known."""
        rates = (self.gpu_hour, self.million_prompt_tokens, self.million_reply_tokens)
        if all(rate is None for rate in rates):
            return None
        spent = (self.gpu_hour or Decimal(0)) * self.gpus * Decimal(seconds) / 3600
        spent += (self.million_prompt_tokens or Decimal(0)) * Decimal(prompt_tokens) / _MILLION
        spent += (self.million_reply_tokens or Decimal(0)) * Decimal(reply_tokens) / _MILLION
        return spent.quantize(_SMALLEST_SUM)


@dataclass(frozen=True, slots=True)
class Reading:
    """A job's pace at one instant. None: not to be known (yet).

    `utilisation`: the share of the questions that the model server takes at once that was under way, over the
    last minute. `cost`, `cost_left`: in `currency`.
    """

    seconds: float
    pages_per_s: float
    documents_per_s: float
    seconds_left: float | None
    prompt_tokens: int
    reply_tokens: int
    utilisation: float | None
    currency: str
    cost: Decimal | None
    cost_left: Decimal | None

    def as_json(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: round(float(value), 4) if isinstance(value, float | Decimal) else value
            for name, value in values.items()
        }


@dataclass(slots=True)
class Pace:
    """Measures in flat memory. `load` tells how many questions are under way and how many there may be."""

    price: Price = field(default_factory=Price)
    load: Callable[[], tuple[int, int]] | None = None
    clock: Callable[[], float] = time.monotonic
    prompt_tokens: int = 0
    reply_tokens: int = 0
    _started: float = field(default=0.0, init=False)
    _counts: deque[tuple[float, int, int]] = field(default_factory=deque, init=False)
    _loads: deque[tuple[float, float]] = field(default_factory=deque, init=False)

    def __post_init__(self) -> None:
        self._started = self.clock()
        self._counts.append((self._started, 0, 0))

    def add_tokens(self, prompt: int, reply: int) -> None:
        self.prompt_tokens += prompt
        self.reply_tokens += reply

    def note(self, documents: int, pages: int) -> None:
        """How many documents and pages this run has done so far. Cheap: call it as often as something is."""
        now = self.clock()
        if now - self._counts[-1][0] < _TICK_S:
            return
        self._counts.append((now, documents, pages))
        if self.load is not None:
            busy, room = self.load()
            self._loads.append((now, min(1.0, busy / room) if room else 0.0))
        while len(self._counts) > 2 and now - self._counts[1][0] > WINDOW_S:
            self._counts.popleft()
        while self._loads and now - self._loads[0][0] > WINDOW_S:
            self._loads.popleft()

    def read(self, documents: int, pages: int, left: int | None) -> Reading:
        """`documents`, `pages`: done by this run; `left`: documents still to be done, None while the listing
        has not ended."""
        self.note(documents, pages)
        now = self.clock()
        since, documents_then, pages_then = self._counts[0]
        span = max(now - since, 1e-9)
        rate = (documents - documents_then) / span
        seconds = now - self._started
        seconds_left = None
        if left is not None and (rate > 0 or not left):
            seconds_left = left / rate if left else 0.0
        return Reading(
            seconds=seconds,
            pages_per_s=(pages - pages_then) / span,
            documents_per_s=rate,
            seconds_left=seconds_left,
            prompt_tokens=self.prompt_tokens,
            reply_tokens=self.reply_tokens,
            utilisation=sum(load for _, load in self._loads) / len(self._loads) if self._loads else None,
            currency=self.price.currency,
            cost=self.price.cost(seconds, self.prompt_tokens, self.reply_tokens),
            cost_left=self._cost_left(documents, left, seconds_left),
        )

    def _cost_left(self, documents: int, left: int | None, seconds_left: float | None) -> Decimal | None:
        """Documents to come cost what the ones done did."""
        if left is None or seconds_left is None or not documents:
            return None
        share = left / documents
        return self.price.cost(seconds_left, self.prompt_tokens * share, self.reply_tokens * share)
