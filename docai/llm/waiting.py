"""A client that waits for its answers, for servers that are asked one thing at a time."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docai.errors import ServiceError
from docai.llm.forms import read_json
from docai.llm.retry import RetryPolicy
from docai.llm.server import choose_model, read_models
from docai.llm.settings import ClientSettings
from docai.llm.transport import RequestFailed, Transport

_TIMEOUT_S = 120.0


class WaitingClient:
    """One for each process, one request at a time.

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
        ca_file: Path | None = None,
    ) -> None:
        self.base_url = base_url
        self._settings = ClientSettings(base_url, model, api_key, timeout_s=_TIMEOUT_S, ca_file=ca_file)
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

    def close(self) -> None:
        self._loop.run_until_complete(self._transport.close())
        self._loop.close()

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        """The reply to a body that names the model, read as JSON."""
        model = self.model
        whole = {"model": model, **body}
        return read_json(self._try(lambda: self._transport.post(path, whole, _TIMEOUT_S, model)))

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
