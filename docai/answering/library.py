"""What answering needs from the workspace and the index, as narrow protocols; wiring satisfies them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from docai.protocols import Retriever
from docai.schema import Field
from docai.types import Page, Passage, Record, Where


@dataclass(frozen=True, slots=True)
class LibraryDocument:
    """A document in scope. `title`: what it is called in answers. `unread`: pages that could not be searched,
    with the `reason`; a document of which nothing could be read names no pages.
    """

    id: str
    uri: str
    page_count: int
    title: str = ""
    unread: tuple[int, ...] = ()
    reason: str | None = None

    @property
    def file_name(self) -> str:
        return self.uri.rsplit("/", 1)[-1]

    @property
    def pages_read(self) -> int:
        if self.reason is not None and not self.unread:
            return 0
        return max(0, self.page_count - len(self.unread))


@dataclass(frozen=True, slots=True)
class Amendment:
    """A document that changes another one. `since`: ISO date from which it speaks, where it says one."""

    document_id: str
    uri: str
    since: str | None = None


class Library(Protocol):
    """Documents with what is known about them. Each method is asked for few documents at a time."""

    def documents(self, where: Where) -> Sequence[LibraryDocument]:
        """Documents in scope, read or not, in a stable order."""
        ...

    def pages(self, document_id: str) -> Mapping[int, Page]:
        """Pages that were read, by number."""
        ...

    def records(self, document_id: str) -> Sequence[Record]:
        """Current records: several where one file holds several documents; none where none was extracted."""
        ...

    def passages(self, document_id: str) -> Sequence[Passage]:
        """All passages in reading order."""
        ...

    def fields(self, record: Record) -> Sequence[Field]:
        """Leaves of the record's schema; empty where the schema is no longer known."""
        ...

    def amendments(self, document_id: str) -> Sequence[Amendment]:
        """Documents that change this one, latest last; also those that are not in scope."""
        ...


class Identified(Protocol):
    """Documents that a question names. `documents`: (id, share) best first; share (0..1): how much of what
    the question names the document explains. `named`: whether it names anything. `missing`: words of names
    that no document has.
    """

    @property
    def documents(self) -> Sequence[tuple[str, float]]: ...

    @property
    def named(self) -> bool: ...

    @property
    def missing(self) -> Sequence[str]: ...


class Finder(Retriever, Protocol):
    """Retrieval as answering uses it: pages, and the documents that a question names."""

    def explain(self, question: str, where: Where) -> Identified: ...
