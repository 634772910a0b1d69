"""Texts as vectors from an OpenAI-compatible server's `/v1/embeddings`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docai.errors import ServiceError
from docai.llm.waiting import WaitingClient


class EmbeddingClient(WaitingClient):
    """Satisfies `Vectors` of the index."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, as the server gives it."""
        if not texts:
            return []
        reply = self._post("/embeddings", {"input": list(texts), "encoding_format": "float"})
        return _read_vectors(reply, len(texts), self.base_url)


def _read_vectors(body: Any, count: int, base_url: str) -> list[list[float]]:
    """The vectors of a reply, in the order of the texts."""
    try:
        entries = sorted(body["data"], key=lambda entry: int(entry["index"]))
        vectors = [[float(value) for value in entry["embedding"]] for entry in entries]
        if len(vectors) == count and len({len(vector) for vector in vectors}) == 1 and vectors[0]:
            return vectors
        told = f"{len(vectors)} vectors for {count} texts"
    except (KeyError, TypeError, ValueError) as error:
        told = f"{type(error).__name__}: {error}"
    raise ServiceError(
        "bad-reply",
        f"{base_url}: the reply holds no vectors as asked for ({told[:200]})",
        stage="index",
        hint="the server must speak OpenAI's /v1/embeddings",
    )
