"""docai's client against a real vLLM: tokens, logprobs, refusals in the server's own words, load."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from vllm_server import CONTEXT_TOKENS, IMAGES, MODEL, VllmServer

from docai.errors import ConfigError
from docai.extraction.vlm.sheets import SheetPart, make_sheet
from docai.imaging.encoding import encode_png
from docai.imaging.profiles import find_profile
from docai.llm.chat import ChatRequest, ImagePart, Message, Reply
from docai.llm.client import OpenAIClient
from docai.llm.faults import read_image_limit
from docai.llm.logprobs import FORCED_LOGPROB, TokenIndex
from docai.llm.queueing import QueuePolicy
from docai.llm.retry import RetryPolicy
from docai.llm.settings import ClientSettings
from docai.types import Page, PageImage

pytestmark = pytest.mark.service

MARK = "\u03a9\u03a9"
"""Letters that the model has as bytes only: a word could be put together from its pieces in several ways."""
SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["invoice", "receipt"]},
        "mark": {"enum": [MARK]},
        "number": {"type": "string"},
    },
    "required": ["kind", "mark", "number"],
    "additionalProperties": False,
}
CAPACITY = 4
"""Requests that the server works on at once."""


def use(server: VllmServer, work: Callable[[OpenAIClient], Awaitable[None]], **settings: Any) -> None:
    async def main() -> None:
        async with OpenAIClient(ClientSettings(server.base_url, **settings)) as client:
            await asyncio.wait_for(work(client), timeout=400)

    asyncio.run(main())


def ask(*parts: str | ImagePart, **options: Any) -> ChatRequest:
    return ChatRequest((Message("user", parts),), **options)


def draw_page(seed: int, width: int = 1240, height: int = 1754, dpi: float = 150.0) -> list[SheetPart]:
    """Tiles of a page with bars like lines of text."""
    chance = np.random.default_rng(seed)
    pixels = np.full((height, width), 255, np.uint8)
    for top in range(100, height - 100, 40):
        pixels[top : top + 12, 100 : 100 + int(chance.integers(100, width - 200))] = 0
    page = Page("", 1, width / dpi * 72, height / dpi * 72, dpi, dpi, "native")
    return list(make_sheet(page, PageImage(1, pixels, "native", dpi, dpi), find_profile(MODEL)).parts)


TINY = ImagePart(encode_png(np.full((48, 48), 255, np.uint8)))


@pytest.mark.parametrize(
    ("width", "height", "dpi"), [(2480, 3508, 300.0), (1654, 2339, 200.0), (1240, 1754, 150.0)]
)
def test_images_cost_exactly_what_docai_plans(vllm: VllmServer, width: int, height: int, dpi: float) -> None:
    parts = draw_page(1, width, height, dpi)

    async def work(client: OpenAIClient) -> None:
        words = ask("What is this?", max_tokens=1)
        images = ask(*(ImagePart(part.data) for part in parts), "What is this?", max_tokens=1)
        counts = [(await client.complete(request)).usage.prompt_tokens for request in (words, images)]
        assert counts[1] - counts[0] == sum(part.tokens for part in parts)

    use(vllm, work)


def test_the_server_tells_its_context_and_its_only_model(vllm: VllmServer) -> None:
    async def work(client: OpenAIClient) -> None:
        assert client.name == MODEL
        assert client.info.dialect == "vllm"
        assert client.info.context_tokens == {MODEL: CONTEXT_TOKENS}

    use(vllm, work)


def test_a_reply_keeps_to_its_schema_and_logprobs_tell_choices_from_what_the_grammar_forced(
    vllm: VllmServer,
) -> None:
    def check(reply: Reply) -> None:
        assert reply.finish_reason == "stop"
        value = json.loads(reply.text, strict=False)
        assert value.keys() == {"kind", "mark", "number"}
        assert reply.logprobs is not None
        # They spell the reply, and vLLM adds the token that ended it.
        assert b"".join(token.data for token in reply.logprobs[:-1]).decode() == reply.text
        tokens = TokenIndex(reply.text, reply.logprobs)
        # The mark is forced; which of two kinds it is was the model's own choice.
        start = reply.text.index(MARK)
        assert tokens.measure(start, start + len(MARK)).free_tokens == 0
        start = reply.text.index(value["kind"])
        chosen = tokens.measure(start, start + len(value["kind"]))
        assert chosen.free_tokens >= 1
        assert chosen.total < FORCED_LOGPROB

    async def work(client: OpenAIClient) -> None:
        image = ImagePart(draw_page(2)[0].data)
        request = ask(image, "Which?", json_schema=SCHEMA, logprobs=True, max_tokens=1024)
        for seed in range(3):
            check(await client.complete(replace(request, temperature=1.0, seed=seed)))

    use(vllm, work)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (ask(*[TINY] * (IMAGES + 1), "?", max_tokens=1), "too-many-images"),
        (ask("word " * 2 * CONTEXT_TOKENS, max_tokens=1), "context-too-small"),
        (ask("?", max_tokens=2 * CONTEXT_TOKENS), "context-too-small"),
        (ask("?", json_schema={"type": "string", "pattern": "("}, max_tokens=8), "schema-refused"),
    ],
)
def test_what_vllm_refuses_is_known_by_its_words(vllm: VllmServer, request_: ChatRequest, code: str) -> None:
    async def work(client: OpenAIClient) -> None:
        with pytest.raises(ConfigError) as caught:
            await client.complete(request_)
        assert caught.value.code == code, caught.value.message
        assert caught.value.hint
        if code == "too-many-images":
            assert read_image_limit(caught.value) == IMAGES
        # One refusal leaves the server as it was.
        assert (await client.complete(ask("?", max_tokens=1))).usage.completion_tokens == 1

    use(vllm, work)


def test_a_model_that_the_server_does_not_have_is_said_at_the_start(vllm: VllmServer) -> None:
    async def work(client: OpenAIClient) -> None:
        raise AssertionError("it started")

    with pytest.raises(ConfigError, match=MODEL) as caught:
        use(vllm, work, model="google/gemma-4-12B-it")
    assert caught.value.code == "no-such-model"


def make_requests(count: int) -> list[ChatRequest]:
    images = [ImagePart(draw_page(seed)[0].data) for seed in range(3)]
    return [
        ask(images[n % 3], f"Page {n}?", json_schema=SCHEMA, temperature=1.0, seed=n, max_tokens=256)
        for n in range(count)
    ]


def test_the_limit_follows_the_servers_own_queue(vllm: VllmServer) -> None:
    requests = make_requests(48)

    async def work(client: OpenAIClient) -> None:
        assert isinstance(client.limiter.policy, QueuePolicy)
        start = client.limiter.limit
        replies = await asyncio.gather(*(client.complete(request) for request in requests))
        assert all(reply.text for reply in replies)
        assert isinstance(client.limiter.policy, QueuePolicy)
        assert client.limiter.highest_in_flight <= start
        # It began with more than the server works on, saw the queue, and keeps a short one.
        assert start > 2 * CAPACITY
        assert CAPACITY <= client.limiter.limit <= 3 * CAPACITY

    use(vllm, work)


def test_a_burst_far_beyond_the_servers_capacity_ends_well(vllm: VllmServer) -> None:
    requests = make_requests(96)
    before = vllm.read_metrics()

    async def work(client: OpenAIClient) -> None:
        waiting = asyncio.create_task(watch_waiting(client))
        replies = await asyncio.gather(*(client.complete(request) for request in requests))
        waiting.cancel()
        assert client.limiter.highest_in_flight == len(requests)
        assert [reply.finish_reason in ("stop", "length") for reply in replies] == [True] * len(requests)
        assert len({reply.usage.prompt_tokens > 1122 for reply in replies}) == 1

    async def watch_waiting(client: OpenAIClient) -> None:
        while True:
            load = await client.read_load()
            if load is not None:
                seen.append((load.running, load.waiting))
            await asyncio.sleep(0.05)

    seen: list[tuple[int, int]] = []
    # A patient client, one attempt a request: whatever it lost would show.
    use(vllm, work, in_flight=len(requests), retry=RetryPolicy(attempts=1))
    assert max(running for running, _ in seen) == CAPACITY
    assert max(waiting for _, waiting in seen) > 2 * CAPACITY
    after = vllm.read_metrics()
    assert after["num_requests_running"] == after["num_requests_waiting"] == 0
    assert after["request_success_total"] - before["request_success_total"] >= len(requests)
