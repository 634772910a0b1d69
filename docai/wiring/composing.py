"""The model that composes answers: one client in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from docai.batch.asking import connected
from docai.imaging.profiles import find_profile
from docai.llm.client import OpenAIClient
from docai.llm.retry import RetryPolicy

if TYPE_CHECKING:
    from docai.llm.chat import ModelClient
    from docai.wiring.asking import ModelSpec

T = TypeVar("T")
_PATIENCE = RetryPolicy(attempts=3, slow_attempts=1, longest_s=5.0)
"""Somebody waits for the answer, and there is one without the model."""
_LONGEST_S = 300.0


class ModelSession:
    """Satisfies `ComposingModel`. Enter it to reach the server: raises `ServiceError` or `ConfigError` if
    that cannot be used."""

    def __init__(self, spec: ModelSpec, *, tell: Callable[[str], None] = lambda text: None) -> None:
        settings = spec.make_settings()
        timeout_s = min(settings.timeout_s, _LONGEST_S)
        settings = replace(settings, timeout_s=timeout_s, away_s=spec.wait_s, retry=_PATIENCE)
        self._settings = settings
        self._tell = tell

    def __enter__(self) -> Self:
        opened = connected(lambda: OpenAIClient(self._settings, tell=self._tell))
        self._stack = ExitStack()
        self._events, self._client = self._stack.enter_context(opened)
        self.name = self._client.name
        self.profile = find_profile(self.name)
        self.context_tokens = self._client.info.context_tokens.get(self.name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start(self, work: Callable[[ModelClient], Coroutine[Any, Any, T]]) -> Future[T]:
        """Do it there; the future has what came, or the error."""
        return self._events.start(work(self._client))
