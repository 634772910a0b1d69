"""What tells a document from the others: title and parties, its opening words, its length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from docai.types import Passage

OPENING_WORDS = 250
"""Words of a document's beginning that a card keeps: title, date and parties stand there."""
_OPENING_PASSAGES = 8
"""Enough for those words: a passage has about sixty."""


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


class PassageSource(Protocol):
    """The truth about passages, as the workspace keeps it."""

    def list_sets(self) -> Iterable[_PassageSet]: ...

    def get_passages(self, document_id: str, first: int = 0, count: int | None = None) -> list[Passage]: ...


class _PassageSet(Protocol):
    @property
    def document_id(self) -> str: ...

    @property
    def context(self) -> str: ...

    @property
    def page_count(self) -> int: ...


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
    """Cards that do not change."""

    def __init__(self, cards: Iterable[DocumentCard]) -> None:
        self._cards = tuple(cards)

    def version(self) -> object:
        return 0

    def cards(self) -> Iterable[DocumentCard]:
        return self._cards


class StoredCatalogue:
    """Cards of the documents whose passages are stored. `version`: of the index, which follows the store."""

    def __init__(self, source: PassageSource, version: Callable[[], object]) -> None:
        self._source = source
        self._version = version

    def version(self) -> object:
        return self._version()

    def cards(self) -> Iterator[DocumentCard]:
        for known in self._source.list_sets():
            passages = self._source.get_passages(known.document_id, 0, _OPENING_PASSAGES)
            yield DocumentCard(known.document_id, known.context, _read_opening(passages), known.page_count)
