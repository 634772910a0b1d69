"""What an answer cites as source nodes: each quote with its place and the picture of its page."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from llama_index.core.schema import NodeWithScore

from docai.index.llama.nodes import Spot, make_node
from docai.index.llama.retriever import draw_spot
from docai.index.llama.shelf import Shelf, ShelfDocument
from docai.types import Answer, Citation
from docai.values.surrogates import replace_surrogates

MOST_PICTURES = 20
"""Pages of one answer that are drawn; an answer over every document cites hundreds."""


def cite_answer(answer: Answer, shelf: Shelf, *, images: bool = True) -> list[NodeWithScore]:
    """One node a citation, in the answer's order: the n-th is its [n]. The score says how well the quote was
    found on the page: 1 letter by letter."""
    documents = {c.document_id: ShelfDocument(c.document_id, c.uri) for c in answer.citations}
    drawn: set[tuple[str, int]] = set()
    nodes = []
    for citation in answer.citations:
        spot = _to_spot(citation)
        page = (citation.document_id, citation.page)
        wanted = images and citation.boxes and (page in drawn or len(drawn) < MOST_PICTURES)
        if wanted:
            drawn.add(page)
        node = make_node(spot, draw_spot(shelf, documents, spot) if wanted else None)
        nodes.append(NodeWithScore(node=node, score=citation.score))
    return nodes


def _to_spot(citation: Citation) -> Spot:
    place = f"{citation.document_id}#page={citation.page}&quote={citation.quote}&boxes={citation.boxes[:1]}"
    facts = (("match", citation.match), *([("field", citation.path)] if citation.path else []))
    return Spot(
        str(uuid5(NAMESPACE_URL, replace_surrogates(place))),
        citation.document_id,
        citation.uri,
        citation.page,
        citation.quote,
        tuple(citation.boxes),
        locator=citation.locator,
        facts=facts,
    )
