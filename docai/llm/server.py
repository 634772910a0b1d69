"""What a server is: its dialect, the models that it serves, and how long their context is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docai.errors import ConfigError
from docai.llm.forms import Dialect, find_dialect


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """As `/models` tells it. `context_tokens` by model, where the server says it."""

    dialect: Dialect
    models: tuple[str, ...]
    context_tokens: Mapping[str, int]


def read_models(body: Mapping[str, Any]) -> ServerInfo:
    """The server behind a reply of `/models`."""
    entries = [e for e in body.get("data") or () if isinstance(e, dict) and e.get("id")]
    contexts: dict[str, int] = {}
    for entry in entries:
        meta = entry.get("meta") or {}
        tokens = entry.get("max_model_len") or meta.get("n_ctx") or meta.get("n_ctx_train")
        if isinstance(tokens, int) and tokens > 0:
            contexts[str(entry["id"])] = tokens
    return ServerInfo(find_dialect(body), tuple(str(e["id"]) for e in entries), contexts)


def version_path(dialect: Dialect) -> str:
    """Where beside `/v1` a server tells its version."""
    return {"ollama": "/api/version", "llama.cpp": "/props"}.get(dialect, "/version")


def read_version(body: Mapping[str, Any]) -> str | None:
    """The version in a reply of `version_path`: `0.25.2`, or llama.cpp's build (`b8667-c08d28d`)."""
    found = body.get("version") or body.get("build_info")
    return str(found)[:80] if found else None


def parse_version(text: str) -> tuple[int, int, int] | None:
    """Major, minor and patch number of `0.25.1+cu129`; None for what has no such form. A build on the way to
    a release (`0.24.1.dev12`, `0.22.1rc1`) counts as that release."""
    found = re.match(r"v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?", text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def choose_model(info: ServerInfo, wanted: str | None, base_url: str) -> str:
    """The model to ask: the one that is wanted, or the only one there is.

    Raises `ConfigError`: `no-such-model` where the server does not have it (letters' case does not count, and
    Ollama's `:latest` may be left out), `choose-model` where it has several and none is wanted.
    """
    if wanted is None:
        if len(info.models) == 1:
            return info.models[0]
        raise ConfigError(
            "choose-model" if info.models else "no-such-model",
            f"{base_url} serves {', '.join(info.models) or 'no model'}",
            stage="extraction",
            hint="name one with --model" if info.models else "load a model in the server",
        )
    for name in info.models:
        if wanted.lower() in (name.lower(), name.lower().removesuffix(":latest")):
            return name
    raise ConfigError(
        "no-such-model",
        f"{base_url} has no model {wanted!r}; it serves {', '.join(info.models[:8]) or 'none'}",
        stage="extraction",
        hint="choose one of these with --model, or start the server with it",
    )
