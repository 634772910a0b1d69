"""Questions beside other work: one loop, tiles from the workers, back-pressure, and what ends a job."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from docai.batch.asking import AskingPool, AskTask, EventLoop, RunInPool
from docai.errors import DocumentError, ServiceError
from docai.pages.isolation import InlinePool


@pytest.fixture
def events() -> Iterator[EventLoop]:
    loop = EventLoop()
    yield loop
    loop.close()


async def no_wait() -> None:
    return None


def work(task: Any) -> Any:
    if task == "broken":
        raise DocumentError("crashed", "the page cannot be drawn")
    return f"{task} done"


def make_pool(events: EventLoop, ask: Any, wait_room: Any = no_wait) -> AskingPool:
    return AskingPool(InlinePool(lambda: work), events, ask, wait_room)


def drain(pool: AskingPool) -> dict[int, Any]:
    found: dict[int, Any] = {}
    while results := pool.wait():
        found.update(results)
    return found


def test_questions_and_tasks_come_back_under_their_own_tickets(events: EventLoop) -> None:
    async def ask(question: Any, run: RunInPool) -> Any:
        return question, await run(f"tiles of {question}")

    pool = make_pool(events, ask)
    tickets = [pool.submit(AskTask("a", "u")), pool.submit("read"), pool.submit(AskTask("b", "u"))]
    assert drain(pool) == dict(
        zip(tickets, [("a", "tiles of a done"), "read done", ("b", "tiles of b done")], strict=True)
    )
    assert pool.wait() == []


def test_only_a_few_pages_have_their_tiles_made_ahead_of_the_server(events: EventLoop) -> None:
    making: list[int] = []
    room = asyncio.Semaphore(0)

    async def ask(question: Any, run: RunInPool) -> Any:
        making.append(question)
        return await run(question)

    pool = make_pool(events, ask, room.acquire)
    for number in range(20):
        pool.submit(AskTask(number, "u"))
    assert events.run(asyncio.sleep(0)) is None
    assert making == []
    for _ in range(20):
        events.loop.call_soon_threadsafe(room.release)
    assert sorted(drain(pool).values()) == sorted(f"{n} done" for n in range(20))


def test_tiles_that_cannot_be_made_cost_the_page(events: EventLoop) -> None:
    async def ask(question: Any, run: RunInPool) -> Any:
        return await run("broken")

    pool = make_pool(events, ask)
    pool.submit(AskTask("a", "u"))
    (error,) = drain(pool).values()
    assert isinstance(error, DocumentError)
    assert error.code == "crashed"


def test_errors_come_back_as_results_and_surprises_as_document_errors(events: EventLoop) -> None:
    async def ask(question: Any, run: RunInPool) -> Any:
        raise question

    pool = make_pool(events, ask)
    gone = pool.submit(AskTask(ServiceError("no-server", "gone"), "u"))
    bug = pool.submit(AskTask(KeyError("bug"), "u"))
    found = drain(pool)
    assert isinstance(found[gone], ServiceError)
    assert isinstance(found[bug], DocumentError)
    assert found[bug].code == "internal"


def test_closing_gives_up_what_is_under_way() -> None:
    events = EventLoop()

    async def ask(question: Any, run: RunInPool) -> Any:
        await asyncio.Event().wait()

    make_pool(events, ask).submit(AskTask("a", "u"))
    events.close()
    assert events.loop.is_closed()
