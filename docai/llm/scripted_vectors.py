"""What the scripted server answers to `/v1/embeddings`: texts that share words lie near each other."""

from __future__ import annotations

import zlib
from typing import Any

DIMENSION = 32


def embed_words(body: dict[str, Any], model: str) -> dict[str, Any]:
    """A reply as OpenAI's, its entries in reverse, which the protocol allows."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    entries = [
        {"object": "embedding", "index": place, "embedding": _embed(text)} for place, text in enumerate(texts)
    ]
    return {"object": "list", "model": model, "data": entries[::-1], "usage": {"prompt_tokens": len(texts)}}


def _embed(text: str) -> list[float]:
    vector = [0.0] * DIMENSION
    for word in text.casefold().split():
        vector[zlib.crc32(word.strip(".,").encode()) % DIMENSION] += 1.0
    return vector
