"""What is asked of a model and what it answers, and the one protocol that every client satisfies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant"]
TRIAL = "In a few plain words: what do you see?"
"""The question of a request that only finds out what a server can do. Nobody answers it in JSON unless a
grammar forces him."""
FinishReason: TypeAlias = Literal["stop", "length", "refusal", "other"]


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An encoded image (PNG, JPEG) as it goes over the wire."""

    data: bytes = field(repr=False)
    media_type: str = "image/png"


Part: TypeAlias = str | ImagePart


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question. `json_schema` constrains the reply; `logprobs` asks for those of the reply's tokens.

    `thinking` lets a model reason aloud first; extraction leaves it off. `timeout_s`: from sending to the
    whole reply; None takes the client's. `image_budget`: tokens an image of Gemma 4, where the server lets a
    request say so; None leaves the server's own.
    """

    messages: tuple[Message, ...]
    json_schema: Mapping[str, Any] | None = None
    schema_name: str = "reply"
    temperature: float = 0.0
    max_tokens: int = 2048
    logprobs: bool = False
    seed: int | None = None
    thinking: bool = False
    timeout_s: float | None = None
    image_budget: int | None = None


class TokenLogprob(NamedTuple):
    """One token of a reply: its bytes (a token may end within a character) and log probability."""

    data: bytes
    logprob: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counts them; `cached_tokens` of the prompt came from its prefix cache."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said. `logprobs` is None where the server gives none; `seconds` as the client saw them."""

    text: str
    usage: Usage
    finish_reason: FinishReason = "stop"
    logprobs: tuple[TokenLogprob, ...] | None = None
    model: str = ""
    seconds: float = 0.0


class ModelClient(Protocol):
    """A model that answers chats. Raises `ServiceError` or `ConfigError`, never a library's own error."""

    name: str

    async def complete(self, request: ChatRequest) -> Reply: ...

    async def close(self) -> None: ...


def count_images(request: ChatRequest) -> int:
    """Images in all of a request's messages."""
    return sum(isinstance(part, ImagePart) for message in request.messages for part in message.parts)
