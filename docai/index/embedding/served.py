"""A model behind an OpenAI-compatible `/v1/embeddings`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from docai.index.embedding.minilm import normalise
from docai.index.embedding.word_pieces import WordPieces

_PROBE = "The seller delivers the goods to the buyer on May 1, 2020."
_BATCH = 32


class Vectors(Protocol):
    """What gives vectors; `docai.llm.embeddings.EmbeddingClient` in docai."""

    @property
    def model(self) -> str: ...

    def embed(self, texts: Sequence[str]) -> list[list[float]]: ...


class ServedEmbedder:
    """Satisfies `Embedder`. Raises what the client raises.

    A server does not tell which weights it has. The fingerprint names the model and what it makes of one
    sentence, to two digits: the same model on other hardware passes, another behind the same name does not.
    Lengths are counted in the embedded model's word pieces, as passages are.
    """

    def __init__(self, client: Vectors) -> None:
        self._client = client
        self.name = client.model
        probe = self.embed_question(_PROBE)
        self.dimension = len(probe)
        facts = f"{self.name} {self.dimension} {_describe(probe)}"
        self.fingerprint = hashlib.sha256(facts.encode()).hexdigest()[:16]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._pieces.count(texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = [
            vector
            for first in range(0, len(texts), _BATCH)
            for vector in self._client.embed(texts[first : first + _BATCH])
        ]
        if not vectors:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return normalise(np.array(vectors, dtype=np.float32))

    def embed_question(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = normalise(np.array(self._client.embed([text]), dtype=np.float32))[0]
        return vector

    @cached_property
    def _pieces(self) -> WordPieces:
        return WordPieces()


def _describe(vector: NDArray[np.float32]) -> str:
    """The places of the eight largest numbers, in their order: rounding seldom changes it."""
    order = np.argsort(-np.abs(vector), kind="stable")[:8]
    return " ".join(f"{place}{'+' if vector[place] >= 0 else '-'}" for place in sorted(order.tolist()))
