"""The real client against the scripted server, over real sockets."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from docai.errors import ConfigError, DocaiError, ServiceError
from docai.llm.chat import ChatRequest, ImagePart, Message
from docai.llm.client import OpenAIClient
from docai.llm.latency import LatencyPolicy
from docai.llm.limiter import FixedPolicy
from docai.llm.queueing import QueuePolicy
from docai.llm.retry import RetryPolicy
from docai.llm.scripted import FaultKind, Script, ScriptedModel, Turn, make_script
from docai.llm.scripted_server import ScriptedServer, ServerTraits, ThreadedServer
from docai.llm.settings import ClientSettings

T = TypeVar("T")
ANSWER = json.dumps({"claims": [{"field": "/total", "quote": "Total 3", "value": 3}]})


def ask(text: str = "What?", images: int = 0, **options: Any) -> ChatRequest:
    parts = tuple(ImagePart(b"png") for _ in range(images))
    return ChatRequest((Message("user", (*parts, text)),), **options)


def echo(request: ChatRequest) -> str:
    return str(request.messages[-1].parts[-1])


class Waits:
    """Sleeps that take no time, kept."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def make_client(server: ScriptedServer, waits: Waits | None = None, **settings: Any) -> OpenAIClient:
    told: list[str] = []
    client = OpenAIClient(
        ClientSettings(server.base_url, **settings), tell=told.append, sleep=waits or Waits(), seed=0
    )
    client.told = told  # type: ignore[attr-defined]
    return client


def run(
    script: Script,
    use: Callable[[OpenAIClient, ScriptedServer], Coroutine[Any, Any, T]],
    traits: ServerTraits | None = None,
    waits: Waits | None = None,
    **settings: Any,
) -> T:
    async def main() -> T:
        async with ScriptedServer(script, traits) as server, make_client(server, waits, **settings) as client:
            return await use(client, server)

    return asyncio.run(main())


def faults_first(count: int, kind: FaultKind, **turn: Any) -> Script:
    def play(request: ChatRequest, number: int) -> Turn:
        return Turn(ANSWER, fault=kind, **turn) if number < count else Turn(ANSWER)

    return play


def test_a_reply_with_its_tokens_and_logprobs() -> None:
    async def use(client: OpenAIClient, server: ScriptedServer) -> None:
        assert client.info.dialect == "vllm"
        assert client.info.context_tokens == {"scripted": 32768}
        reply = await client.complete(ask(images=3, logprobs=True, json_schema={"type": "object"}))
        assert reply.text == ANSWER
        assert reply.finish_reason == "stop"
        assert reply.usage.prompt_tokens == 3 * 280 + 1
        assert reply.logprobs is not None
        assert b"".join(t.data for t in reply.logprobs).decode() == ANSWER
        assert reply.seconds > 0
        assert (await client.complete(ask())).logprobs is None

    run(make_script(lambda request: ANSWER), use)


def test_many_requests_at_once_get_each_their_own_reply() -> None:
    async def use(client: OpenAIClient, server: ScriptedServer) -> None:
        replies = await asyncio.gather(*(client.complete(ask(f"page {n}")) for n in range(60)))
        assert [r.text for r in replies] == [f"page {n}" for n in range(60)]
        assert server.most_running <= 5
        assert server.received == server.replied == 60

    run(make_script(echo, service_s=lambda n: 0.002), use, ServerTraits(capacity=5), in_flight=9)


@pytest.mark.parametrize("kind", ["reset", "cut", "rate-limit", "overload", "error", "garbage"])
def test_what_may_pass_is_tried_again(kind: FaultKind) -> None:
    waits = Waits()

    async def use(client: OpenAIClient, server: ScriptedServer) -> None:
        assert (await client.complete(ask())).text == ANSWER
        assert server.received == 3
        assert client.limiter.in_flight == 0

    run(faults_first(2, kind), use, waits=waits)
    assert len(waits.seconds) == 2
    assert waits.seconds[0] <= 1.0


def test_retry_after_is_honoured() -> None:
    waits = Waits()

    async def use(client: OpenAIClient, server: ScriptedServer) -> None:
        await client.complete(ask())

    run(faults_first(1, "rate-limit", retry_after_s=7), use, waits=waits)
    assert 7 <= waits.seconds[0] <= 8


def test_a_request_that_never_succeeds_ends_with_its_cause() -> None:
    async def use(client: OpenAIClient, server: ScriptedServer) -> None:
        for kind, code in (
            ("reset", "connection-lost"),
            ("error", "server-error"),
            ("garbage", "garbled-reply"),
        ):
            server._script = faults_first(10**6, kind)  # type: ignore[arg-type]
            before = server.received
            with pytest.raises(ServiceError) as caught:
                await client.complete(ask())
            assert caught.value.code == code
            assert server.received - before == 4

    run(make_script(echo), use, retry=RetryPolicy(attempts=4))


def test_a_silent_server_is_given_up() -> None:
    async def use(client: OpenAIClient, server: ScriptedServer) -> None:
        with pytest.raises(ServiceError) as caught:
            await client.complete(ask(timeout_s=0.05))
        assert caught.value.code == "timeout"
        assert server.received == 2
        assert (await client.complete(ask())).text == ANSWER

    run(faults_first(2, "silent"), use, retry=RetryPolicy(attempts=5, slow_attempts=2))


def test_overload_lowers_the_limit() -> None:
    async def use(client: OpenAIClient, server: ScriptedServer) -> None:
        await asyncio.gather(*(client.complete(ask()) for _ in range(4)))
        assert client.limiter.limit < 16

    run(faults_first(1, "rate-limit"), use, ServerTraits(metrics=False))


@pytest.mark.parametrize(
    ("traits", "images", "code"),
    [
        (ServerTraits(sees_images=False), 1, "text-only-model"),
        (ServerTraits(image_limit=1), 2, "too-many-images"),
        (ServerTraits(context_tokens=3000), 4, "context-too-small"),
    ],
)
def test_what_no_retry_cures_is_said_at_once(traits: ServerTraits, images: int, code: str) -> None:
    async def use(client: OpenAIClient, server: ScriptedServer) -> DocaiError:
        with pytest.raises(ConfigError) as caught:
            await client.complete(ask(images=images))
        assert server.received == 1
        return caught.value

    error = run(make_script(echo), use, traits)
    assert error.code == code
    assert error.hint


def start_error(server_traits: ServerTraits, **settings: Any) -> DocaiError:
    async def main() -> DocaiError:
        async with ScriptedServer(make_script(echo), server_traits) as server:
            client = make_client(server, **settings)
            with pytest.raises(DocaiError) as caught:
                async with client:
                    pass
            return caught.value

    return asyncio.run(main())


def test_keys_and_models_are_checked_before_the_first_page() -> None:
    assert start_error(ServerTraits(api_key="right"), api_key="wrong").code == "wrong-key"
    missing = start_error(ServerTraits(), model="google/gemma-4-12B-it")
    assert missing.code == "no-such-model"
    assert "scripted" in missing.message

    async def use(client: OpenAIClient, server: ScriptedServer) -> str:
        return (await client.complete(ask("hi"))).text

    assert run(make_script(echo), use, ServerTraits(api_key="right"), api_key="right") == "hi"


def test_an_address_without_a_server() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/v1"

        async def main() -> tuple[DocaiError, list[str], list[float]]:
            told: list[str] = []
            waits = Waits()
            client = OpenAIClient(ClientSettings(url, start_s=9), tell=told.append, sleep=waits)
            with pytest.raises(ServiceError) as caught:
                async with client:
                    pass
            return caught.value, told, waits.seconds

        error, told, waits = asyncio.run(main())
    assert (error.code, error.exit_code) == ("no-server", 3)
    assert told == [f"waiting for the server: {url}: nothing answers there"]
    assert 9 <= sum(waits) < 20


@pytest.mark.parametrize(("url", "code"), [("gpu:8000/v1", "bad-url"), ("http://[::1/v1", "bad-url")])
def test_addresses_that_are_none(url: str, code: str) -> None:
    async def main() -> str:
        with pytest.raises(ConfigError) as caught:
            async with OpenAIClient(ClientSettings(url), sleep=Waits()):
                pass
        return caught.value.code

    assert asyncio.run(main()) == code


def test_another_path_is_told() -> None:
    async def main() -> str:
        async with ScriptedServer(make_script(echo)) as server:
            url = server.base_url.removesuffix("/v1") + "/api"
            with pytest.raises(ConfigError) as caught:
                async with OpenAIClient(ClientSettings(url), sleep=Waits()):
                    pass
            return caught.value.code

    assert asyncio.run(main()) == "not-a-model-server"


def test_a_server_that_still_loads_is_waited_for() -> None:
    async def main() -> list[str]:
        async with ScriptedServer(make_script(echo), ServerTraits(loading=True)) as server:

            class Loading(Waits):
                async def __call__(self, seconds: float) -> None:
                    await super().__call__(seconds)
                    server.traits.loading = len(self.seconds) < 3

            client = make_client(server, Loading())
            async with client:
                assert (await client.complete(ask("hi"))).text == "hi"
            return client.told  # type: ignore[attr-defined, no-any-return]

    told = asyncio.run(main())
    assert len(told) == 2
    assert "not ready" in told[0]
    assert told[1].endswith("answers again")


def test_a_job_goes_on_after_the_server_was_killed() -> None:
    async def main() -> None:
        async with ScriptedServer(
            make_script(echo, service_s=lambda n: 0.005), ServerTraits(capacity=4)
        ) as server:
            client = make_client(server, sleepless := Waits())
            async with client:
                jobs = [asyncio.create_task(client.complete(ask(f"page {n}"))) for n in range(40)]
                while server.replied < 10:
                    await asyncio.sleep(0.001)
                await server.kill()
                while len(sleepless.seconds) < 5:
                    await asyncio.sleep(0.001)
                await server.start()
                replies = await asyncio.gather(*jobs)
            assert [r.text for r in replies] == [f"page {n}" for n in range(40)]
            assert any("waiting for the server" in line for line in client.told)  # type: ignore[attr-defined]

    asyncio.run(main())


def test_a_page_that_kills_the_server_takes_no_other_page_with_it() -> None:
    async def main() -> tuple[list[str], int]:
        restarts: list[asyncio.Task[None]] = []

        async def die() -> None:
            await server.kill()
            await server.start()

        def answer(request: ChatRequest) -> str:
            if echo(request) == "poison":
                restarts.append(asyncio.get_running_loop().create_task(die()))
            return echo(request)

        script = make_script(answer, service_s=lambda n: 0.01)
        async with (
            ScriptedServer(script, ServerTraits(capacity=8)) as server,
            make_client(server, retry=RetryPolicy(attempts=4)) as client,
        ):
            texts = [f"page {n}" for n in range(30)]
            texts.insert(5, "poison")
            jobs = [client.complete(ask(text)) for text in texts]
            replies = await asyncio.gather(*jobs, return_exceptions=True)
        ends = [r.code if isinstance(r, DocaiError) else getattr(r, "text", repr(r)) for r in replies]
        return ends, len(restarts)

    ends, restarts = asyncio.run(main())
    assert ends.pop(5) == "connection-lost"
    assert ends == [f"page {n}" for n in range(30)]
    assert restarts == 4


def test_an_overload_that_lasts_is_waited_out_and_said_once() -> None:
    waits = Waits()

    async def use(client: OpenAIClient, server: ScriptedServer) -> None:
        assert (await client.complete(ask())).text == ANSWER
        told = client.told  # type: ignore[attr-defined]
        assert len(told) == 1
        assert "too much to do" in told[0]

    run(faults_first(30, "rate-limit"), use, waits=waits, retry=RetryPolicy(attempts=3))
    assert len(waits.seconds) == 30


def test_the_limit_follows_the_server_where_it_can() -> None:
    async def policy_of(client: OpenAIClient, server: ScriptedServer) -> type:
        return type(client.limiter.policy)

    assert run(make_script(echo), policy_of) is QueuePolicy
    assert run(make_script(echo), policy_of, ServerTraits(metrics=False)) is LatencyPolicy
    assert run(make_script(echo), policy_of, in_flight=3) is FixedPolicy


def test_small_servers_start_small() -> None:
    async def limit_of(client: OpenAIClient, server: ScriptedServer) -> int:
        return client.limiter.limit

    assert run(make_script(echo), limit_of, ServerTraits(owner="library", metrics=False)) == 2
    assert run(make_script(echo), limit_of, ServerTraits(owner="somebody", metrics=False)) == 8
    assert run(make_script(echo), limit_of) == 16


def test_a_page_is_sent_to_the_named_server_only() -> None:
    """A redirect is not followed: pages would go where the user did not say."""

    async def main() -> DocaiError:
        async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(
                b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:9/v1/models\r\nContent-Length: 0\r\n\r\n"
            )
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(elsewhere, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            with pytest.raises(ConfigError) as caught:
                async with OpenAIClient(ClientSettings(f"http://127.0.0.1:{port}/v1"), sleep=Waits()):
                    pass
        return caught.value

    error = asyncio.run(main())
    assert error.code == "redirects"
    assert "http://127.0.0.1:9/v1/models" in error.message


def test_the_environment_of_other_services_does_not_reach_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("OPENAI_ORG_ID", "somebody")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    heads: list[str] = []

    async def main() -> None:
        async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append((await reader.readuntil(b"\r\n\r\n")).decode().lower())
            writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(listen, "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            with pytest.raises(ConfigError):
                async with OpenAIClient(ClientSettings(url), sleep=Waits()):
                    pass

    asyncio.run(main())
    assert len(heads) == 1
    assert "secret" not in heads[0]
    assert "somebody" not in heads[0]


def test_the_library_is_loaded_with_the_first_client_only() -> None:
    code = "import sys, docai.llm.client, docai.llm.scripted_server; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_certificate_that_nobody_signed(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    command += (
        f" -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout {key} -out {cert}"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    async def main() -> tuple[str, tuple[str, ...]]:
        inner = ScriptedServer(make_script(echo))
        server = await asyncio.start_server(inner._serve, "127.0.0.1", 0, ssl=context)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with server:
            with pytest.raises(ConfigError) as caught:
                async with OpenAIClient(ClientSettings(url), sleep=Waits()):
                    pass
            async with OpenAIClient(ClientSettings(url, ca_file=cert), sleep=Waits()) as client:
                return caught.value.code, client.info.models

    assert asyncio.run(main()) == ("certificate", ("scripted",))
    with pytest.raises(ConfigError) as missing:
        OpenAIClient(ClientSettings("https://gpu/v1", ca_file=tmp_path / "none.pem"))
    assert missing.value.code == "certificate"


def test_the_scripted_model_says_the_same_without_a_network() -> None:
    async def main() -> None:
        model = ScriptedModel.from_replies("one", ServiceError("timeout", "late"), "two")
        assert (await model.complete(ask())).text == "one"
        with pytest.raises(ServiceError):
            await model.complete(ask())
        assert (await model.complete(ask(logprobs=True))).logprobs
        assert len(model.asked) == 3
        broken = ScriptedModel(faults_first(1, "truncated"))
        reply = await broken.complete(ask())
        assert reply.finish_reason == "length"
        assert ANSWER.startswith(reply.text)
        lost = ScriptedModel(faults_first(1, "reset"))
        with pytest.raises(ServiceError) as caught:
            await lost.complete(ask())
        assert caught.value.code == "connection-lost"

    asyncio.run(main())


def test_faults_fall_on_their_share_of_requests_every_time_the_same() -> None:
    script = make_script(echo, faulty={"reset": 0.05, "truncated": 0.1}, seed=4)
    kinds = [script(ask(), n).fault for n in range(2000)]
    assert 60 < kinds.count("reset") < 140
    assert 150 < kinds.count("truncated") < 250
    assert kinds == [script(ask(), n).fault for n in range(2000)]


def test_the_server_runs_in_a_thread_for_callers_that_are_not_asynchronous() -> None:
    with ThreadedServer(ScriptedServer(make_script(echo))) as server:

        async def main() -> str:
            async with make_client(server) as client:
                return (await client.complete(ask("hi"))).text

        assert asyncio.run(main()) == "hi"
