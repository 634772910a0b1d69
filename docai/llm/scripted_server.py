"""The scripted model over HTTP: an OpenAI-compatible server with continuous batching, without a model.

Standard library only. It speaks enough HTTP/1.1 for clients that keep connections alive, counts what runs and
waits as vLLM does, aborts what a client gave up, and can be killed and started again on the same port.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from docai.llm.chat import Reply
from docai.llm.forms import read_request
from docai.llm.scripted import Script, Turn
from docai.llm.scripted_traits import Refused, ServerTraits, answer_trial, check_request, make_flawed_reply
from docai.llm.scripted_vectors import embed_words, score_words

__all__ = ["ScriptedServer", "ServerTraits", "ThreadedServer"]

_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
_LARGEST_BODY = 512 * 2**20
_VECTOR_PATHS = {"/v1/embeddings": embed_words, "/v1/rerank": score_words}


class ScriptedServer:
    """Start it, use `base_url`, stop it; or enter it as an asynchronous context manager. `tls`: speak HTTPS.

    `received` counts the script's chat requests, `trials` those that only tried the server out, `replied`
    whole replies, `most_running` and `most_waiting` the peaks.
    """

    def __init__(
        self,
        script: Script,
        traits: ServerTraits | None = None,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.traits = traits or ServerTraits()
        self.port = port
        self.running = self.waiting = 0
        self.received = self.replied = self.trials = self.most_running = self.most_waiting = 0
        self._script = script
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._turns: list[asyncio.Future[None]] = []

    @property
    def base_url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v1"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()

    async def start(self) -> None:
        """Listen; on the same port as before after a `kill`."""
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, limit=2**20, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        """Drop every connection in the middle of what it does, and listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._connections)
        for task, writer in list(self._connections.items()):
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.running = self.waiting = 0
        self._turns.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            while await self._handle(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except asyncio.CancelledError:
            pass  # killed
        finally:
            del self._connections[task]
            writer.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; False when the connection ends with it."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(min(int(headers.get("content-length") or 0), _LARGEST_BODY))
        try:
            if method == "POST" and path == "/v1/chat/completions":
                return await self._chat(reader, writer, headers, body)
            if method == "POST" and path in _VECTOR_PATHS:
                self._admit(headers)
                text = json.dumps(_VECTOR_PATHS[path](json.loads(body), self.traits.model))
                _write(writer, 200, text, "application/json")
                await writer.drain()
                return True
            text, kind = self._page(path, headers)
        except Refused as refused:
            error = {"message": str(refused), "type": "BadRequestError", "code": refused.status}
            _write(writer, refused.status, json.dumps({"error": error}), headers=refused.headers)
        else:
            _write(writer, 200, text, kind)
        await writer.drain()
        return True

    def _page(self, path: str, headers: dict[str, str]) -> tuple[str, str]:
        if path == "/metrics" and self.traits.metrics:
            return self._metrics(), "text/plain"
        self._admit(headers)
        match path:
            case "/health":
                return "", "text/plain"
            case "/version":
                return json.dumps({"version": self.traits.version}), "application/json"
            case "/v1/models":
                return json.dumps(self.traits.list_models()), "application/json"
        raise Refused(404, "Not Found")

    def _metrics(self) -> str:
        label = f'{{engine="0",model_name="{self.traits.model}"}}'
        return (
            "# TYPE vllm:num_requests_running gauge\n"
            f"vllm:num_requests_running{label} {self.running:.1f}\n"
            "# TYPE vllm:num_requests_waiting gauge\n"
            f"vllm:num_requests_waiting{label} {self.waiting:.1f}\n"
            f"vllm:num_preemptions_total{label} 0.0\n"
        )

    def _admit(self, headers: dict[str, str]) -> None:
        key = self.traits.api_key
        if key is not None and headers.get("authorization") != f"Bearer {key}":
            raise Refused(401, "Unauthorized")
        if self.traits.loading:
            raise Refused(503, "Loading model")

    async def _chat(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        headers: dict[str, str],
        data: bytes,
    ) -> bool:
        self._admit(headers)
        body = json.loads(data)
        request = read_request(body)
        if body.get("model") != self.traits.model:
            raise Refused(404, f"The model `{body.get('model')}` does not exist.")
        turn = answer_trial(request)
        if turn is not None:
            self.trials += 1
        else:
            self.received += 1
        check_request(request, self.traits)
        turn = turn or self._script(request, self.received - 1)
        reply = make_flawed_reply(turn, request, self.traits)
        if turn.fault in ("rate-limit", "overload", "error"):
            status = {"rate-limit": 429, "overload": 503, "error": 500}[turn.fault]
            after = {} if turn.retry_after_s is None else {"Retry-After": f"{turn.retry_after_s:g}"}
            raise Refused(status, turn.fault, after)
        if turn.fault == "silent":
            await reader.read(1)  # until the client gives up
            return False
        if not await _unless_gone(reader, self._work(turn)):
            return False
        return await self._answer(writer, turn, reply)

    async def _work(self, turn: Turn) -> None:
        """Queue for a place, first come first served, and work for the turn's time."""
        longest = self.traits.longest_queue
        if longest is not None and self.waiting >= longest:
            raise Refused(503, "too many requests wait", {"Retry-After": "1"})
        if self.running >= self.traits.capacity:
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._turns.append(place)
            self.waiting += 1
            self.most_waiting = max(self.most_waiting, self.waiting)
            try:
                await place
            finally:
                if place in self._turns:
                    self._turns.remove(place)
                    self.waiting -= 1
        else:
            self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(turn.service_s * (1 + self.traits.slowdown * (self.running - 1)))
        finally:
            self._next()

    def _next(self) -> None:
        """Give the place to whoever waits longest."""
        self.running -= 1
        while self._turns and self.running < self.traits.capacity:
            place = self._turns.pop(0)
            self.waiting -= 1
            if not place.done():
                self.running += 1
                place.set_result(None)

    async def _answer(self, writer: asyncio.StreamWriter, turn: Turn, reply: Reply) -> bool:
        if turn.fault == "reset":
            writer.transport.abort()
            return False
        text = "<html>oops</html>" if turn.fault == "garbage" else json.dumps(_write_completion(reply))
        if turn.fault == "cut":
            _write(writer, 200, text, cut=len(text) // 2)
            await writer.drain()
            return False
        self.replied += 1
        _write(writer, 200, text)
        await writer.drain()
        return True


async def _unless_gone(reader: asyncio.StreamReader, work: Any) -> bool:
    """Do the work unless the client leaves first, as a real server aborts then. False if it left."""
    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            return False
        doing.result()
        return True
    finally:
        for task in (doing, leaving):
            task.cancel()
            with suppress(asyncio.CancelledError, Refused, ConnectionError):
                await task


def _write_completion(reply: Reply) -> dict[str, Any]:
    usage = reply.usage
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": reply.text},
        "finish_reason": "content_filter" if reply.finish_reason == "refusal" else reply.finish_reason,
        "logprobs": None,
    }
    if reply.logprobs is not None:
        tokens = [
            {"token": t.data.decode(errors="replace"), "bytes": list(t.data), "logprob": t.logprob}
            for t in reply.logprobs
        ]
        choice["logprobs"] = {"content": tokens}
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 0,
        "model": reply.model,
        "choices": [choice],
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        },
    }


def _write(
    writer: asyncio.StreamWriter,
    status: int,
    text: str,
    kind: str = "application/json",
    *,
    headers: dict[str, str] | None = None,
    cut: int | None = None,
) -> None:
    data = text.encode()
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Error')}", f"Content-Type: {kind}"]
    lines += [f"Content-Length: {len(data)}", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data[:cut])


class ThreadedServer:
    """A scripted server in a thread of its own, for callers that are not asynchronous."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        self.call(self.server.start)
        return self.server

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.call(self.server.kill)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, method: Callable[[], Awaitable[None]]) -> None:
        """Run one of the server's methods (`start`, `kill`) in its thread and wait for it."""

        async def run() -> None:
            await method()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result()
