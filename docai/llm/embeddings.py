"""Texts as vectors from an OpenAI-compatible server's `/v1/embeddings`."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from docai.errors import ServiceError
from docai.llm.forms import read_json
from docai.llm.retry import RetryPolicy
from docai.llm.server import choose_model, read_models
from docai.llm.settings import ClientSettings
from docai.llm.transport import RequestFailed, Transport

T = TypeVar("T")
_TIMEOUT_S = 120.0


class EmbeddingClient:
    """A client that waits for its answers: one for each process, one request at a time.

    Raises `ServiceError` for a server that does not answer as it should (after trying again), `ConfigError`
    for what trying again does not cure.
    """

    def __init__(
        self,
        base_url: str,
        model: str | None = None,
        api_key: str | None = None,
        *,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url
        self._settings = ClientSettings(base_url, model, api_key, timeout_s=_TIMEOUT_S)
        self._retry = retry or RetryPolicy()
        self._sleep = sleep
        self._chance = random.Random()
        self._loop = asyncio.new_event_loop()
        self._transport = Transport(self._settings)
        self._model = model

    @property
    def model(self) -> str:
        """The model that is asked: the one given, else the only one that is served."""
        if self._model is None:
            info = read_models(read_json(self._try(lambda: self._transport.get_models())))
            self._model = choose_model(info, None, self.base_url)
        return self._model

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, as the server gives it."""
        if not texts:
            return []
        model = self.model
        body = {"model": model, "input": list(texts), "encoding_format": "float"}
        reply = self._try(lambda: self._transport.post("/embeddings", body, _TIMEOUT_S, model))
        return _read_vectors(read_json(reply), len(texts), self.base_url)

    def close(self) -> None:
        self._loop.run_until_complete(self._transport.close())
        self._loop.close()

    def _try(self, request: Callable[[], Any]) -> str:
        failures = 0
        while True:
            try:
                return str(self._loop.run_until_complete(request()))
            except RequestFailed as failed:
                failures += 1
                if not isinstance(failed.error, ServiceError) or failures >= self._retry.attempts:
                    raise failed.error from None
                self._sleep(self._retry.wait_s(failures, self._chance, failed.after_s))


def _read_vectors(body: Any, count: int, base_url: str) -> list[list[float]]:
    """The vectors of a reply, in the order of the texts."""
    try:
        entries = sorted(body["data"], key=lambda entry: int(entry["index"]))
        vectors = [[float(value) for value in entry["embedding"]] for entry in entries]
        if len(vectors) == count and len({len(vector) for vector in vectors}) == 1 and vectors[0]:
            return vectors
        told = f"{len(vectors)} vectors for {count} texts"
    except (KeyError, TypeError, ValueError) as error:
        told = f"{type(error).__name__}: {error}"
    raise ServiceError(
        "bad-reply",
        f"{base_url}: the reply holds no vectors as asked for ({told[:200]})",
        stage="index",
        hint="the server must speak OpenAI's /v1/embeddings",
    )
