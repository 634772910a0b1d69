"""What the scripted server answers to `/v1/embeddings` and `/v1/rerank`: texts that share words are near."""

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


def score_words(body: dict[str, Any], model: str) -> dict[str, Any]:
    """A reply as Cohere's, the best first: the share of the question's words that a text has."""
    asked = set(body["query"].casefold().split())
    scores = [len(asked & set(text.casefold().split())) / max(1, len(asked)) for text in body["documents"]]
    best = sorted(range(len(scores)), key=lambda place: -scores[place])[: body.get("top_n")]
    return {"model": model, "results": [{"index": at, "relevance_score": scores[at]} for at in best]}


def _embed(text: str) -> list[float]:
    vector = [0.0] * DIMENSION
    for word in text.casefold().split():
        vector[zlib.crc32(word.strip(".,").encode()) % DIMENSION] += 1.0
    return vector
