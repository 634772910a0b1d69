"""What tells a document from the others: title and parties, its opening words, its length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from docai.index.concepts import Place
from docai.types import Passage

OPENING_WORDS = 250
"""Words of a document's beginning that a card keeps: title, date and parties stand there."""
_END_PASSAGES = 8
"""About a page; a passage has about sixty words."""


@dataclass(frozen=True, slots=True)
class DocumentCard:
    """`title`: title and parties as found; `opening`: the first words; `page_count`: pages with words, up to
    the last one that has some. `file_name` without its folder.
    """

    document_id: str
    title: str
    opening: str
    page_count: int
    file_name: str = ""


class Catalogue(Protocol):
    """Cards of all documents that are indexed. `version` is cheap, and another one whenever they change."""

    def version(self) -> object: ...

    def cards(self) -> Iterable[DocumentCard]: ...

    def read_end(self, document_id: str, place: Place) -> Sequence[Passage]:
        """A document's first passages, its last ones, or both: about a page of each."""
        ...


class PassageSource(Protocol):
    """The truth about passages, as the workspace keeps it."""

    def list_sets(self) -> Iterable[_PassageSet]: ...

    def get_set(self, document_id: str) -> _PassageSet | None: ...

    def get_passages(self, document_id: str, first: int = 0, count: int | None = None) -> list[Passage]: ...


class _PassageSet(Protocol):
    @property
    def document_id(self) -> str: ...

    @property
    def context(self) -> str: ...

    @property
    def page_count(self) -> int: ...

    @property
    def count(self) -> int: ...


def make_card(passages: Sequence[Passage], file_name: str = "") -> DocumentCard:
    """The card of a document of which all passages are given, in reading order; at least one."""
    return DocumentCard(
        document_id=passages[0].document_id,
        title=next((p.context for p in passages if p.context), ""),
        opening=_read_opening(passages),
        page_count=max(p.page for p in passages),
        file_name=file_name,
    )


def _read_opening(passages: Sequence[Passage]) -> str:
    words: list[str] = []
    for passage in passages:
        if len(words) >= OPENING_WORDS:
            break
        words += passage.text.split()
    return " ".join(words[:OPENING_WORDS])


class FixedCatalogue:
    """Documents that do not change: all passages of each, in reading order."""

    def __init__(self, documents: Iterable[Sequence[Passage]]) -> None:
        self._documents = {passages[0].document_id: passages for passages in documents if passages}

    def version(self) -> object:
        return 0

    def cards(self) -> Iterable[DocumentCard]:
        return [make_card(passages) for passages in self._documents.values()]

    def read_end(self, document_id: str, place: Place) -> Sequence[Passage]:
        passages = self._documents.get(document_id, ())
        return [
            passage
            for first in _list_ends(len(passages), place)
            for passage in passages[first : first + _END_PASSAGES]
        ]


class StoredCatalogue:
    """Cards of the documents whose passages are stored. `version`: of the index, which follows the store."""

    def __init__(self, source: PassageSource, version: Callable[[], object]) -> None:
        self._source = source
        self._version = version

    def version(self) -> object:
        return self._version()

    def cards(self) -> Iterator[DocumentCard]:
        for known in self._source.list_sets():
            passages = self._source.get_passages(known.document_id, 0, _END_PASSAGES)
            yield DocumentCard(known.document_id, known.context, _read_opening(passages), known.page_count)

    def read_end(self, document_id: str, place: Place) -> Sequence[Passage]:
        known = self._source.get_set(document_id)
        if known is None:
            return ()
        return [
            passage
            for first in _list_ends(known.count, place)
            for passage in self._source.get_passages(document_id, first, _END_PASSAGES)
        ]


def _list_ends(count: int, place: Place) -> list[int]:
    """Ordinals at which a document's ends begin."""
    last = max(0, count - _END_PASSAGES)
    return {"front": [0], "back": [last], "ends": sorted({0, last})}[place]
