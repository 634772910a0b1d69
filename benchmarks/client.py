"""Keeping a server busy: achieved ÷ ideal throughput of docai's client, of thread pools, and page by page.

    python benchmarks/client.py [--pages 2000] [--capacity 32] [--mean-s 0.5] [--sigma 0.6] [--image-kb 60]

An HTTP server in a process of its own works on `capacity` requests at once and lets the others queue. Times
of work are log-normal and the same for everybody, page by page, scaled down so that a contender takes half a
minute; a real page takes some ten times longer, so that what the client itself costs weighs ten times more
here. Ideal: the time that the same pages in the same order take on `capacity` places that are never idle
(list scheduling; its last seconds, when pages run out, are no client's fault). A contender that would take
long does fewer pages, its ideal being that of the same pages. Prints markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection

from docai.llm.chat import ChatRequest, ImagePart, Message
from docai.llm.client import OpenAIClient
from docai.llm.scripted import log_normal_times, make_script
from docai.llm.scripted_server import ScriptedServer, ServerTraits
from docai.llm.settings import ClientSettings

ANSWER = '{"claims": []}'


@dataclass(frozen=True, slots=True)
class Job:
    pages: int
    capacity: int
    mean_s: float
    sigma: float
    image_bytes: int

    def times(self) -> list[float]:
        draw = log_normal_times(self.mean_s, self.sigma)
        return [draw(number) for number in range(self.pages)]

    def ideal_s(self) -> float:
        ends = [0.0] * self.capacity
        for time_s in self.times():
            heapq.heapreplace(ends, ends[0] + time_s)
        return max(ends)

    def request(self, page: int) -> ChatRequest:
        image = ImagePart(page.to_bytes(8, "big") * (self.image_bytes // 8))
        return ChatRequest((Message("user", (image, "What does this page say?")),), timeout_s=120.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    seconds: float
    cpu_s: float
    most_running: int
    most_waiting: int


def serve(job: Job, metrics: bool, pipe: Connection) -> None:
    """The server's process: sends its address, and its counters when asked to stop."""

    async def main() -> None:
        script = make_script(lambda request: ANSWER, service_s=log_normal_times(job.mean_s, job.sigma))
        async with ScriptedServer(script, ServerTraits(capacity=job.capacity, metrics=metrics)) as server:
            pipe.send(server.base_url)
            await asyncio.to_thread(pipe.recv)
            pipe.send((server.most_running, server.most_waiting, server.replied))

    asyncio.run(main())


def contend(job: Job, run: Callable[[Job, str], tuple[float, float]], *, metrics: bool = True) -> Outcome:
    """Run one contender against a fresh server."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(job, metrics, there))
    process.start()
    try:
        seconds, cpu_s = run(job, here.recv())
        here.send("stop")
        running, waiting, replied = here.recv()
    finally:
        process.join(10)
    if replied != job.pages:
        raise SystemExit(f"{replied} replies to {job.pages} pages")
    return Outcome(seconds, cpu_s, running, waiting)


def run_docai(job: Job, base_url: str) -> tuple[float, float]:
    async def main() -> tuple[float, float]:
        async with OpenAIClient(ClientSettings(base_url)) as client:
            asking: set[asyncio.Task[object]] = set()
            started_s, cpu_s = time.perf_counter(), time.process_time()
            for page in range(job.pages):
                await client.wait_room()
                task: asyncio.Task[object] = asyncio.create_task(client.complete(job.request(page)))
                asking.add(task)
                task.add_done_callback(asking.discard)
                await asyncio.sleep(0)
            await asyncio.gather(*asking)
            return time.perf_counter() - started_s, time.process_time() - cpu_s

    return asyncio.run(main())


def run_threads(workers: int | None) -> Callable[[Job, str], tuple[float, float]]:
    """The usual way: a thread pool around `openai`'s blocking client."""

    def run(job: Job, base_url: str) -> tuple[float, float]:
        import openai

        from docai.llm.forms import write_body

        client = openai.OpenAI(base_url=base_url, api_key="none", max_retries=0)

        def ask(page: int) -> str:
            body = write_body(job.request(page), "scripted", "vllm")
            return client.post("/chat/completions", cast_to=str, body=body)

        started_s, cpu_s = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(workers) as pool:
            for _ in pool.map(ask, range(job.pages)):
                pass
        return time.perf_counter() - started_s, time.process_time() - cpu_s

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--capacity", type=int, default=32)
    parser.add_argument("--mean-s", type=float, default=0.5)
    parser.add_argument("--sigma", type=float, default=0.6)
    parser.add_argument("--image-kb", type=int, default=60)
    parser.add_argument("--only-docai", action="store_true")
    options = parser.parse_args()

    def job(share: float = 1.0) -> Job:
        pages = max(options.capacity, round(options.pages * share))
        return Job(pages, options.capacity, options.mean_s, options.sigma, options.image_kb * 1000)

    contenders: list[tuple[str, Job, Callable[[Job, str], tuple[float, float]], bool]] = [
        ("docai, following /metrics", job(), run_docai, True),
        ("docai, server without /metrics", job(), run_docai, False),
    ]
    if not options.only_docai:
        contenders += [
            ("thread pool of default size", job(0.25), run_threads(None), True),
            ("thread pool, 2 x capacity", job(), run_threads(2 * options.capacity), True),
            ("one page at a time", job(0.03), run_threads(1), True),
        ]
    print(f"capacity {options.capacity}, mean {options.mean_s} s, sigma {options.sigma}\n")
    heads = ("client", "pages", "ideal s", "took s", "achieved / ideal", "most running", "most waiting")
    print(f"| {' | '.join(heads)} | CPU ms a page |")
    print("|---|---|---|---|---|---|---|---|")
    for name, task, run, metrics in contenders:
        outcome = contend(task, run, metrics=metrics)
        ideal_s = task.ideal_s()
        cells = (
            name,
            task.pages,
            f"{ideal_s:.1f}",
            f"{outcome.seconds:.1f}",
            f"{ideal_s / outcome.seconds:.3f}",
            outcome.most_running,
            outcome.most_waiting,
            f"{1000 * outcome.cpu_s / task.pages:.1f}",
        )
        print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
