"""A stand-in for a model: words hashed into few dimensions. For tests; it knows no meanings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from docai.index.embedding.minilm import normalise
from docai.index.terms import Terms


class HashedEmbedder:
    """Satisfies `Embedder`: texts that share words lie near each other. `seed` makes other models of it."""

    def __init__(self, dimension: int = 64, seed: int = 0) -> None:
        self.name = f"hashed-{dimension}"
        self.dimension = dimension
        self.fingerprint = hashlib.sha256(f"{self.name} {seed}".encode()).hexdigest()[:16]
        self._seed = seed
        self._terms = Terms()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for term, often in self._terms.count(text).items():
                vectors[row, (term ^ self._seed) % self.dimension] += often
        return normalise(vectors)

    def embed_question(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.embed_passages([text])[0]
        return vector
