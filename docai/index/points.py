"""What both forms of Qdrant check of passages and questions before they pass them on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from docai.errors import ConfigError
from docai.index.payload import DENSE, SPARSE
from docai.index.space import STAGE, VectorSpace
from docai.types import IndexedPassage, Query, SparseVector

DEPTH = 100
"""How many of each kind are fused, at least."""


def check_passages(document_id: str, passages: Sequence[IndexedPassage], space: VectorSpace) -> None:
    """Raises `ValueError` for passages of another document, `ConfigError` for vectors of another model."""
    for indexed in passages:
        if indexed.passage.document_id != document_id:
            raise ValueError(f"a passage of {indexed.passage.document_id} among those of {document_id}")
        check_dimension(len(indexed.dense), space)


def check_dimension(found: int, space: VectorSpace) -> None:
    if found != space.dimension:
        raise ConfigError(
            "index-other-model",
            f"a vector of {found} dimensions for an index of {space.dimension}, made with {space.embedder}",
            stage=STAGE,
            hint="docai index rebuild",
        )


def list_vectors(
    query: Query, space: VectorSpace
) -> Iterator[tuple[str, NDArray[np.float32] | SparseVector]]:
    """The query's vectors with their names, without those that say nothing."""
    if query.dense is not None and len(query.dense) and query.dense.any():
        check_dimension(len(query.dense), space)
        yield DENSE, query.dense
    if query.sparse is not None and len(query.sparse.indices):
        yield SPARSE, query.sparse
