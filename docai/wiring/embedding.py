"""Which model embeds passages and questions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from docai.errors import ConfigError

if TYPE_CHECKING:
    from docai.protocols import Embedder
    from docai.workspace import Workspace
    from docai.workspace.published import IndexModel

DEFAULT = "minilm"
_HELP = (
    "minilm (embedded, English first), fastembed:FOLDER (a model's folder, ONNX; for other languages e.g. "
    "multilingual-e5-small), or http://host:port/v1#MODEL (OpenAI-compatible /v1/embeddings)"
)


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """What the user says about the index. `choice` None: the workspace's model, else the embedded one."""

    choice: str | None = None
    api_key: str | None = field(default=None, repr=False)

    def resolve(self, stores: Workspace) -> EmbeddingSpec:
        stored = stores.published.get_model()
        return EmbeddingSpec(self.choice or (stored.choice if stored else DEFAULT), self.api_key)


@dataclass(frozen=True, slots=True)
class EmbeddingSpec:
    """A choice of model, as the user writes it. Picklable; calling it makes the embedder.

    `choice`: `minilm`, `fastembed:FOLDER`, or the address of a server with `#MODEL` after it.
    """

    choice: str = DEFAULT
    api_key: str | None = field(default=None, repr=False)

    def describe(self) -> IndexModel:
        """Name and fingerprint. Loads nothing for the embedded model; asks a server."""
        from docai.workspace.published import IndexModel

        if self.choice == DEFAULT:
            from docai.index.embedding.minilm import DIMENSION, MiniLM

            return IndexModel(MiniLM.name, MiniLM.fingerprint, DIMENSION, self.choice)
        made = self()
        return IndexModel(made.name, made.fingerprint, made.dimension, self.choice)

    def __call__(self) -> Embedder:
        """Raises ConfigError for a choice that there is not, or that cannot be loaded."""
        if self.choice == DEFAULT:
            from docai.index.embedding.minilm import MiniLM

            return MiniLM()
        kind, _, place = self.choice.partition(":")
        if kind == "fastembed" and place:
            from docai.index.embedding.folder import FolderEmbedder

            return FolderEmbedder(Path(place))
        if re.match(r"https?://[^\s/]", self.choice):
            from docai.index.embedding.served import ServedEmbedder
            from docai.llm.embeddings import EmbeddingClient

            address, _, model = self.choice.partition("#")
            return ServedEmbedder(EmbeddingClient(address, model or None, self.api_key))
        raise ConfigError("bad-embedding", f"there is no embedding model {self.choice!r}", hint=_HELP)
