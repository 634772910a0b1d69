"""Shares of the listing to actors on a cluster, as many as there is room for; lost ones are given again."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from docai import __version__
from docai.batch.chunks import Feed
from docai.batch.events import Event
from docai.batch.memory import BatchMemory
from docai.batch.ray.station import Report, Share, Station
from docai.batch.runner import Build
from docai.batch.scheduling import describe_failure
from docai.batch.store.layout import name_failure
from docai.batch.tally import Tally
from docai.errors import ConfigError, DocaiError, DocumentError, ServiceError
from docai.types import Outcome, SourceItem, under_uri

SHARES_AHEAD = 2
"""A station has its next share at hand when it is done with one."""
MOST_LOSSES = 2
"""Of stations under one document alone: then it is set aside with that cause."""
MOST_LOST_IN_A_ROW = 20
"""Stations lost without one report between: then it is the cluster, and no document."""
WAIT_S = 1.0
END_S = 10.0

OpenStation = Callable[[Build], AbstractContextManager[Station]]


class StationActor:
    """A station as an actor. What it raises comes back as a value, for Ray would wrap it."""

    def __init__(self, open_station: OpenStation, build: Build) -> None:
        self._context = open_station(build)
        self._station: Station | None = None

    def begin(self) -> str | DocaiError:
        """Start the workers; this side's version of docai."""
        try:
            self._station = self._context.__enter__()
        except DocaiError as error:
            return error
        return __version__

    def work(self, share: Share) -> Report | DocaiError:
        assert self._station is not None
        try:
            return self._station.work(share)
        except DocaiError as error:
            return error

    def end(self) -> None:
        self._context.__exit__(None, None, None)


@dataclass(slots=True)
class _Seat:
    actor: Any
    ready: bool = False
    shares: dict[Any, Share] = field(default_factory=dict)


@dataclass(slots=True)
class RayRunner:
    """Satisfies `JobRunner`. `ray`: the module, connected. `open_station` is picklable and makes a station's
    parts where it stands. `stations`: at most so many, one processor each. `memory` has begun.
    """

    ray: Any
    memory: BatchMemory
    tally: Tally
    open_station: OpenStation
    stations: int
    attempt_of: Callable[[SourceItem], int] = lambda item: 0
    on_work: Callable[[], None] = lambda: None
    on_event: Callable[[Event], None] = lambda event: None
    _seats: list[_Seat] = field(default_factory=list, init=False)
    _waiting: dict[Any, _Seat] = field(default_factory=dict, init=False)
    _todo: deque[Share] = field(default_factory=deque, init=False)
    _losses: Counter[SourceItem] = field(default_factory=Counter, init=False)
    _lost_in_a_row: int = field(default=0, init=False)
    _fed_all: bool = field(default=False, init=False)
    _worked: bool = field(default=False, init=False)

    def run(self, build: Build, items: Iterable[SourceItem]) -> Iterator[Outcome]:
        """Outcomes as they are kept. Closing the iterator ends the stations; what was kept stays."""
        memory = self.memory
        feed = Feed(
            items, memory.known, memory.claims, refresh=memory.refresh, others=lambda: memory.beats.others
        )
        try:
            while True:
                self._draw(feed)
                if not self._todo and not any(seat.shares for seat in self._seats):
                    if self._fed_all:
                        break
                    continue
                self._staff(build)
                self._give()
                yield from self._collect()
                self.tally.note()
        finally:
            feed.stop()
            self._dismiss()

    def _draw(self, feed: Feed) -> None:
        """Take from the listing what the stations can be given next, and a little more."""
        while not self._fed_all and len(self._todo) < 2 + len(self._seats):
            items = feed.next()
            self.tally.listed, self.tally.listed_all = feed.listed, feed.listed_all
            self.tally.unchanged = Counter(feed.unchanged)
            if items is None:
                self._fed_all = True
            elif items:
                if not self._worked:
                    self._worked = True
                    self.on_work()
                self._todo.append(Share(tuple(items), tuple(self.attempt_of(item) for item in items)))
            else:
                return

    def _staff(self, build: Build) -> None:
        """A further station while there is more to do than the present ones are given."""
        room = sum(SHARES_AHEAD - len(seat.shares) for seat in self._seats)
        if len(self._seats) >= self.stations or len(self._todo) <= room:
            return
        actor_class = self.ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(StationActor)
        seat = _Seat(actor_class.remote(self.open_station, build))
        self._seats.append(seat)
        self._waiting[seat.actor.begin.remote()] = seat

    def _give(self) -> None:
        for ahead in range(SHARES_AHEAD):
            for seat in self._seats:
                if self._todo and seat.ready and len(seat.shares) <= ahead:
                    share = self._todo.popleft()
                    ticket = seat.actor.work.remote(share)
                    seat.shares[ticket] = share
                    self._waiting[ticket] = seat

    def _collect(self) -> Iterator[Outcome]:
        done, _ = self.ray.wait(list(self._waiting), num_returns=1, timeout=WAIT_S)
        if not done and not any(seat.ready for seat in self._seats):
            self._check_node()
        for ticket in done:
            seat = self._waiting.pop(ticket, None)
            if seat is None:  # a seat that was lost together with another ticket
                continue
            try:
                result = self.ray.get(ticket)
            except self.ray.exceptions.RayError as error:
                yield from self._lose(seat, error)
                continue
            if isinstance(result, DocaiError):
                raise result
            if isinstance(result, Report):
                self._lost_in_a_row = 0
                del seat.shares[ticket]
                yield from self._take(result)
            else:
                _check_version(result)
                seat.ready = True

    def _check_node(self) -> None:
        """Without the node that this process belongs to, no station will ever come."""
        mine = self.ray.get_runtime_context().get_node_id()
        if any(node["NodeID"] == mine and node["Alive"] for node in self.ray.nodes()):
            return
        raise ServiceError(
            "ray-unreachable",
            "the node of the cluster that this job belongs to is gone",
            stage="batch",
            hint="run again to go on",
        )

    def _take(self, report: Report) -> Iterator[Outcome]:
        self.tally.add(report.tally)
        for event in report.events:
            self.on_event(event)
        yield from report.outcomes

    def _lose(self, seat: _Seat, error: Exception) -> Iterator[Outcome]:
        """A station is gone, with its node or by its documents: they are given again, each alone if it was
        one of them that did it."""
        self._seats.remove(seat)
        self._waiting = {ticket: other for ticket, other in self._waiting.items() if other is not seat}
        self._lost_in_a_row += 1
        told = " ".join(str(error).split())[:300]
        if self._lost_in_a_row >= MOST_LOST_IN_A_ROW:
            raise ServiceError(
                "ray-stations-lost",
                f"{self._lost_in_a_row} workers of the cluster died one after the other: {told}",
                stage="batch",
                hint="see the cluster's logs for memory and for images that lack docai; run again to go on",
            )
        self.on_event(Event("notice", "", text=f"a worker of the cluster is lost: {type(error).__name__}"))
        self.tally.deaths += 1
        for position, share in enumerate(seat.shares.values()):
            # The first was being worked at; the next one had not begun.
            if position:
                self._todo.appendleft(share)
            elif len(share.items) > 1:
                self._todo.extendleft(share.split())
            else:
                self._losses[share.items[0]] += 1
                if self._losses[share.items[0]] < MOST_LOSSES:
                    self._todo.append(share)
                else:
                    yield from self._set_aside(share)

    def _set_aside(self, share: Share) -> Iterator[Outcome]:
        """A document that took its station down twice, alone: its outcome is that failure."""
        [item], [attempt] = share.items, share.attempts
        error = DocumentError(
            "crashed",
            f"its worker of the cluster died {MOST_LOSSES} times",
            document=item.uri,
            stage="batch",
            hint="give workers more memory, then docai batch retry --code crashed",
        )
        work = name_failure(self.memory.recipe, item)
        stored = self.memory.outcomes.create(work, None, (describe_failure(error, item.uri),), attempt)
        entry = self.memory.enter(item, stored, attempt=attempt)
        self.tally.ended[entry.standing] += 1
        outcomes = tuple(under_uri(outcome, item.uri) for outcome in stored.outcomes)
        self.on_event(Event("done", item.uri, outcomes=outcomes))
        yield from outcomes

    def _dismiss(self) -> None:
        """End the stations, whatever they are at: all that counts is kept. Idle ones clear up."""
        ends = [seat.actor.end.remote() for seat in self._seats if seat.ready and not seat.shares]
        if ends:
            self.ray.wait(ends, num_returns=len(ends), timeout=END_S)
        for seat in self._seats:
            self.ray.kill(seat.actor, no_restart=True)
        self._seats.clear()
        self._waiting.clear()


def _check_version(there: str) -> None:
    if there != __version__:
        raise ConfigError(
            "ray-other-docai",
            f"the cluster has docai {there}, this is {__version__}",
            stage="batch",
            hint="use one image for head and workers (docker/ray/README.md)",
        )
