"""The model client behind a network that breaks: every question has its own answer, whole."""

from __future__ import annotations

import asyncio

import pytest
from services.fault_proxy import Chances, FaultProxy

from docai.llm.chat import ChatRequest, Message, Reply
from docai.llm.client import OpenAIClient
from docai.llm.retry import RetryPolicy
from docai.llm.scripted import make_script
from docai.llm.scripted_server import ScriptedServer, ServerTraits
from docai.llm.settings import ClientSettings

CHANCES = Chances(errors=0.15, truncated=0.05, slow=0.02, slow_s=0.02, reordered=0.05)
_QUESTIONS = 120


def answer(request: ChatRequest) -> str:
    return f"answer to {request.messages[-1].parts[-1]} " * 20


@pytest.mark.parametrize("seed", [1, 2])
def test_every_question_has_its_own_answer(seed: int) -> None:
    async def pass_at_once(seconds: float) -> None:
        await asyncio.sleep(0)

    async def ask_all() -> list[Reply]:
        async with ScriptedServer(make_script(answer), ServerTraits(capacity=8)) as server:
            with FaultProxy(f"127.0.0.1:{server.port}", CHANCES, seed) as proxy:
                settings = ClientSettings(f"{proxy.url}/v1", retry=RetryPolicy(attempts=8))
                async with OpenAIClient(settings, sleep=pass_at_once) as client:
                    requests = [ChatRequest((Message("user", (f"q{n}",)),)) for n in range(_QUESTIONS)]
                    replies = await asyncio.gather(*map(client.complete, requests))
                counts.update(proxy.counts)
                return replies

    counts: dict[str, int] = {}
    replies = asyncio.run(ask_all())
    assert [reply.text for reply in replies] == [f"answer to q{n} " * 20 for n in range(_QUESTIONS)]
    assert {"reset", "lost", "busy", "truncated"} <= set(counts)
