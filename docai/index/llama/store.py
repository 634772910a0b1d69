"""Qdrant Edge as a LlamaIndex vector store: in a folder of its own, in this process, nothing served."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np
from llama_index.core.schema import BaseNode, MetadataMode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)
from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict
from numpy.typing import NDArray
from pydantic import PrivateAttr

from docai.errors import ConfigError
from docai.index.edge_shard import make_point
from docai.index.embedding.minilm import normalise
from docai.index.llama.conditions import join_conditions, of_documents, of_points, to_condition
from docai.index.llama.node_index import FoundPoint, NodeIndex
from docai.index.payload import DENSE, SPARSE
from docai.index.points import check_dimension
from docai.index.space import STAGE, VectorSpace
from docai.index.sparse import TERMS, SparseEncoder
from docai.types import SparseVector
from docai.values.surrogates import replace_surrogates

Vectors: TypeAlias = Mapping[str, "NDArray[np.float32] | SparseVector"]
_FINGERPRINT = "llama-index"


class NodeStore(BasePydanticVectorStore):
    """Nodes with their vectors, compared by cosine, and BM25 over their words. Several processes may read and
    write: each call sees what was written last. What is added is on the disk when `add` returns; each call of
    it copies the index first, so add many nodes at once.

    Query modes: `default` (vectors), `sparse` and `text_search` (words), `hybrid` (both, fused by rank).
    Raises ConfigError `bad-filter`, `bad-query` for what Edge cannot do, `index-other-model`; `IndexDamaged`.
    """

    stores_text: bool = True
    is_embedding_query: bool = True
    folder: str
    model_name: str = ""

    _index: NodeIndex = PrivateAttr()
    _encoder: SparseEncoder = PrivateAttr(default_factory=SparseEncoder)

    def __init__(self, folder: str | Path, *, model_name: str = "", index: NodeIndex | None = None) -> None:
        """`model_name`: of the embedding model, so that vectors of another one are refused."""
        super().__init__(stores_text=True, folder=str(folder), model_name=model_name)
        self._index = index or NodeIndex(Path(folder), None)

    @classmethod
    def class_name(cls) -> str:
        return "EdgeVectorStore"

    @property
    def client(self) -> NodeIndex:
        return self._index

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Put nodes with their embeddings in, in place of those of the same ids."""
        if not nodes:
            return []
        vectors = normalise(np.array([node.get_embedding() for node in nodes], dtype=np.float32))
        space = VectorSpace(self.model_name, _FINGERPRINT, vectors.shape[1], TERMS)
        points = [self._make_point(node, vector) for node, vector in zip(nodes, vectors, strict=True)]
        self._index.put_points(points, space)
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Remove the nodes of a document."""
        self._index.delete_points(join_conditions([of_documents([ref_doc_id])]))

    def delete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        **delete_kwargs: Any,
    ) -> None:
        """Remove nodes by id, by metadata, or those that both name. Neither removes nothing: see `clear`."""
        condition = self._choose(node_ids, filters)
        if condition is not None:
            self._index.delete_points(condition)

    def clear(self) -> None:
        self._index.clear()

    def get_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None
    ) -> list[BaseNode]:
        """Nodes by id, by metadata, or all, without their embeddings."""
        return [self._read_node(point) for point in self._index.list_points(self._choose(node_ids, filters))]

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        limit = query.similarity_top_k
        if query.mode == VectorStoreQueryMode.HYBRID and query.hybrid_top_k is not None:
            limit = query.hybrid_top_k
        # LlamaIndex's own retriever sends empty lists where it means all.
        chosen = self._choose(query.node_ids or None, query.filters)
        condition = join_conditions([chosen, of_documents(query.doc_ids or None)])
        found = self._index.rank_points(self._choose_vectors(query), limit, condition)
        nodes = [self._read_node(point) for point in found]
        return VectorStoreQueryResult(
            nodes=nodes,
            similarities=[point.score for point in found],
            ids=[node.node_id for node in nodes],
        )

    async def async_add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        return await asyncio.to_thread(self.add, nodes)

    async def adelete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        await asyncio.to_thread(self.delete, ref_doc_id)

    async def adelete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        **delete_kwargs: Any,
    ) -> None:
        await asyncio.to_thread(self.delete_nodes, node_ids, filters)

    async def aclear(self) -> None:
        await asyncio.to_thread(self.clear)

    async def aget_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None
    ) -> list[BaseNode]:
        return await asyncio.to_thread(self.get_nodes, node_ids, filters)

    async def aquery(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        return await asyncio.to_thread(self.query, query)

    def close(self) -> None:
        """Close the files. The store may be used again."""
        self._index.close()

    def _make_point(self, node: BaseNode, vector: NDArray[np.float32]) -> Any:
        payload = _clean(node_to_metadata_dict(node))
        words = self._encoder.encode_passage(node.get_content(MetadataMode.NONE))
        return make_point(make_point_id(node.node_id), vector, words, payload)

    def _choose(self, node_ids: list[str] | None, filters: MetadataFilters | None) -> Any:
        points = None if node_ids is None else [make_point_id(name) for name in node_ids]
        return join_conditions([of_points(points), None if filters is None else self._translate(filters)])

    def _translate(self, filters: MetadataFilters) -> Any:
        return to_condition(filters)

    def _read_node(self, point: FoundPoint) -> BaseNode:
        return metadata_dict_to_node(point.payload)

    def _choose_vectors(self, query: VectorStoreQuery) -> Vectors:
        """The sides of the index that the mode asks, with what the query gives for each."""
        sides = _SIDES.get(query.mode)
        if sides is None:
            raise _bad_query(f"the Edge index has no query mode {query.mode.value!r}")
        if query.mode == VectorStoreQueryMode.HYBRID:
            sides = _weigh(query.alpha)
        vectors: dict[str, NDArray[np.float32] | SparseVector] = {}
        if DENSE in sides:
            if query.query_embedding is None:
                raise _bad_query("the query has no embedding")
            dense = normalise(np.array(query.query_embedding, dtype=np.float32))
            if (space := self._index.get_space()) is not None:
                check_dimension(len(dense), space)
            vectors[DENSE] = dense
        if SPARSE in sides:
            if query.query_str is None:
                raise _bad_query("the query has no words")
            words = self._encoder.encode_question(query.query_str)
            if len(words.indices):
                vectors[SPARSE] = words
        return vectors


_SIDES = {
    VectorStoreQueryMode.DEFAULT: (DENSE,),
    VectorStoreQueryMode.SPARSE: (SPARSE,),
    VectorStoreQueryMode.TEXT_SEARCH: (SPARSE,),
    VectorStoreQueryMode.HYBRID: (DENSE, SPARSE),
}


def _weigh(alpha: float | None) -> tuple[str, ...]:
    """Ranks are fused as equals; LlamaIndex's `alpha` says 0 for words alone and 1 for vectors alone."""
    if alpha in (None, 0.5):
        return DENSE, SPARSE
    if alpha in (0, 1):
        return (DENSE,) if alpha else (SPARSE,)
    raise _bad_query(f"alpha is {alpha}", hint="0 (words), 1 (vectors) or 0.5: ranks are fused as equals")


def _bad_query(message: str, hint: str | None = None) -> ConfigError:
    modes = "modes: default, sparse, text_search, hybrid"
    return ConfigError("bad-query", message, stage=STAGE, hint=hint or modes)


def make_point_id(node_id: str) -> UUID:
    """The node's own id where it is a UUID, else one made of it."""
    try:
        return UUID(node_id)
    except ValueError:
        return uuid5(NAMESPACE_URL, node_id)


def _clean(value: Any) -> Any:
    """Half a surrogate pair, as some PDFs have, is no text in JSON; a document's id is a text."""
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, dict):
        return {_clean(str(key)): _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value
