"""What every `ModelClient` does. A new one subclasses the contract and makes itself in `open_client`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from docai.errors import DocaiError, ServiceError
from docai.llm.chat import ChatRequest, ImagePart, Message, ModelClient, Reply
from docai.llm.client import OpenAIClient
from docai.llm.retry import RetryPolicy
from docai.llm.scripted import FaultKind, Script, ScriptedModel, Turn, make_script
from docai.llm.scripted_server import ScriptedServer, ServerTraits
from docai.llm.settings import ClientSettings


def ask(text: str, **options: object) -> ChatRequest:
    return ChatRequest((Message("user", (ImagePart(b"png"), text)),), **options)  # type: ignore[arg-type]


def echo(request: ChatRequest) -> str:
    return str(request.messages[-1].parts[-1])


def always(kind: FaultKind) -> Script:
    return lambda request, number: Turn(echo(request), fault=kind)


class ModelClientContract:
    """`capacity` of the server behind the client is 4."""

    def open_client(self, script: Script) -> AbstractAsyncContextManager[ModelClient]:
        raise NotImplementedError

    def run(self, script: Script, use: Callable[[ModelClient], Awaitable[None]]) -> None:
        async def main() -> None:
            async with self.open_client(script) as client:
                await use(client)

        asyncio.run(main())

    def test_it_has_a_name(self) -> None:
        async def use(client: ModelClient) -> None:
            assert client.name

        self.run(make_script(echo), use)

    def test_replies_belong_to_their_requests_in_whatever_order_they_come(self) -> None:
        async def use(client: ModelClient) -> None:
            texts = [f"straße {n} \u20ac \x07" for n in range(20)]
            replies = await asyncio.gather(*(client.complete(ask(text)) for text in texts))
            assert [reply.text for reply in replies] == texts
            assert {reply.finish_reason for reply in replies} == {"stop"}
            assert all(reply.usage.prompt_tokens > 0 and reply.seconds >= 0 for reply in replies)

        # Later ones are answered sooner.
        self.run(make_script(echo, service_s=lambda number: 0.02 / (1 + number)), use)

    def test_logprobs_come_when_asked_for_and_spell_the_reply(self) -> None:
        async def use(client: ModelClient) -> None:
            reply = await client.complete(ask('{"ö": [1, 2]}', logprobs=True))
            assert reply.logprobs is not None
            assert b"".join(token.data for token in reply.logprobs).decode() == reply.text
            assert all(token.logprob <= 0 for token in reply.logprobs)
            assert (await client.complete(ask("x"))).logprobs is None

        self.run(make_script(echo), use)

    @pytest.mark.parametrize(
        ("kind", "finish"), [("truncated", "length"), ("empty", "stop"), ("refusal", "refusal")]
    )
    def test_a_poor_reply_is_a_reply(self, kind: FaultKind, finish: str) -> None:
        async def use(client: ModelClient) -> None:
            reply = await client.complete(ask("a long answer"))
            assert isinstance(reply, Reply)
            assert reply.finish_reason == finish

        self.run(always(kind), use)

    @pytest.mark.parametrize(
        ("kind", "code"),
        [("reset", "connection-lost"), ("error", "server-error"), ("garbage", "garbled-reply")],
    )
    def test_what_fails_for_good_is_docais_own_error(self, kind: FaultKind, code: str) -> None:
        async def use(client: ModelClient) -> None:
            with pytest.raises(DocaiError) as caught:
                await client.complete(ask("x"))
            assert isinstance(caught.value, ServiceError)
            assert caught.value.code == code
            assert caught.value.hint

        self.run(always(kind), use)

    def test_a_request_that_is_given_up_leaves_the_others_alone(self) -> None:
        async def use(client: ModelClient) -> None:
            tasks = [asyncio.create_task(client.complete(ask(str(n)))) for n in range(12)]
            await asyncio.sleep(0)
            for task in tasks[::3]:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            kept = [end.text for end in ends if isinstance(end, Reply)]
            assert kept == [str(n) for n in range(12) if n % 3]

        self.run(make_script(echo, service_s=lambda number: 0.002), use)


class TestScriptedModel(ModelClientContract):
    @asynccontextmanager
    async def open_client(self, script: Script) -> AsyncIterator[ModelClient]:
        model = ScriptedModel(script, capacity=4)
        yield model
        await model.close()


class TestOpenAIClient(ModelClientContract):
    @asynccontextmanager
    async def open_client(self, script: Script) -> AsyncIterator[ModelClient]:
        async def pass_at_once(seconds: float) -> None:
            await asyncio.sleep(0)

        async with ScriptedServer(script, ServerTraits(capacity=4)) as server:
            settings = ClientSettings(server.base_url, retry=RetryPolicy(attempts=3))
            async with OpenAIClient(settings, sleep=pass_at_once) as client:
                yield client
