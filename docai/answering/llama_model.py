"""Any LlamaIndex LLM as the model that composes docai's answers: pages go to it as image blocks, and what it
says is checked like any other model's."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ImageBlock, MessageRole, TextBlock
from llama_index.core.llms.llm import LLM

from docai.errors import DocaiError, ServiceError
from docai.imaging.profiles import find_profile
from docai.llm.chat import ChatRequest, FinishReason, ImagePart, Message, ModelClient, Reply, Usage
from docai.llm.faults import MISUSED, find_fault, translate

T = TypeVar("T")
_AT_ONCE = 4
LONGEST_S = 300.0
"""For one reply: as long as docai's own client waits for an answer."""
_FINISHED: dict[str, FinishReason] = {"stop": "stop", "length": "length", "content_filter": "refusal"}


class LlmModel:
    """Satisfies `ComposingModel`. Nothing is changed of what the LLM is set to but, for an OpenAI-like one
    with `should_use_structured_outputs`, the reply's form, length and temperature.

    As many pages are shown as `context_window` of the LLM's metadata takes.
    """

    def __init__(self, llm: LLM, longest_s: float = LONGEST_S) -> None:
        self._client = LlmClient(llm, longest_s)
        self.name = self._client.name
        self.profile = find_profile(self.name)
        self.context_tokens: int | None = llm.metadata.context_window
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="docai-llm")

    def start(self, work: Callable[[ModelClient], Coroutine[Any, Any, T]]) -> Future[T]:
        return self._pool.submit(lambda: asyncio.run(work(self._client)))


class LlmClient:
    """Satisfies `ModelClient`."""

    def __init__(self, llm: LLM, longest_s: float = LONGEST_S) -> None:
        self._llm = llm
        self._longest_s = longest_s
        self.name = llm.metadata.model_name
        self._structured = bool(getattr(llm, "should_use_structured_outputs", False))

    async def complete(self, request: ChatRequest) -> Reply:
        messages = [_to_message(message) for message in request.messages]
        started = time.perf_counter()
        try:
            # Its synchronous side: the client of the other would be bound to this thread's short event loop.
            response = await asyncio.wait_for(self._chat(messages, request), self._longest_s)
        except TimeoutError as error:
            raise self._tell_timeout() from error
        except Exception as error:
            raise self._translate(error) from error
        return _read_reply(response, self.name, time.perf_counter() - started)

    def _chat(self, messages: list[ChatMessage], request: ChatRequest) -> asyncio.Future[ChatResponse]:
        """In a thread of its own that nobody waits for: one that hangs ends with the program."""
        reply: Future[ChatResponse] = Future()

        def run() -> None:
            try:
                told = self._llm.chat(messages, **self._options(request))
            except BaseException as error:
                _settle(reply, error)
            else:
                _settle(reply, told)

        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(run,), name="docai-llm-call", daemon=True).start()
        return asyncio.wrap_future(reply)

    def _tell_timeout(self) -> ServiceError:
        told = f"{self.name} gave no reply within {self._longest_s:g} s"
        return ServiceError("timeout", told, stage="answering", hint="see the server's log: it may hang")

    async def close(self) -> None:
        """The LLM is its owner's."""

    def _options(self, request: ChatRequest) -> dict[str, Any]:
        if not self._structured or request.json_schema is None:
            return {}
        schema = {"name": request.schema_name, "schema": dict(request.json_schema), "strict": True}
        return {
            "response_format": {"type": "json_schema", "json_schema": schema},
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
        }

    def _translate(self, error: Exception) -> DocaiError:
        """What a server says, by its words. Anything else that an LLM raises is its own."""
        place = str(getattr(self._llm, "api_base", None) or self._llm.class_name())
        if not isinstance(error, DocaiError) and find_fault(error) is MISUSED:
            told = f"{type(error).__name__}: {str(error)[:300]}"
            return ServiceError("llm-failed", f"{place} gave no reply: {told}", stage="answering")
        return translate(error, base_url=place, model=self.name)


def _settle(reply: Future[ChatResponse], told: ChatResponse | BaseException) -> None:
    """Sets what came; nothing where it came too late."""
    if not reply.set_running_or_notify_cancel():
        return
    if isinstance(told, BaseException):
        reply.set_exception(told)
    else:
        reply.set_result(told)


def _to_message(message: Message) -> ChatMessage:
    blocks = [
        ImageBlock(image=part.data, image_mimetype=part.media_type)
        if isinstance(part, ImagePart)
        else TextBlock(text=part)
        for part in message.parts
    ]
    return ChatMessage(role=MessageRole(message.role), blocks=blocks)


def _read_reply(response: ChatResponse, model: str, seconds: float) -> Reply:
    told = {**(response.additional_kwargs or {})}
    usage = Usage(_count(told, "prompt_tokens"), _count(told, "completion_tokens"))
    choices = getattr(response.raw, "choices", None)
    reason = getattr(choices[0], "finish_reason", None) if choices else None
    finish: FinishReason = "stop" if reason is None else _FINISHED.get(str(reason), "other")
    return Reply(response.message.content or "", usage, finish, model=model, seconds=seconds)


def _count(told: dict[str, Any], name: str) -> int:
    value = told.get(name)
    return value if isinstance(value, int) else 0
