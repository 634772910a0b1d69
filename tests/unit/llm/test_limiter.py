"""Limits find a server's capacity and keep it busy: whole jobs in virtual time."""

from __future__ import annotations

import asyncio
import heapq
import random

import pytest
from virtual_time import run_virtually

from docai.llm.latency import LatencyPolicy
from docai.llm.limiter import FixedPolicy, InFlightLimiter, LimitBounds, LimitPolicy
from docai.llm.metrics import Load
from docai.llm.queueing import QueuePolicy
from docai.llm.retry import RetryPolicy, read_retry_after


class Server:
    """Serves `capacity` at once, first come first served, log-normal times."""

    def __init__(self, capacity: int, seed: int, *, prepare_s: float = 0.0) -> None:
        self._room = asyncio.Semaphore(capacity)
        self._chance = random.Random(seed)
        self._prepare_s = prepare_s
        self._preparing = asyncio.Lock()
        self.running = self.waiting = 0
        self.times: list[float] = []

    async def serve(self) -> None:
        time_s = self._chance.lognormvariate(-0.18, 0.6)
        self.times.append(time_s)
        if self._prepare_s:
            async with self._preparing:
                await asyncio.sleep(self._prepare_s)
        self.waiting += 1
        async with self._room:
            self.waiting -= 1
            self.running += 1
            await asyncio.sleep(time_s)
            self.running -= 1


def best_s(times: list[float], capacity: int) -> float:
    """The time of a server that is never idle, in the same order."""
    ends = [0.0] * capacity
    for time_s in times:
        heapq.heapreplace(ends, ends[0] + time_s)
    return max(ends)


async def run_job(
    policy: LimitPolicy, server: Server, count: int, bounds: LimitBounds | None = None
) -> tuple[float, InFlightLimiter]:
    clock = asyncio.get_running_loop().time
    limiter = InFlightLimiter(policy, bounds, clock)

    async def ask() -> None:
        async with limiter.slot() as slot:
            await server.serve()
            slot.replied()

    async def follow() -> None:
        while isinstance(policy, QueuePolicy):
            await asyncio.sleep(0.1 if policy.ramping else 0.5)
            load = Load(server.running, server.waiting)
            limiter.set_limit(policy.follow(limiter.limit, limiter.in_flight, load, busy=limiter.busy))

    following = asyncio.create_task(follow())
    await asyncio.gather(*(ask() for _ in range(count)))
    took_s = clock()
    following.cancel()
    return took_s, limiter


@pytest.mark.parametrize("capacity", [1, 4, 16, 48])
@pytest.mark.parametrize("seed", [0, 1])
def test_by_its_queue_a_server_is_busy_and_never_drowned(capacity: int, seed: int) -> None:
    async def main() -> tuple[float, float, InFlightLimiter]:
        server = Server(capacity, seed)
        took_s, limiter = await run_job(QueuePolicy(), server, 60 * capacity)
        return took_s, best_s(server.times, capacity), limiter

    took_s, ideal_s, limiter = run_virtually(main())
    assert ideal_s / took_s > 0.98
    assert limiter.limit <= capacity * 1.5 + 2
    assert limiter.highest_in_flight <= max(8, 2.5 * capacity)


@pytest.mark.parametrize("capacity", [4, 16, 48])
@pytest.mark.parametrize("seed", [0, 1])
def test_by_latency_alone_a_server_is_busy(capacity: int, seed: int) -> None:
    async def main() -> tuple[float, float, InFlightLimiter]:
        server = Server(capacity, seed)
        took_s, limiter = await run_job(LatencyPolicy(), server, 100 * capacity)
        return took_s, best_s(server.times, capacity), limiter

    took_s, ideal_s, limiter = run_virtually(main())
    assert ideal_s / took_s > 0.95
    assert limiter.highest_in_flight <= max(32, 5 * capacity)


def test_a_small_server_gets_a_small_queue() -> None:
    async def main() -> InFlightLimiter:
        return (await run_job(LatencyPolicy(), Server(1, 3), 300, LimitBounds(start=2)))[1]

    assert run_virtually(main()).highest_in_flight <= 8


def test_a_server_that_is_slow_to_decode_images_is_not_given_ever_more() -> None:
    async def main() -> InFlightLimiter:
        return (await run_job(QueuePolicy(), Server(64, 0, prepare_s=0.1), 1000))[1]

    # Nothing ever waits in its queue, for ten requests a second get that far; more would wait before it.
    assert run_virtually(main()).highest_in_flight <= 64


def test_others_on_the_same_server_are_made_room_for() -> None:
    policy = QueuePolicy()
    assert policy.follow(8, 8, Load(8, 0), busy=True) == 16
    assert policy.follow(64, 64, Load(60, 44), busy=True) < 64
    assert policy.follow(40, 40, Load(60, 0), busy=True) == 40 + policy.wanted_queue(60)
    assert policy.follow(40, 40, Load(40, 0), busy=False) == 40


def test_preempted_requests_lower_the_limit() -> None:
    policy = QueuePolicy()
    policy.follow(64, 64, Load(64, 16, 5), busy=True)
    assert policy.follow(64, 64, Load(64, 16, 5), busy=True) == 64
    assert policy.follow(64, 64, Load(64, 0, 9), busy=True) == 56


@pytest.mark.parametrize("policy", [QueuePolicy(), LatencyPolicy(), FixedPolicy(32)])
def test_an_overload_lowers_the_limit_once_for_all_that_were_under_way(policy: LimitPolicy) -> None:
    async def main() -> tuple[int, int]:
        limiter = InFlightLimiter(policy, LimitBounds(start=32, most=32))

        async def fail() -> None:
            async with limiter.slot() as slot:
                await asyncio.sleep(1)
                slot.overloaded()

        await asyncio.gather(*(fail() for _ in range(32)))
        once = limiter.limit
        await asyncio.gather(*(fail() for _ in range(1)))
        return once, limiter.limit

    once, twice = run_virtually(main())
    assert 16 <= once < 32
    assert twice < once


def test_a_fixed_limit_comes_back_after_an_overload() -> None:
    async def main() -> InFlightLimiter:
        server = Server(8, 0)
        limiter = InFlightLimiter(FixedPolicy(8), LimitBounds(start=8, most=8))
        async with limiter.slot() as slot:
            slot.overloaded()
        assert limiter.limit == 4

        async def ask() -> None:
            async with limiter.slot() as slot:
                await server.serve()
                slot.replied()

        await asyncio.gather(*(ask() for _ in range(100)))
        return limiter

    limiter = run_virtually(main())
    assert limiter.limit == limiter.highest_in_flight == 8


def test_slots_are_given_in_order_and_survive_cancellation() -> None:
    async def main() -> list[int]:
        limiter = InFlightLimiter(FixedPolicy(2), LimitBounds(start=2, most=2))
        order: list[int] = []

        async def ask(number: int) -> None:
            async with limiter.slot():
                order.append(number)
                await asyncio.sleep(1)

        tasks = [asyncio.create_task(ask(n)) for n in range(8)]
        await asyncio.sleep(0.5)
        for number in (1, 2, 5):  # one at work, two in the queue
            tasks[number].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert limiter.in_flight == 0
        assert not limiter.busy
        return order

    assert run_virtually(main()) == [0, 1, 3, 4, 6, 7]


def test_makers_wait_until_there_is_room() -> None:
    async def main() -> tuple[int, int]:
        limiter = InFlightLimiter(FixedPolicy(4), LimitBounds(start=4, most=4))
        made = most = 0
        waiting: set[asyncio.Task[None]] = set()

        async def ask() -> None:
            async with limiter.slot():
                await asyncio.sleep(1)

        for _ in range(100):
            await limiter.wait_room(3)
            made += 1
            task = asyncio.create_task(ask())
            waiting.add(task)
            task.add_done_callback(waiting.discard)
            await asyncio.sleep(0)
            most = max(most, len(waiting))
        await asyncio.gather(*waiting)
        return made, most

    made, most = run_virtually(main())
    assert made == 100
    assert most <= 4 + 3


def test_waits_double_and_scatter() -> None:
    policy = RetryPolicy(first_s=1.0, longest_s=30.0)
    chance = random.Random(0)
    for failures in range(1, 12):
        waits = [policy.wait_s(failures, chance) for _ in range(200)]
        ceiling = min(30.0, 2.0**failures)
        assert 0 <= min(waits) < 0.2 * ceiling
        assert 0.8 * ceiling < max(waits) <= ceiling
    assert 7 <= policy.wait_s(1, chance, retry_after_s=7) <= 8


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT"}, 20),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_servers_say_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert read_retry_after(headers, now=100.0) == seconds
