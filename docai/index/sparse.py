"""BM25 as sparse vectors: a passage's side saturates and levels length, the index multiplies by IDF.

score(q, p) = sum over terms of idf(t) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average))
"""

from __future__ import annotations

import numpy as np

from docai.index.terms import Terms
from docai.types import SparseVector

TERMS = "bm25 1"
"""Name and version: goes up when the same text would give another vector."""
K1, B = 1.2, 0.75
AVERAGE_TERMS = 130.0
"""Fixed, so that a passage's vector does not depend on the others: terms of a passage with its context."""


class SparseEncoder:
    """Texts as weights of terms."""

    def __init__(self) -> None:
        self._terms = Terms()

    def encode_passage(self, text: str) -> SparseVector:
        """Weights with saturation, without IDF."""
        counts = self._terms.count(text)
        indices = np.fromiter(counts, dtype=np.uint32, count=len(counts))
        often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        level = K1 * (1 - B + B * float(often.sum()) / AVERAGE_TERMS)
        order = np.argsort(indices)
        weights = often * (K1 + 1) / (often + level)
        return SparseVector(indices[order], weights[order].astype(np.float32))

    def encode_question(self, text: str) -> SparseVector:
        """Each term once, with weight 1."""
        indices = np.array(sorted(self._terms.count(text)), dtype=np.uint32)
        return SparseVector(indices, np.ones(len(indices), dtype=np.float32))
