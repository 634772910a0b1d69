"""A model that is asked on the spot, one question after the other: for tests and small programs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from docai.imaging.profiles import GENERIC, VisionProfile
from docai.llm.chat import ModelClient

T = TypeVar("T")


class DirectModel:
    """Satisfies `ComposingModel`. `context_tokens` None knows no limit."""

    def __init__(
        self, client: ModelClient, profile: VisionProfile = GENERIC, context_tokens: int | None = None
    ) -> None:
        self.name = client.name
        self.profile = profile
        self.context_tokens = context_tokens
        self._client = client

    def start(self, work: Callable[[ModelClient], Coroutine[Any, Any, T]]) -> Future[T]:
        """Done when it returns."""
        done: Future[T] = Future()
        try:
            done.set_result(asyncio.run(work(self._client)))
        except Exception as error:
            done.set_exception(error)
        return done
