"""A question -> the pages that may answer it: first the document it names, then the passages within.

    take apart -> identify documents -> search by words, by vector and by gist -> read closely -> pages

The index (any `VectorIndex`) gives some dozens of passages per view of the question; `ranking` reads those
closely. Where a question names no document, or several alike, passages of all of them stand for election.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from docai.index.cards import Catalogue
from docai.index.concepts import Concept, load_concepts
from docai.index.identification import Identification, Identifier
from docai.index.mentions import Mentions, take_apart
from docai.index.passages import text_to_weigh
from docai.index.phrases import split_words
from docai.index.ranking import Candidate, PageScores, Weights, level, read_passage
from docai.protocols import Embedder, VectorIndex
from docai.types import Hit, Passage, Query, ScoredPage, SparseVector, Where

LONGEST_QUESTION = 1000
"""Characters that are looked at: who pastes a page asks with its beginning."""
CANDIDATES = 30
"""Passages per view and search."""
_SURE = 0.5
"""Share of what a question names from which on only the documents that explain it are searched."""
_EXPLAINED = 0.7
"""Share from which on nobody looks further for what is named than in openings."""
_NEAR = 0.7
"""Of the best document's share: others with as much are searched too."""
_MOST_DOCUMENTS = 8
_DOCUMENT_WEIGHT = 12.0
"""Score that a document loses which explains nothing of what the best one explains."""


_RERANKED = 20
"""Pages that a reranker reads, `_READ_AGAIN` passages of each."""
_READ_AGAIN = 2


class QuestionEncoder(Protocol):
    """The lexical side of a question; `SparseEncoder` satisfies it."""

    def encode_question(self, text: str) -> SparseVector: ...


class Reranker(Protocol):
    """A model that reads question and text together; `docai.llm.reranking.RerankClient` satisfies it."""

    def rerank(self, question: str, texts: Sequence[str]) -> list[float]:
        """One score for each text; higher ones answer better."""
        ...


@dataclass(frozen=True, slots=True)
class Views:
    """Which sides of the index are asked. For comparisons; everyone else leaves all on."""

    lexical: bool = True
    dense: bool = True
    gist: bool = True
    close: bool = True
    cards: bool = True


class PageFinder:
    """Satisfies `Retriever`. One instance serves one thread; it keeps the cards of a catalogue's state and
    the vectors of gists."""

    def __init__(
        self,
        index: VectorIndex,
        embedder: Embedder,
        encoder: QuestionEncoder,
        catalogue: Catalogue,
        *,
        weights: Weights | None = None,
        views: Views | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        """`reranker`: has the last word on the order of the best pages. Raises what it raises."""
        self._index = index
        self._embedder = embedder
        self._encoder = encoder
        self._catalogue = catalogue
        self._weights = weights or Weights()
        self._views = views or Views()
        self._reranker = reranker
        self._concepts = load_concepts()
        self._gists: dict[str, NDArray[np.float32]] = {}
        self._known: tuple[object, Identifier] | None = None

    def retrieve(self, question: str, limit: int, where: Where) -> Sequence[ScoredPage]:
        """At most `limit` pages, best first. An empty question finds nothing."""
        mentions = self._take_apart(question)
        if not mentions.text or limit < 1:
            return ()
        identified = self._identify(mentions, where)
        focus = _choose_focus(identified, where)
        concepts = self._concepts.find(split_words(mentions.asked))
        candidates = self._gather(mentions, concepts, focus)
        pages = self._rank(candidates, concepts, identified)
        return (rerank_pages(self._reranker, mentions.text, pages) if self._reranker else pages)[:limit]

    def identify(self, question: str, where: Where) -> Sequence[tuple[str, float]]:
        """Documents that the question names, best first, each with its share (0..1) of what the question
        names: below about a half, the document meant is hardly among those indexed. Empty for a question that
        names nothing.
        """
        return self.explain(question, where).documents

    def explain(self, question: str, where: Where) -> Identification:
        """As `identify`, with whether anything was named, and which words no document has."""
        return self._identify(self._take_apart(question), where)

    def _take_apart(self, question: str) -> Mentions:
        return take_apart(" ".join(question[:LONGEST_QUESTION].split()), self._concepts.knows)

    def _identify(self, mentions: Mentions, where: Where) -> Identification:
        if not self._views.cards:
            return Identification((), named=False)
        identified = self._identifier.identify(mentions, where.document_ids)
        if not mentions.names or (identified.documents and identified.documents[0][1] >= _EXPLAINED):
            return identified
        names = self._encoder.encode_question(" ".join(mentions.names))
        elsewhere = [hit.passage for hit in self._search(where, sparse=names)]
        return self._identifier.identify(mentions, where.document_ids, elsewhere)

    @property
    def _identifier(self) -> Identifier:
        version = self._catalogue.version()
        if self._known is None or self._known[0] != version:
            self._known = (version, Identifier(self._catalogue.cards()))
        return self._known[1]

    def _gather(
        self, mentions: Mentions, concepts: Sequence[Concept], focus: Where
    ) -> Mapping[str, Candidate]:
        """Passages that any view finds, with each view's score."""
        text = mentions.asked if focus.document_ids is not None else mentions.text
        found: dict[str, Candidate] = {}
        if self._views.lexical:
            hits = self._search(focus, sparse=self._encode(text, concepts))
            _note(found, hits, "lexical")
        if self._views.dense:
            hits = self._search(focus, dense=self._embedder.embed_question(text))
            _note(found, hits, "dense")
        if self._views.dense and self._views.gist:
            for concept in concepts[:2]:
                _note(found, self._search(focus, dense=self._embed_gist(concept)), "gist")
        if self._views.close and self._views.cards:
            for passage in self._read_ends(concepts, focus):
                found.setdefault(passage.id, Candidate(passage))
        return found

    def _read_ends(self, concepts: Sequence[Concept], focus: Where) -> Iterator[Passage]:
        """What stands where the answer usually stands, if the documents are few."""
        if focus.document_ids is None or len(focus.document_ids) > _MOST_DOCUMENTS:
            return
        for place in {concept.place for concept in concepts if concept.place is not None}:
            for document_id in focus.document_ids:
                yield from self._catalogue.read_end(document_id, place)

    def _search(
        self,
        where: Where,
        *,
        dense: NDArray[np.float32] | None = None,
        sparse: SparseVector | None = None,
    ) -> Sequence[Hit]:
        return self._index.search(Query("", dense=dense, sparse=sparse), CANDIDATES, where)

    def _encode(self, text: str, concepts: Sequence[Concept]) -> SparseVector:
        """The question's terms, and those of what documents say instead at less weight."""
        asked = self._encoder.encode_question(text)
        if not concepts or not self._views.gist:
            return asked
        said = self._encoder.encode_question(" ".join(concept.gist for concept in concepts))
        return add_vectors(asked, said, 0.5)

    def _embed_gist(self, concept: Concept) -> NDArray[np.float32]:
        vector = self._gists.get(concept.name)
        if vector is None:
            vector = self._gists[concept.name] = self._embedder.embed_question(concept.gist)
        return vector

    def _rank(
        self,
        candidates: Mapping[str, Candidate],
        concepts: Sequence[Concept],
        identified: Identification,
    ) -> list[ScoredPage]:
        scores = PageScores(self._weights)
        cards = self._identifier.cards
        for candidate in candidates.values():
            passage = candidate.passage
            card = cards.get(passage.document_id)
            pages = card.page_count if card else passage.page
            read = concepts if self._views.close else ()
            scores.add(candidate, read_passage(passage, read, pages))
        return _prefer_documents(scores.ranked(), identified)


def _choose_focus(identified: Identification, where: Where) -> Where:
    """The documents that are searched: those that explain what is named, if any does well enough."""
    documents = identified.documents
    if not documents or documents[0][1] < _SURE:
        return where
    best = documents[0][1]
    near = [d for d, share in documents[:_MOST_DOCUMENTS] if share >= _NEAR * best]
    return replace(where, document_ids=frozenset(near))


def _note(found: dict[str, Candidate], hits: Sequence[Hit], view: str) -> None:
    """Keep a view's hits, levelled; of two searches of one view the better counts."""
    passages = {hit.passage.id: hit.passage for hit in hits}
    for key, value in level({hit.passage.id: hit.score for hit in hits}).items():
        candidate = found.setdefault(key, Candidate(passages[key]))
        setattr(candidate, view, max(getattr(candidate, view), value))


def _prefer_documents(pages: list[ScoredPage], identified: Identification) -> list[ScoredPage]:
    """Pages of documents that explain less of what was named come later."""
    if not identified.documents:
        return pages
    best = identified.documents[0][1]
    shares = dict(identified.documents)
    moved = [
        replace(p, score=p.score - _DOCUMENT_WEIGHT * (best - shares.get(p.document_id, 0.0))) for p in pages
    ]
    return sorted(moved, key=lambda page: (-page.score, page.document_id, page.number))


def rerank_pages(reranker: Reranker, question: str, pages: list[ScoredPage]) -> list[ScoredPage]:
    """The best pages in the order of a reranker, by the better of their two best passages; the others follow.

    Their scores are the reranker's; those of the others are lowered below them.
    """
    head, tail = pages[:_RERANKED], pages[_RERANKED:]
    texts = [text_to_weigh(p) for page in head for p in page.passages[:_READ_AGAIN]]
    scores = iter(reranker.rerank(question, texts))
    told = [max(islice(scores, len(page.passages[:_READ_AGAIN]))) for page in head]
    best = sorted(
        (replace(page, score=score) for page, score in zip(head, told, strict=True)),
        key=lambda page: (-page.score, page.document_id, page.number),
    )
    if not tail:
        return best
    above = tail[0].score - best[-1].score
    return [*best, *(replace(page, score=page.score - max(0.0, above)) for page in tail)]


def add_vectors(one: SparseVector, other: SparseVector, weight: float) -> SparseVector:
    """`one` plus `other` at `weight`; a term of both keeps the greater of its two weights."""
    indices = np.union1d(one.indices, other.indices).astype(np.uint32)
    weights = np.zeros(len(indices), dtype=np.float32)
    weights[np.searchsorted(indices, other.indices)] = other.weights * np.float32(weight)
    at = np.searchsorted(indices, one.indices)
    weights[at] = np.maximum(weights[at], one.weights)
    return SparseVector(indices, weights)
