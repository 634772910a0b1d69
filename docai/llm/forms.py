"""A request as the dialect of each server wants it, and a server's reply as docai's own.

All speak OpenAI's chat completions; they differ in how a schema is given and how thinking is turned off.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from docai.errors import ServiceError
from docai.llm.chat import ChatRequest, FinishReason, ImagePart, Message, Part, Reply, TokenLogprob, Usage

Dialect: TypeAlias = Literal["vllm", "openai", "ollama", "llama.cpp"]
SchemaForm: TypeAlias = Literal["json_schema", "json_object", "structured_outputs", "none"]

_OWNERS: dict[str, Dialect] = {"vllm": "vllm", "sglang": "vllm", "llamacpp": "llama.cpp", "library": "ollama"}
_FINISHES: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "refusal",
    "refusal": "refusal",
}


def find_dialect(models: Mapping[str, Any]) -> Dialect:
    """The dialect by what `/models` says of its owner; `openai` if it says nothing known."""
    for model in models.get("data") or ():
        owner = str(model.get("owned_by", "")).lower()
        if owner in _OWNERS:
            return _OWNERS[owner]
    return "openai"


def write_body(
    request: ChatRequest, model: str, dialect: Dialect, form: SchemaForm = "json_schema"
) -> dict[str, Any]:
    """The JSON body of a chat completion."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [_write_message(message) for message in request.messages],
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
    }
    if request.seed is not None:
        body["seed"] = request.seed
    if request.logprobs:
        body["logprobs"] = True
    if request.json_schema is not None:
        body |= _write_schema(request.json_schema, request.schema_name, form)
    if request.image_budget is not None and dialect == "vllm":
        body["mm_processor_kwargs"] = {"max_soft_tokens": request.image_budget}
    return body | _write_thinking(request.thinking, dialect)


def _write_schema(schema: Mapping[str, Any], name: str, form: SchemaForm) -> dict[str, Any]:
    match form:
        case "json_schema":  # OpenAI, vLLM, Ollama, LM Studio, llama.cpp since 2025
            form_schema = {"name": name, "schema": schema, "strict": True}
            return {"response_format": {"type": "json_schema", "json_schema": form_schema}}
        case "json_object":  # older llama.cpp servers
            return {"response_format": {"type": "json_object", "schema": schema}}
        case "structured_outputs":  # vLLM's own field
            return {"structured_outputs": {"json": schema}}
        case "none":
            return {}


def _write_thinking(thinking: bool, dialect: Dialect) -> dict[str, Any]:
    """OpenAI itself refuses fields that it does not know, so each dialect gets its own alone."""
    if dialect in ("vllm", "llama.cpp"):
        return {"chat_template_kwargs": {"enable_thinking": thinking}}
    if dialect == "ollama":
        return {} if thinking else {"reasoning_effort": "none"}
    return {}


def _write_message(message: Message) -> dict[str, Any]:
    if all(isinstance(part, str) for part in message.parts):
        # Some chat templates take system turns as plain text only.
        return {"role": message.role, "content": "\n\n".join(str(part) for part in message.parts)}
    return {"role": message.role, "content": [_write_part(part) for part in message.parts]}


def _write_part(part: Part) -> dict[str, Any]:
    if isinstance(part, ImagePart):
        url = f"data:{part.media_type};base64,{base64.b64encode(part.data).decode('ascii')}"
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "text", "text": part}


def read_request(body: Mapping[str, Any]) -> ChatRequest:
    """A chat completion's body as a request: what a server does. Undoes `write_body`."""
    response_format = body.get("response_format") or {}
    held = response_format.get("json_schema") or {}
    schema = held.get("schema") or response_format.get("schema")
    schema = schema or (body.get("structured_outputs") or {}).get("json")
    thinking = (body.get("chat_template_kwargs") or {}).get("enable_thinking", False)
    budget = (body.get("mm_processor_kwargs") or {}).get("max_soft_tokens")
    return ChatRequest(
        messages=tuple(_read_message(message) for message in body.get("messages") or ()),
        json_schema=schema,
        schema_name=str(held.get("name", "reply")),
        temperature=float(body.get("temperature") or 0.0),
        max_tokens=int(body.get("max_tokens") or body.get("max_completion_tokens") or 2048),
        logprobs=bool(body.get("logprobs")),
        seed=body.get("seed"),
        thinking=bool(thinking),
        image_budget=budget,
    )


def _read_message(message: Mapping[str, Any]) -> Message:
    content = message.get("content") or ""
    if isinstance(content, str):
        return Message(message["role"], (content,))
    return Message(message["role"], tuple(_read_part(part) for part in content))


def _read_part(part: Mapping[str, Any]) -> Part:
    if part.get("type") == "image_url":
        head, _, data = str(part["image_url"]["url"]).partition(",")
        media_type = head.removeprefix("data:").partition(";")[0]
        return ImagePart(base64.b64decode(data), media_type)
    return str(part.get("text", ""))


def read_json(text: str) -> dict[str, Any]:
    """A server's JSON object. Raises `ServiceError` (`garbled-reply`) for anything else."""
    try:
        found = json.loads(text, strict=False)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ServiceError(
            "garbled-reply",
            f"the server answered something that is no JSON object: {text[:80]!r}",
            stage="extraction",
            hint="is --base-url the address of an OpenAI-compatible server, ending in /v1?",
        )
    return found


def read_reply(text: str, seconds: float) -> Reply:
    """The first choice of a chat completion. Raises `ServiceError` (`garbled-reply`) where there is none."""
    body = read_json(text)
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ServiceError(
            "garbled-reply",
            f"the server's reply has no choices: {text[:80]!r}",
            stage="extraction",
            hint="is --base-url the address of an OpenAI-compatible server, ending in /v1?",
        )
    choice = choices[0]
    message = choice.get("message") or {}
    usage = body.get("usage") or {}
    details = usage.get("prompt_tokens_details") or {}
    finish = _FINISHES.get(str(choice.get("finish_reason")), "other")
    return Reply(
        text=str(message.get("content") or message.get("refusal") or ""),
        usage=Usage(
            int(usage.get("prompt_tokens") or 0),
            int(usage.get("completion_tokens") or 0),
            int(details.get("cached_tokens") or 0),
        ),
        finish_reason="refusal" if message.get("refusal") else finish,
        logprobs=_read_logprobs(choice.get("logprobs")),
        model=str(body.get("model") or ""),
        seconds=seconds,
    )


def _read_logprobs(found: Any) -> tuple[TokenLogprob, ...] | None:
    content = found.get("content") if isinstance(found, dict) else None
    if not content:
        return None
    return tuple(
        TokenLogprob(
            bytes(token["bytes"]) if token.get("bytes") else str(token.get("token", "")).encode(),
            float(token.get("logprob", 0.0)),
        )
        for token in content
    )
