"""Where a batch brings its documents' passages: a collection on a Qdrant server."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from docai.errors import ConfigError
from docai.wiring.embedding import DEFAULT, EmbeddingSpec

if TYPE_CHECKING:
    from docai.index.server import ServerIndex
    from docai.types import Document, Page, Passage
    from docai.wiring.prepare import ChosenParts

_BATCH = 32


@dataclass(frozen=True, slots=True)
class IndexTarget:
    """A server's address and collection (None: docai's usual one), and the model of the vectors."""

    url: str
    collection: str | None
    embedding: EmbeddingSpec
    api_key: str | None = field(default=None, repr=False)

    @property
    def basis(self) -> tuple[str, ...]:
        """What an outcome says by being there: that its document is in this index."""
        model = self.embedding.describe()
        return ("index", self.url.rstrip("/"), self.collection or "", model.fingerprint)


def choose_target(
    url: str | None, collection: str | None, embedding: str | None, chosen: ChosenParts, runner: str
) -> IndexTarget | None:
    """The command's index, else the pipeline's; None where neither names one. Raises `ConfigError`."""
    recipe = chosen.recipe.index
    url = url or (recipe.qdrant if recipe.enabled else None)
    if url is None:
        if collection:
            raise ConfigError(
                "bad-option", "--collection is of an index", hint="--index URL names the server"
            )
        return None
    if runner != "local":
        raise ConfigError(
            "bad-option",
            f"an index is not filled by the runner {runner!r} yet",
            stage="batch",
            hint="--runner local, or leave --index (index.qdrant of the pipeline) out",
        )
    settings = chosen.settings
    choice = embedding or settings.embedding or recipe.embedding or DEFAULT
    spec = EmbeddingSpec(choice, settings.embedding_api_key)
    return IndexTarget(url, collection, spec, settings.qdrant_api_key)


class ServerPublisher:
    """Satisfies `docai.batch.publishing.Publisher`."""

    def __init__(self, index: ServerIndex) -> None:
        from docai.index.sparse import SparseEncoder

        self._index = index
        self._encoder = SparseEncoder()
        self._lock = threading.Lock()

    def make_passages(self, document: Document, pages: Sequence[Page]) -> Any:
        from docai.pipeline import PassagesTask

        return PassagesTask(document.id, tuple(pages))

    def make_vectors(self, passages: Sequence[Passage]) -> Sequence[Any]:
        from docai.index.passages import text_to_embed
        from docai.pipeline import VectorsTask

        texts = [text_to_embed(passage) for passage in passages]
        return [VectorsTask(tuple(texts[i : i + _BATCH])) for i in range(0, len(texts), _BATCH)]

    def publish(self, document_id: str, passages: Sequence[Passage], vectors: Sequence[Any]) -> None:
        import numpy as np

        from docai.index.passages import text_to_weigh
        from docai.types import IndexedPassage

        dense = np.concatenate(vectors).astype(np.float32) if passages else np.zeros((0, 1), np.float32)
        dense /= np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-12)
        with self._lock:  # the encoder remembers stems
            sparse = [self._encoder.encode_passage(text_to_weigh(passage)) for passage in passages]
        self._index.replace(
            document_id, [IndexedPassage(*parts) for parts in zip(passages, dense, sparse, strict=True)]
        )


@contextmanager
def open_publisher(target: IndexTarget) -> Iterator[ServerPublisher]:
    """Raises `ConfigError` or `ServiceError` for a server or a collection that cannot be used."""
    from docai.types import Where
    from docai.wiring.publishing import make_index_space
    from docai.wiring.vector_index import open_server_index

    space = make_index_space(target.embedding.describe())
    index = open_server_index(target.url, space, api_key=target.api_key, collection=target.collection)
    try:
        index.count(Where())
        yield ServerPublisher(index)
    finally:
        index.close()
