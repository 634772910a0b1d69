"""Which vector index: the embedded one in the workspace's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docai.index.edge import EdgeIndex
    from docai.index.space import VectorSpace
    from docai.protocols import Embedder

INDEX_FOLDER = "index"


def make_space(embedder: Embedder, terms: str) -> VectorSpace:
    """What an index must have been made with. `terms`: name and version of what makes sparse vectors."""
    from docai.index.space import VectorSpace

    return VectorSpace(embedder.name, embedder.fingerprint, embedder.dimension, terms)


def open_embedded_index(workspace: Path, space: VectorSpace | None, *, wait_s: float = 60.0) -> EdgeIndex:
    """The index of the workspace whose `.docai` folder this is. Opens nothing yet.

    `space` None: to count or list, whatever made it.
    """
    from docai.index.edge import EdgeIndex

    return EdgeIndex(workspace / INDEX_FOLDER, space, wait_s=wait_s)
