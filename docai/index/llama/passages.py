"""A workspace's own index as a LlamaIndex vector store that is only read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryResult,
)
from pydantic import PrivateAttr

from docai.errors import ConfigError
from docai.index.llama.conditions import to_condition
from docai.index.llama.node_index import FoundPoint
from docai.index.llama.nodes import describe_passage, make_node
from docai.index.llama.shelf import Shelf, ShelfDocument
from docai.index.llama.store import NodeStore
from docai.index.payload import from_payload
from docai.index.space import STAGE

_OF_PASSAGES = frozenset(("page", "ordinal", "kind", "heading", "locator"))
"""Keys that passages have themselves; others are asked of the workspace."""


class PassageStore(NodeStore):
    """Passages with their places, as docai indexed them. Query embeddings must be of the workspace's model.

    Filters: `page`, `ordinal`, `kind`, `heading`, `locator`, and what `Shelf.match` knows. Whatever would
    change the index raises ConfigError `index-read-only`: files say what it holds.
    """

    _shelf: Shelf = PrivateAttr()

    def __init__(self, folder: Path, shelf: Shelf, *, model_name: str = "") -> None:
        super().__init__(folder, model_name=model_name)
        self._shelf = shelf

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        raise _read_only()

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        raise _read_only()

    def delete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        **delete_kwargs: Any,
    ) -> None:
        raise _read_only()

    def clear(self) -> None:
        raise _read_only()

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        # Once for all nodes of the result.
        documents = self._shelf.list_documents()
        result = super().query(query)
        nodes = [_with_uri(node, documents) for node in result.nodes or ()]
        return VectorStoreQueryResult(nodes, result.similarities, result.ids)

    def get_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None
    ) -> list[BaseNode]:
        documents = self._shelf.list_documents()
        return [_with_uri(node, documents) for node in super().get_nodes(node_ids, filters)]

    def _translate(self, filters: MetadataFilters) -> Any:
        return to_condition(filters, self._resolve)

    def _resolve(self, item: MetadataFilter) -> frozenset[str] | None:
        if item.key in _OF_PASSAGES:
            return None
        return self._shelf.match(item.key, item.operator.value, item.value)

    def _read_node(self, point: FoundPoint) -> BaseNode:
        return make_node(describe_passage(from_payload(point.id, point.payload), ""))


def _with_uri(node: BaseNode, documents: Mapping[str, ShelfDocument]) -> BaseNode:
    document = documents.get(node.metadata["document_id"])
    node.metadata["uri"] = document.uri if document else ""
    return node


def _read_only() -> ConfigError:
    return ConfigError(
        "index-read-only",
        "a workspace's index holds what its files say, and nothing else is put in or taken out",
        stage=STAGE,
        hint="docai index PATH… adds documents; EdgeVectorStore(folder) takes nodes of any kind",
    )
