"""The client for one OpenAI-compatible server: vLLM first, and whatever else speaks its language.

One process owns a client, and with it the limit of what is under way at its server.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from types import TracebackType
from typing import Protocol, Self

from docai.errors import DocaiError, ServiceError
from docai.llm.chat import ChatRequest, Reply
from docai.llm.faults import AWAY, LOST, OVERLOAD, PATIENT, RETRIED, SLOW
from docai.llm.forms import Dialect, read_json, read_reply, write_body
from docai.llm.latency import LatencyPolicy
from docai.llm.limiter import FixedPolicy, InFlightLimiter, LimitBounds, LimitPolicy, Slot
from docai.llm.metrics import Load, read_load
from docai.llm.queueing import QueuePolicy
from docai.llm.server import ServerInfo, choose_model, read_models, read_version, version_path
from docai.llm.settings import ClientSettings
from docai.llm.transport import RequestFailed, Transport

_RAMP_POLL_S, _POLL_S = 0.1, 0.5
_LOST_METRICS = 5
# vLLM works on far more at once; Ollama and llama.cpp on one to four unless told otherwise.
_STARTS: dict[Dialect, int] = {"vllm": 16, "ollama": 2, "llama.cpp": 2}
_START = 8
_SUSPECT_LOSSES = 2
_TELL_EVERY_S = 60.0


class Limit(Protocol):
    """How many requests may be under way at a server, and how many are."""

    @property
    def limit(self) -> int: ...

    @property
    def in_flight(self) -> int: ...


class ServerClient(Protocol):
    """A client of one server: a `ModelClient` that knows whom it asks and how much may be asked at once."""

    settings: ClientSettings
    name: str
    info: ServerInfo

    @property
    def limiter(self) -> Limit: ...

    async def start(self) -> ServerInfo: ...

    async def close(self) -> None: ...

    async def complete(self, request: ChatRequest) -> Reply: ...

    async def wait_room(self, ahead: int = 2) -> None: ...


class OpenAIClient:
    """Satisfies `ServerClient`. Use as an asynchronous context manager, or call `start` and `close`.

    `tell` gets a line for the user when docai waits for the server and when it goes on. Requests may be given
    all at once: the limiter holds them back.
    """

    def __init__(
        self,
        settings: ClientSettings,
        *,
        tell: Callable[[str], None] = lambda message: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        seed: int | None = None,
    ) -> None:
        self.settings = settings
        self.name = settings.model or ""
        self.info = ServerInfo("openai", (), {})
        self.limiter = InFlightLimiter(LatencyPolicy())
        self._tell = tell
        self._sleep = sleep
        self._chance = random.Random(seed)
        self._transport = Transport(settings)
        self._follower: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[str] | None = None
        self._suspects = asyncio.Lock()
        self._told_s = -math.inf

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> ServerInfo:
        """Wait until the server is ready, choose the model, and begin to follow its load.

        Raises `ServiceError` if it does not get ready in time, `ConfigError` for what waiting does not cure.
        """
        self.info = read_models(read_json(await self.wait_ready(self.settings.start_s)))
        self.name = choose_model(self.info, self.settings.model, self.settings.base_url)
        policy: LimitPolicy = QueuePolicy() if await self.read_load() else LatencyPolicy()
        if self.settings.in_flight:
            policy = FixedPolicy(self.settings.in_flight)
        self.limiter = InFlightLimiter(policy, self._choose_bounds())
        if isinstance(policy, QueuePolicy):
            self._follower = asyncio.create_task(self._follow(policy))
        return self.info

    async def close(self) -> None:
        for task in (self._follower, self._watch):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError, DocaiError):
                    await task
        await self._transport.close()

    async def complete(self, request: ChatRequest) -> Reply:
        """Ask, and ask again where that may help. Raises `ServiceError` or `ConfigError`."""
        tries = failures = losses = 0
        waited_s = 0.0
        while True:
            try:
                return await self._attempt(request, losses)
            except RequestFailed as failed:
                error, after_s = failed.error, failed.after_s
            tries += 1
            failures += error.code not in PATIENT
            losses += error.code == LOST.code
            if not self._may_retry(error, failures, waited_s):
                raise error
            if error.code in AWAY:
                await self.wait_ready(self.settings.away_s)
            if error.code in OVERLOAD:
                self._tell_slowing(error)
            pause_s = self.settings.retry.wait_s(tries, self._chance, after_s)
            await self._sleep(pause_s)
            waited_s += pause_s

    async def _attempt(self, request: ChatRequest, losses: int) -> Reply:
        """Ask once. A request under which the server went away twice may be what kills it: such ones go one
        at a time, so that the innocent among them do not use up their attempts together."""
        async with self._suspects if losses >= _SUSPECT_LOSSES else nullcontext():
            if self._watch is not None and not self._watch.done():
                await self.wait_ready(self.settings.away_s)
            async with self.limiter.slot() as slot:
                return await self._ask(request, slot)

    def _tell_slowing(self, error: DocaiError) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._told_s > _TELL_EVERY_S:
            self._told_s = now_s
            self._tell(f"{error.message}; going on with {self.limiter.limit} requests at once")

    async def wait_room(self, ahead: int = 2) -> None:
        """Return when fewer than `ahead` requests wait for a slot: back-pressure for who makes them."""
        await self.limiter.wait_room(ahead)

    async def wait_ready(self, patience_s: float) -> str:
        """Return what `/models` says as soon as it says it. Callers at the same time share one watch.

        Raises `ServiceError` (the last cause) after `patience_s`, `ConfigError` at once.
        """
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._watch_server(patience_s))
        return await asyncio.shield(self._watch)

    async def read_load(self) -> Load | None:
        """The server's load if it publishes one."""
        try:
            return read_load(await self._transport.get_metrics())
        except RequestFailed:
            return None

    async def read_version(self) -> str | None:
        """The server's version if it tells one."""
        try:
            return read_version(read_json(await self._transport.get_beside(version_path(self.info.dialect))))
        except (RequestFailed, ServiceError):
            return None

    def _may_retry(self, error: DocaiError, failures: int, waited_s: float) -> bool:
        if error.code in PATIENT:
            return waited_s < self.settings.away_s
        retry = self.settings.retry
        most = min(retry.attempts, retry.slow_attempts) if error.code in SLOW else retry.attempts
        return error.code in RETRIED and failures < most

    async def _ask(self, request: ChatRequest, slot: Slot) -> Reply:
        # Written only now: a body holds its images a second time, and many requests may wait for a slot.
        body = write_body(request, self.name, self.info.dialect, self.settings.schema_form)
        timeout_s = request.timeout_s or self.settings.timeout_s
        started_s = time.perf_counter()
        try:
            text = await self._transport.post_chat(body, timeout_s, self.name)
            reply = read_reply(text, time.perf_counter() - started_s)
        except ServiceError as error:
            raise RequestFailed(error, None) from None
        except RequestFailed as failed:
            if failed.error.code in OVERLOAD:
                slot.overloaded()
            raise
        slot.replied()
        return reply

    async def _watch_server(self, patience_s: float) -> str:
        """Ask for the models until they come; tell the user when that takes time, and when they are there."""
        waited_s, pause_s, told = 0.0, 0.5, False
        while True:
            try:
                text = await self._transport.get_models()
                read_json(text)
            except (RequestFailed, ServiceError) as failed:
                error = failed.error if isinstance(failed, RequestFailed) else failed
                if not isinstance(error, ServiceError) or waited_s >= patience_s:
                    raise error from None
                if not told:
                    self._tell(f"waiting for the server: {error.message}")
                told = True
            else:
                if told:
                    self._tell(f"{self.settings.base_url} answers again")
                return text
            await self._sleep(pause_s)
            waited_s, pause_s = waited_s + pause_s, min(pause_s * 1.5, 5.0)

    async def _follow(self, policy: QueuePolicy) -> None:
        """Move the limit with the server's queue; by latency once the server publishes it no more."""
        missed = 0
        while missed < _LOST_METRICS:
            await asyncio.sleep(_RAMP_POLL_S if policy.ramping else _POLL_S)
            limiter = self.limiter
            if not limiter.in_flight or (self._watch is not None and not self._watch.done()):
                continue
            load = await self.read_load()
            missed = missed + 1 if load is None else 0
            if load is not None:
                limiter.set_limit(policy.follow(limiter.limit, limiter.in_flight, load, busy=limiter.busy))
        self.limiter.policy = LatencyPolicy()

    def _choose_bounds(self) -> LimitBounds:
        if self.settings.in_flight:
            return LimitBounds(self.settings.in_flight, self.settings.in_flight)
        return self.settings.bounds or LimitBounds(start=_STARTS.get(self.info.dialect, _START))
