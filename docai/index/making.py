"""A worker's side of indexing: passages of a document, vectors of passages. Models load when first needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from docai.index.embedding.word_pieces import WordPieces
from docai.index.passages import make_passages
from docai.protocols import Embedder
from docai.types import Page, Passage


class PassageMaker:
    """Passages are the same whichever model embeds them: the embedded model's tokens measure them all."""

    def __init__(self, make_embedder: Callable[[], Embedder]) -> None:
        self._make_embedder = make_embedder

    def make(self, document_id: str, pages: Sequence[Page]) -> list[Passage]:
        """Passages of the pages that were read."""
        return make_passages(document_id, pages, self._pieces.count)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float16]:
        """(texts, dimension), in half precision: as vectors are kept."""
        return self._embedder.embed_passages(texts).astype(np.float16)

    @cached_property
    def _pieces(self) -> WordPieces:
        return WordPieces()

    @cached_property
    def _embedder(self) -> Embedder:
        return self._make_embedder()
