"""docai's embedding models as a LlamaIndex embedding."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from llama_index.core.base.embeddings.base import BaseEmbedding
from pydantic import PrivateAttr

from docai.protocols import Embedder


class EmbedderEmbedding(BaseEmbedding):
    """Vectors of length 1. The model is loaded by the first text; calls come one after another."""

    _make: Callable[[], Embedder] = PrivateAttr()
    _made: Embedder | None = PrivateAttr(default=None)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def __init__(self, make: Callable[[], Embedder], model_name: str, embed_batch_size: int = 32) -> None:
        super().__init__(model_name=model_name, embed_batch_size=embed_batch_size)
        self._make = make

    @classmethod
    def class_name(cls) -> str:
        return "DocaiEmbedding"

    def _get_query_embedding(self, query: str) -> list[float]:
        with self._lock:
            vector: list[float] = self._embedder.embed_question(query).tolist()
        return vector

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        with self._lock:
            vectors: list[list[float]] = self._embedder.embed_passages(texts).tolist()
        return vectors

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)

    @property
    def _embedder(self) -> Embedder:
        if self._made is None:
            self._made = self._make()
        return self._made
