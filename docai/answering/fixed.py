"""A library held in memory, and retrieval by shared words: for tests and small collections."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from docai.answering.library import Amendment, LibraryDocument
from docai.answering.names import find_names
from docai.answering.vocabulary import plain_text
from docai.answering.words import content_stems
from docai.schema import Field
from docai.types import Page, Passage, Record, ScoredPage, Where


@dataclass(frozen=True, slots=True)
class Shelf:
    """One document with all that is known of it."""

    document: LibraryDocument
    pages: tuple[Page, ...] = ()
    passages: tuple[Passage, ...] = ()
    records: tuple[Record, ...] = ()


class FixedLibrary:
    """Satisfies `Library`. `fields`: of each schema, by its id; `amendments`: of a document, by its id."""

    def __init__(
        self,
        shelves: Sequence[Shelf],
        fields: Mapping[str, Sequence[Field]] | None = None,
        amendments: Mapping[str, Sequence[Amendment]] | None = None,
    ) -> None:
        self._shelves = {shelf.document.id: shelf for shelf in shelves}
        self._fields = dict(fields or {})
        self._amendments = dict(amendments or {})

    def documents(self, where: Where) -> Sequence[LibraryDocument]:
        wanted = where.document_ids
        return [s.document for i, s in self._shelves.items() if wanted is None or i in wanted]

    def pages(self, document_id: str) -> Mapping[int, Page]:
        return {page.number: page for page in self._shelves[document_id].pages}

    def records(self, document_id: str) -> Sequence[Record]:
        return self._shelves[document_id].records

    def passages(self, document_id: str) -> Sequence[Passage]:
        return self._shelves[document_id].passages

    def fields(self, record: Record) -> Sequence[Field]:
        return self._fields.get(record.schema_ref.id, ())

    def amendments(self, document_id: str) -> Sequence[Amendment]:
        return self._amendments.get(document_id, ())


@dataclass(frozen=True, slots=True)
class NamedDocuments:
    """Satisfies `Identified`."""

    documents: tuple[tuple[str, float], ...]
    named: bool
    missing: tuple[str, ...] = ()


class WordFinder:
    """Satisfies `Finder`: documents by the names in a question, pages by the words they share with it."""

    def __init__(self, library: FixedLibrary) -> None:
        self._library = library

    def explain(self, question: str, where: Where) -> NamedDocuments:
        names = [set(content_stems(plain_text(name.text))) for name in find_names(question)]
        wanted = set().union(*names)
        shares: list[tuple[str, float]] = []
        known: set[str] = set()
        for document in self._library.documents(where):
            texts = [document.title, document.uri, *(p.text for p in self._library.passages(document.id))]
            words = {s for text in texts for s in content_stems(plain_text(re.sub(r"\W", " ", text)))}
            known |= words
            if wanted & words:
                shares.append((document.id, len(wanted & words) / len(wanted)))
        shares.sort(key=lambda pair: (-pair[1], pair[0]))
        return NamedDocuments(tuple(shares), bool(wanted), tuple(sorted(wanted - known)))

    def retrieve(self, question: str, limit: int, where: Where) -> Sequence[ScoredPage]:
        wanted = set(content_stems(plain_text(question)))
        found: dict[tuple[str, int], list[tuple[int, Passage]]] = {}
        for document in self._library.documents(where):
            for passage in self._library.passages(document.id):
                shared = len(wanted & set(content_stems(plain_text(f"{passage.heading} {passage.text}"))))
                if shared:
                    found.setdefault((document.id, passage.page), []).append((shared, passage))
        pages = []
        for (document_id, number), hits in found.items():
            hits.sort(key=lambda hit: (-hit[0], hit[1].ordinal))
            pages.append(ScoredPage(document_id, number, float(hits[0][0]), tuple(p for _, p in hits)))
        return sorted(pages, key=lambda p: (-p.score, p.document_id, p.number))[:limit]
