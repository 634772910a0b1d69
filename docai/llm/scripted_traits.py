"""What a scripted server is like, its flaws included, and what they make of requests and replies.

Each flaw is one that real servers have; docai's checks are proven against them.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from docai.llm.chat import TRIAL, ChatRequest, Reply, count_images
from docai.llm.scripted import Turn, make_reply

_SHIFTED = str.maketrans(
    string.ascii_uppercase + string.digits,
    string.ascii_uppercase[1:] + "A" + string.digits[1:] + "0",
)
_WHITESPACE = "\n  " * 400


class Refused(Exception):
    """A request that the server answers with an error: status, message, headers."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


@dataclass(slots=True)
class ServerTraits:
    """What the server is like. May be changed while it runs.

    `capacity` requests are worked on at once, each `slowdown` slower per further one; beyond `longest_queue`
    waiting ones a request gets 503. `loading`: 503 to everything but `/metrics`. `tells_context`: whether
    `/models` says how long the context is; `truncates`: what does not fit is dropped without a word, as
    Ollama does. `image_tokens`: what an image costs; a request may set its own budget with `trusts_budget`.
    `sharp_tokens`: images of more are read wrongly (vllm PR 47217). `grammar` off ignores a `json_schema`,
    `fields_limit` refuses one with more values in its enums; `white_space` ends constrained replies in it.
    """

    model: str = "scripted"
    owner: str = "vllm"
    version: str = "scripted"
    capacity: int = 8
    slowdown: float = 0.0
    longest_queue: int | None = None
    context_tokens: int = 32_768
    tells_context: bool = True
    truncates: bool = False
    image_limit: int | None = None
    sees_images: bool = True
    drops_images: bool = False
    image_tokens: int = 280
    trusts_budget: bool = False
    sharp_tokens: int | None = None
    grammar: bool = True
    fields_limit: int | None = None
    white_space: bool = False
    logprobs: bool = True
    api_key: str | None = field(default=None, repr=False)
    metrics: bool = True
    loading: bool = False

    def list_models(self) -> dict[str, Any]:
        """The body of `/models`."""
        model: dict[str, Any] = {"id": self.model, "object": "model", "owned_by": self.owner}
        if self.tells_context:
            model["max_model_len"] = self.context_tokens
        return {"object": "list", "data": [model]}


def check_request(request: ChatRequest, traits: ServerTraits) -> None:
    """Raises `Refused` for what such a server does not take, in the words of real ones."""
    count = count_images(request)
    if count and not traits.sees_images:
        raise Refused(400, f"{traits.model} is not a multimodal model")
    if traits.image_limit is not None and count > traits.image_limit:
        raise Refused(400, f"At most {traits.image_limit} image(s) may be provided in one prompt.")
    if request.image_budget is not None and not traits.trusts_budget:
        raise Refused(400, "mm_processor_kwargs of a request needs --trust-request-mm-kwargs")
    if traits.fields_limit is not None and _count_enums(request.json_schema) > traits.fields_limit:
        raise Refused(400, "Grammar error: the schema is too large to compile")


def is_trial(request: ChatRequest) -> bool:
    return bool(request.messages) and request.messages[-1].parts[-1:] == (TRIAL,)


def answer_trial(request: ChatRequest) -> Turn | None:
    """The server's own answer to a request that only tries it out; scripts need not know such requests."""
    if not is_trial(request):
        return None
    return Turn(json.dumps(make_least(request.json_schema or {})) if request.json_schema else "A square.")


def make_flawed_reply(turn: Turn, request: ChatRequest, traits: ServerTraits) -> Reply:
    """The turn's reply with the server's flaws. Raises `Refused` for what the context does not hold."""
    tokens = traits.image_tokens
    if request.image_budget is not None:
        tokens = request.image_budget + 2
    text = turn.text
    if traits.sharp_tokens is not None and tokens > traits.sharp_tokens and count_images(request):
        text = text.translate(_SHIFTED)
    finish = turn.finish_reason
    if request.json_schema is not None and not traits.grammar:
        text = f"The image shows this:\n```\n{text}\n```" if not is_trial(request) else "A square."
    elif request.json_schema is not None and traits.white_space:
        text, finish = text[: max(1, len(text) // 2)] + _WHITESPACE, "length"
    reply = make_reply(
        replace(turn, text=text, finish_reason=finish),
        request,
        traits.model,
        0 if traits.drops_images else tokens,
    )
    needed = reply.usage.prompt_tokens + request.max_tokens
    if needed > traits.context_tokens:
        if not traits.truncates:
            raise Refused(
                400,
                f"This model's maximum context length is {traits.context_tokens} tokens. "
                f"However, you requested {needed} tokens.",
            )
        room = max(0, traits.context_tokens - request.max_tokens)
        reply = replace(reply, usage=replace(reply.usage, prompt_tokens=room))
    return reply if traits.logprobs else replace(reply, logprobs=None)


def make_least(schema: Mapping[str, Any]) -> Any:
    """The smallest value that a JSON Schema of the kind that docai sends allows."""
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("anyOf"):
        return make_least(schema["anyOf"][0])
    match schema.get("type"):
        case "object":
            properties = schema.get("properties") or {}
            return {name: make_least(properties[name]) for name in schema.get("required") or ()}
        case "array":
            return []
        case "integer" | "number":
            return 0
        case "boolean":
            return False
        case "null":
            return None
    return ""


def _count_enums(schema: Any) -> int:
    if isinstance(schema, Mapping):
        own = len(schema["enum"]) if isinstance(schema.get("enum"), list) else 0
        return own + sum(_count_enums(value) for value in schema.values())
    return sum(_count_enums(value) for value in schema) if isinstance(schema, list) else 0
