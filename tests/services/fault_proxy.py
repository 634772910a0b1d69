"""A proxy between docai and a server that breaks what passes through it, by chance but the same every time.

As a fixture it runs in a thread, as a program beside a benchmark:
`fault_proxy.py --listen 9001 --upstream 127.0.0.1:9000 --seed 1 --errors 0.05 --truncated 0.01`.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

# A reply that is to be overtaken waits for another one, but not for ever.
_OVERTAKEN_S = 0.2
_BUSY_XML = b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>slow down</Message></Error>'
_LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Chances:
    """Share of requests that end so. `errors` are evenly: a reset before the request arrives, a reset after
    it was done (the reply is lost), and 503. `truncated`: the body breaks off in its middle, under a head
    that promises all of it. `slow`: by `slow_s`. `reordered`: overtaken by another reply."""

    errors: float = 0.0
    truncated: float = 0.0
    slow: float = 0.0
    slow_s: float = 0.3
    reordered: float = 0.0

    def draw(self, rng: random.Random) -> str:
        """What happens to one request; empty for nothing."""
        third = self.errors / 3
        kinds = ("reset", "lost", "busy", "truncated", "slow", "reordered")
        weights = (third, third, third, self.truncated, self.slow, self.reordered)
        return rng.choices(["", *kinds], [max(0.0, 1 - sum(weights)), *weights])[0]


@dataclass(slots=True)
class Message:
    """A request or a reply: first line and headers as they came, and the body without its chunks."""

    head: list[bytes]
    body: bytes

    def header(self, name: bytes) -> bytes:
        prefix = name.lower() + b":"
        lines = (line for line in self.head[1:] if line.lower().startswith(prefix))
        return next((line[len(prefix) :].strip() for line in lines), b"")

    def encode(self, part: int | None = None) -> bytes:
        """With the length of the whole body in the head, and of the body so many bytes (None for all)."""
        dropped = (b"content-length:", b"transfer-encoding:", b"connection:")
        head = [line for line in self.head if not line.lower().startswith(dropped)]
        status = self.head[0].split(b" ")[1:2]
        if status not in ([b"204"], [b"304"]):
            length = self.header(b"content-length") if not self.body else str(len(self.body)).encode()
            head.append(b"content-length: " + (length or b"0"))
        return b"\r\n".join([*head, b"", b""]) + (self.body if part is None else self.body[:part])


class FaultProxy:
    """Listens on `port` of this machine while it is entered. `counts`: what happened to how many requests.

    `counted`: which requests may be harmed, by method and target; the others pass.
    """

    def __init__(
        self,
        upstream: str,
        chances: Chances,
        seed: int = 0,
        port: int = 0,
        counted: Callable[[str, str], bool] = lambda method, target: True,
    ) -> None:
        host, _, upstream_port = upstream.removeprefix("http://").rstrip("/").rpartition(":")
        self._upstream = (host, int(upstream_port))
        self.chances = chances
        self.counts: Counter[str] = Counter()
        self.port = port
        self._counted = counted
        self._rng = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._started = threading.Event()
        self._sent: asyncio.Event | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._sent = asyncio.Event()
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Requests of one connection, one after the other, until either side or a fault ends it."""
        try:
            while (request := await read_message(reader, None)) is not None:
                if not await self._answer(request, writer):
                    return
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
            pass
        finally:
            writer.close()

    async def _answer(self, request: Message, writer: asyncio.StreamWriter) -> bool:
        method, target = (part.decode("latin-1") for part in request.head[0].split(b" ")[:2])
        fault = self.chances.draw(self._rng) if self._counted(method, target) else ""
        self.counts[fault or "whole"] += 1
        if fault == "reset":
            return _reset(writer)
        if fault == "busy":
            head = [b"HTTP/1.1 503 Service Unavailable", b"content-type: application/xml"]
            writer.write(Message(head, _BUSY_XML if method != "HEAD" else b"").encode())
            await writer.drain()
            return True
        reply = await self._forward(request, method)
        if reply is None or fault == "lost":
            return _reset(writer)
        if fault == "truncated" and reply.body:
            writer.write(reply.encode(len(reply.body) // 2))
            await writer.drain()
            return False
        if fault == "slow":
            await asyncio.sleep(self.chances.slow_s)
        if fault == "reordered" and self._sent is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._sent.wait(), _OVERTAKEN_S)
        writer.write(reply.encode())
        await writer.drain()
        if self._sent is not None:
            self._sent.set()
            self._sent.clear()
        return True

    async def _forward(self, request: Message, method: str) -> Message | None:
        """The server's reply; None if it has none."""
        try:
            reader, writer = await asyncio.open_connection(*self._upstream)
        except OSError:
            return None
        try:
            writer.write(request.encode())
            await writer.drain()
            return await read_message(reader, method)
        except (OSError, asyncio.IncompleteReadError):
            return None
        finally:
            writer.close()


async def read_message(reader: asyncio.StreamReader, method: str | None) -> Message | None:
    """A request (`method` None) or the reply to one; None at the end of the connection."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise
    message = Message(raw[:-4].split(b"\r\n"), b"")
    status = message.head[0].split(b" ")[1] if method is not None else b""
    if method == "HEAD" or status in (b"204", b"304"):
        return message
    length = message.header(b"content-length")
    if b"chunked" in message.header(b"transfer-encoding").lower():
        message.body = await _read_chunks(reader)
    elif length:
        message.body = await reader.readexactly(int(length))
    elif method is not None:
        message.body = await reader.read()
    return message


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while True:
        size = int((await reader.readline()).split(b";")[0], 16)
        part = await reader.readexactly(size + 2)
        if size == 0:
            return b"".join(parts)
        parts.append(part[:-2])


def _reset(writer: asyncio.StreamWriter) -> bool:
    """End a connection as if the other side had fallen over."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    writer.transport.abort()
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--seed", type=int, default=0)
    for name in ("errors", "truncated", "slow", "reordered"):
        parser.add_argument(f"--{name}", type=float, default=0.0)
    given = parser.parse_args()
    chances = Chances(given.errors, given.truncated, given.slow, reordered=given.reordered)
    with FaultProxy(given.upstream, chances, given.seed, given.listen) as proxy:
        print(f"listening at {proxy.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(dict(proxy.counts))


if __name__ == "__main__":
    main()
