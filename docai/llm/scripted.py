"""A model that answers from a script: for tests, benchmarks, and trying docai without a GPU.

`ScriptedModel` stands behind the same protocol as the real client; `scripted_server.ScriptedServer` says the
same over HTTP. Both serve a number of requests at once, let the others queue, and fail as they are told.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeAlias

from docai.errors import DocaiError
from docai.llm import faults
from docai.llm.chat import ChatRequest, FinishReason, ImagePart, Reply, TokenLogprob, Usage

FaultKind: TypeAlias = Literal[
    "reset", "cut", "silent", "rate-limit", "overload", "error", "garbage",
    "truncated", "whitespace", "repetition", "empty", "refusal",
]  # fmt: skip

_ERRORS: dict[str, faults.Fault] = {
    "reset": faults.LOST,
    "cut": faults.LOST,
    "silent": faults.TIMEOUT,
    "rate-limit": faults.BUSY,
    "overload": faults.DOWN,
    "error": faults.BROKEN,
    "garbage": faults.GARBLED,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer. `service_s`: seconds of work once it is its turn. `fault`: how it goes wrong."""

    text: str
    service_s: float = 0.0
    fault: FaultKind | None = None
    finish_reason: FinishReason = "stop"
    usage: Usage | None = None
    logprobs: tuple[TokenLogprob, ...] | None = None
    retry_after_s: float | None = None


class Script(Protocol):
    """What the model answers to its `number`-th request, from 0; retries are requests of their own."""

    def __call__(self, request: ChatRequest, number: int) -> Turn: ...


def make_script(
    answer: Callable[[ChatRequest], str],
    *,
    service_s: Callable[[int], float] = lambda number: 0.0,
    faulty: Mapping[FaultKind, float] | None = None,
    seed: int = 0,
) -> Script:
    """A script of an answer to each request, seconds by number, and a share of requests for each fault."""
    shares = dict(faulty or {})

    def play(request: ChatRequest, number: int) -> Turn:
        chance = random.Random(f"{seed}:{number}").random()
        fault: FaultKind | None = None
        for kind, share in shares.items():
            if chance < share:
                fault = kind
                break
            chance -= share
        return Turn(answer(request), service_s(number), fault)

    return play


def log_normal_times(mean_s: float, sigma: float = 0.6, seed: int = 0) -> Callable[[int], float]:
    """Seconds of work of the n-th request, log-normal, the same in every run."""

    def draw(number: int) -> float:
        return mean_s * random.Random(f"{seed}:{number}").lognormvariate(-sigma * sigma / 2, sigma)

    return draw


def make_reply(turn: Turn, request: ChatRequest, model: str, image_tokens: int = 280) -> Reply:
    """The reply that a turn becomes, broken as its fault says where that shows in the text."""
    text, finish = _break_text(turn)
    images = sum(isinstance(part, ImagePart) for m in request.messages for part in m.parts)
    letters = sum(len(part) for m in request.messages for part in m.parts if isinstance(part, str))
    logprobs = turn.logprobs or _make_logprobs(text)
    usage = turn.usage or Usage(images * image_tokens + letters // 4, max(1, len(text) // 4))
    return Reply(text, usage, finish, logprobs if request.logprobs else None, model)


def _break_text(turn: Turn) -> tuple[str, FinishReason]:
    match turn.fault:
        case "truncated":
            return turn.text[: len(turn.text) * 2 // 3], "length"
        case "whitespace":
            return turn.text[: len(turn.text) // 2] + "\n  " * 400, "length"
        case "repetition":
            half = turn.text[: max(1, len(turn.text) // 2)]
            return half + half[-40:] * 60, "length"
        case "empty":
            return "", "stop"
        case "refusal":
            return "I cannot help with that.", "refusal"
        case _:
            return turn.text, turn.finish_reason


def _make_logprobs(text: str) -> tuple[TokenLogprob, ...]:
    """Tokens of a few bytes; what a grammar forces scores 0, the rest a little less."""
    data = text.encode()
    pieces = [data[i : i + 4] for i in range(0, len(data), 4)]
    return tuple(TokenLogprob(p, 0.0 if not any(c in b'"{}[]:,' for c in p) else -0.05) for p in pieces)


class ScriptedModel:
    """Satisfies `ModelClient`: at most `capacity` requests are worked on, the others queue.

    `asked` keeps the requests. A fault of the network is raised as the error that the real client would
    raise after its last attempt.
    """

    def __init__(
        self,
        script: Script,
        *,
        name: str = "scripted",
        capacity: int = 8,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.asked: list[ChatRequest] = []
        self._script = script
        self._sleep = sleep
        self._room = asyncio.Semaphore(capacity)

    @classmethod
    def from_replies(cls, *replies: str | DocaiError) -> ScriptedModel:
        """Answers one reply after the other; an error is raised. Asked more often, it raises IndexError."""
        queue = deque(replies)

        def play(request: ChatRequest, number: int) -> Turn:
            reply = queue.popleft()
            if isinstance(reply, DocaiError):
                raise reply
            return Turn(reply)

        return cls(play)

    async def complete(self, request: ChatRequest) -> Reply:
        number = len(self.asked)
        self.asked.append(request)
        started_s = time.perf_counter()
        async with self._room:
            turn = self._script(request, number)
            await self._sleep(turn.service_s)
        if turn.fault in _ERRORS:
            fault = _ERRORS[turn.fault]
            raise fault.kind(fault.code, fault.message, stage="extraction", hint=fault.hint)
        return replace(make_reply(turn, request, self.name), seconds=time.perf_counter() - started_s)

    async def close(self) -> None:
        """Nothing to close."""
