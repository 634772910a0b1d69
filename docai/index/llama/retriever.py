"""docai's retrieval as a LlamaIndex retriever: a question in, pages or passages out, each with its place."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.schema import NodeWithScore, QueryBundle
from llama_index.core.vector_stores.types import MetadataFilters

from docai.errors import DocaiError
from docai.index.llama.filters import select_documents
from docai.index.llama.nodes import Picture, Spot, describe_passage, make_node, name_page
from docai.index.llama.shelf import Shelf, ShelfDocument
from docai.types import ScoredPage

Granularity: TypeAlias = Literal["page", "passage"]
_PASSAGES_OF_A_PAGE = 2


class ShelfRetriever(BaseRetriever):
    """Pages by docai's own retrieval (names, words, vectors, close reading), the same that `docai ask` uses.

    A page's node has the page's words, `boxes` of the passage that was found, and `image_path`; a passage's
    node has the passage alone, at most two of a page. Scores are higher for better pages and do not compare
    between questions.
    """

    def __init__(
        self,
        shelf: Shelf,
        *,
        similarity_top_k: int = 5,
        granularity: Granularity = "page",
        filters: MetadataFilters | None = None,
        images: bool = True,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        if similarity_top_k < 1:
            raise ValueError(f"similarity_top_k is {similarity_top_k}, at least 1 is wanted")
        if granularity not in ("page", "passage"):
            raise ValueError(f"granularity is 'page' or 'passage', not {granularity!r}")
        super().__init__(callback_manager=callback_manager)
        self.similarity_top_k = similarity_top_k
        self.filters = filters
        self._shelf = shelf
        self._granularity = granularity
        self._images = images

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        documents = self._shelf.list_documents()
        scope = select_scope(self._shelf, documents, self.filters)
        pages = self._shelf.find_pages(query_bundle.query_str, self.similarity_top_k, scope)
        make = self._make_page if self._granularity == "page" else self._make_passages
        nodes = [
            NodeWithScore(node=make_node(spot, self._draw(documents, spot)), score=page.score)
            for page in pages
            if page.document_id in documents
            for spot in make(page, documents[page.document_id])
        ]
        return nodes[: self.similarity_top_k]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)

    def _make_page(self, page: ScoredPage, document: ShelfDocument) -> Iterator[Spot]:
        best = page.passages[0] if page.passages else None
        yield Spot(
            name_page(page.document_id, page.number),
            page.document_id,
            document.uri,
            page.number,
            self._shelf.read_page(page.document_id, page.number) or (best.text if best else ""),
            best.boxes if best else (),
            document.context,
            best.heading if best else "",
            best.locator if best else None,
        )

    def _make_passages(self, page: ScoredPage, document: ShelfDocument) -> Iterator[Spot]:
        for passage in page.passages[:_PASSAGES_OF_A_PAGE]:
            yield describe_passage(passage, document.uri)

    def _draw(self, documents: Mapping[str, ShelfDocument], spot: Spot) -> Picture | None:
        return draw_spot(self._shelf, documents, spot) if self._images else None


def select_scope(
    shelf: Shelf, documents: Mapping[str, ShelfDocument], filters: MetadataFilters | None
) -> frozenset[str] | None:
    """Ids of the documents that the filters let through; None for all."""
    if filters is None or not filters.filters:
        return None
    return select_documents(filters, frozenset(documents), shelf.match)


def draw_spot(shelf: Shelf, documents: Mapping[str, ShelfDocument], spot: Spot) -> Picture:
    """The page's picture; none for a file without pages, whose places are paragraphs and cells. What keeps a
    page from being drawn does not keep its words."""
    if spot.locator is not None and not spot.boxes:
        return Picture()
    document = documents.get(spot.document_id) or ShelfDocument(spot.document_id, spot.uri)
    try:
        return Picture(shelf.draw_page(document, spot.page, spot.boxes))
    except DocaiError as error:
        return Picture(error=str(error))
