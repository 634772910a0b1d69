"""A limit by the server's own queue, for servers whose `/metrics` shows it."""

from __future__ import annotations

import math

from docai.llm.limiter import Sample
from docai.llm.metrics import Load


class QueuePolicy:
    """Keep the server's own queue short but not empty: then it is never idle and never has too much.

    Replies alone change nothing; `follow` does, with what `/metrics` shows. Doubles until the server queues.
    """

    def __init__(self) -> None:
        self._ramping = True
        self._preemptions: int | None = None

    @property
    def ramping(self) -> bool:
        """Whether the limit still doubles: then look at the metrics often."""
        return self._ramping

    def on_reply(self, limit: int, sample: Sample, *, sent: int, busy: bool) -> int:
        return limit

    def on_overload(self, limit: int) -> int:
        self._ramping = False
        return max(1, limit * 2 // 3)

    def follow(self, limit: int, in_flight: int, load: Load, *, busy: bool) -> int:
        """The next limit. `in_flight` are our own requests; others' count in `load` as well."""
        preempted = self._preemptions is not None and load.preemptions > self._preemptions
        self._preemptions = load.preemptions
        if preempted:
            # Memory ran out under the requests at work: less at once is more done.
            self._ramping = False
            return max(1, limit - max(1, limit // 8))
        wanted = self.wanted_queue(load.running)
        if load.waiting > 2 * wanted:
            self._ramping = False
            # Others fill the queue as well: we go back by our share of what is too much.
            share = min(1.0, in_flight / (load.running + load.waiting))
            return max(1, min(limit, in_flight) - math.ceil(share * (load.waiting - wanted)))
        if load.waiting >= wanted:
            self._ramping = False
            return limit
        # What has reached neither state is still on its way, or the server prepares its images; more would
        # not help it.
        unseen = in_flight - load.running - load.waiting
        if not busy or in_flight < limit or unseen > max(4, limit // 2):
            return limit
        if load.waiting:
            self._ramping = False
        return limit * 2 if self._ramping else limit + wanted - load.waiting

    @staticmethod
    def wanted_queue(running: int) -> int:
        """How many should wait in the server: a quarter of those at work, 2 to 32.

        An eighth is enough where a request queues at once; a server that takes a while to decode its images
        needs the rest.
        """
        return max(2, min(32, running // 4))
