"""What a job needs from the other rooms: workers, stores, the names of work, and the steps themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from docai.errors import DocaiError
from docai.types import Document, Outcome, Page, PageAnswer, SourceItem


class TaskPool(Protocol):
    """Workers that do tasks; `wait` gives what is done, an error in place of a result."""

    workers: int

    def submit(self, task: Any, *, affinity: str | None = None, timeout_s: float | None = None) -> int: ...

    def wait(self) -> Sequence[tuple[int, Any]]: ...


class Items(Protocol):
    """Which bytes a uri holds."""

    def seen(self, item: SourceItem) -> str | None: ...

    def put_item(self, item: SourceItem, document_id: str) -> None: ...

    def put_document(self, document: Document) -> None: ...

    def get_document(self, document_id: str, uri: str) -> Document | None: ...


class Pages(Protocol):
    """Pages that have been read; each is kept before the call returns."""

    def put_page(self, page: Page, reading_key: str) -> Page: ...

    def get_pages(self, document_id: str, reading_key: str) -> Mapping[int, Page]: ...


class Answers(Protocol):
    """What a model said about pages; each answer is kept before the call returns."""

    def put_answer(self, document_id: str, answer: PageAnswer, asking_key: str) -> None: ...

    def get_answers(self, document_id: str, asking_key: str) -> Mapping[int, PageAnswer]: ...

    def list_answered(self, document_id: str, asking_key: str) -> set[int]: ...


class Outcomes(Protocol):
    """Outcomes by key; `replace` keeps what was there as history."""

    def create(self, key: str, outcomes: Sequence[Outcome]) -> bool: ...

    def replace(self, key: str, outcomes: Sequence[Outcome]) -> None: ...

    def get(self, key: str, uri: str | None = None) -> Sequence[Outcome] | None: ...


class Leases(Protocol):
    """Who reads which document."""

    def lease(self, document_id: str) -> bool: ...

    def release(self, document_id: str) -> None: ...

    def holder(self, document_id: str) -> object | None: ...


class Stores(Protocol):
    """A workspace, as far as a job needs one."""

    @property
    def ledger(self) -> Items: ...

    @property
    def pages(self) -> Pages: ...

    @property
    def answers(self) -> Answers: ...

    @property
    def outcomes(self) -> Outcomes: ...

    @property
    def leases(self) -> Leases: ...


class Keys(Protocol):
    """The names of work: the same key means the same work."""

    @property
    def reading(self) -> str: ...

    def outcome(self, document_id: str) -> str: ...

    def failure(self, item: SourceItem) -> str: ...


class Steps(Protocol):
    """How tasks are made and what comes of them; `docai.pipeline` behind a seam."""

    def open(self, item: SourceItem, path: Path) -> Any: ...

    def read(self, item: SourceItem, path: Path, page: Page) -> Any: ...

    def extract(
        self,
        document: Document,
        pages: tuple[Page, ...],
        answers: tuple[PageAnswer, ...],
        *,
        follow: bool = False,
    ) -> Any:
        """`follow`: the result may say (`wanted`) what a model should be asked before its records stand."""
        ...

    def failed_page(self, page: Page, error: DocaiError) -> Page: ...


@dataclass(frozen=True, slots=True)
class Question:
    """A page to ask a model about. `key`: under which the answer is kept; `task`: what the pool gets."""

    number: int
    key: str
    task: Any


class Inquiry(Protocol):
    """Questions about one document, as its pages are read."""

    def add(self, page: Page) -> Sequence[Question]:
        """The questions that can be asked now that this page too was read (or failed)."""
        ...

    def follow_up(self, wanted: Sequence[Any]) -> Sequence[Question]:
        """What extraction wants to know beside the answers about pages, as questions."""
        ...


class Inquiries(Protocol):
    """Which pages a model is asked about, and how many questions may be under way (`room`)."""

    @property
    def room(self) -> int: ...

    def begin(
        self, item: SourceItem, path: Path, document: Document, load_pages: Callable[[], Sequence[Page]]
    ) -> Inquiry:
        """`load_pages` gives all pages of the document once all were added."""
        ...

    def describe_failure(self, number: int, error: DocaiError) -> PageAnswer:
        """The answer of a page that the model could not be asked about."""
        ...


class Indexing(Protocol):
    """How documents get into the index: tasks for the workers, and what is kept of their results.

    `batch` is whatever `keep_passages` gives: part of a document's passages.
    """

    def has_document(self, document_id: str) -> bool:
        """Whether its passages and their vectors are all kept."""
        ...

    def list_unread(self, document: Document, pages: Sequence[Page]) -> tuple[int, ...]: ...

    def make_passages(self, document: Document, pages: Sequence[Page]) -> Any: ...

    def keep_passages(self, document: Document, unread: Sequence[int], result: Any) -> Sequence[Any]:
        """Keep passages; the batches whose vectors are still to be made."""
        ...

    def make_vectors(self, batch: Any) -> Any: ...

    def keep_vectors(self, batch: Any, result: Any) -> None: ...

    def finish(self, document_id: str) -> None:
        """All of a document is kept."""
        ...
