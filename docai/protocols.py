"""The seams: one narrow protocol each. Every implementation passes the suite in `tests/contract/`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from docai.schema import Schema
from docai.types import (
    Claim,
    Document,
    DocumentView,
    Hit,
    IndexedPassage,
    Outcome,
    Page,
    PageImage,
    Query,
    ScoredPage,
    SourceItem,
    StoredObject,
    TableColumn,
    TableResult,
    Where,
    Word,
)


class Source(Protocol):
    """Where documents come from. Listing reads no bytes."""

    def items(self) -> Iterator[SourceItem]: ...

    def read(self, item: SourceItem) -> bytes: ...

    def fetch(self, item: SourceItem, spool: Path) -> Path:
        """A file with the bytes that were listed: `spool`, or where they lie already.

        Raises `DocumentError`, of what was changed or deleted since too.
        """
        ...


class PageRenderer(Protocol):
    """A file's pages. Raises `DocumentError` (stage `pages`) for a file that cannot be opened."""

    def open(self, path: Path, uri: str) -> Document: ...

    def pages(self, document: Document) -> Sequence[Page]: ...

    def render(self, page: Page) -> PageImage: ...

    def text_layer(self, page: Page) -> Sequence[Word]: ...


class Reader(Protocol):
    """Words of a page, boxes in the page's own points. Returns the page with words, regions and turn."""

    name: str

    def read(self, page: Page, image: PageImage, layer: Sequence[Word]) -> Page: ...


class ExtractionModel(Protocol):
    """What the document says about the schema's fields: claims with verbatim quotes, never boxes."""

    name: str

    def extract(self, view: DocumentView, schema: Schema) -> Sequence[Claim]: ...


class OutcomeStore(Protocol):
    """Outcomes by key, written once. `create` says whether this call wrote it."""

    def create(self, key: str, outcomes: Sequence[Outcome]) -> bool: ...

    def get(self, key: str) -> Sequence[Outcome] | None: ...

    def exists(self, key: str) -> bool: ...


class ObjectStore(Protocol):
    """Bytes by key (`a/b/c`, no leading slash) in a bucket or a folder. Any call may raise `ServiceError`."""

    url: str

    def create(self, key: str, data: bytes) -> bool:
        """Write it unless it is there; of several racing writers exactly one is told True."""
        ...

    def put(self, key: str, data: bytes) -> None: ...

    def get(self, key: str) -> bytes | None: ...

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Objects below a prefix that ends with a slash (or is empty), in flat memory. Each folder's own
        objects are sorted by key; over several folders some servers have another order than that of keys."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Keys that are not there are no error."""
        ...


class JobRunner(Protocol):
    """Runs a batch's items through workers, somewhere. `build` is picklable and makes a worker's parts on the
    spot. What an outcome needs to be kept is done when it is yielded."""

    def run(
        self, build: Callable[[], Callable[[Any], Any]], items: Iterable[SourceItem]
    ) -> Iterator[Outcome]: ...


class Embedder(Protocol):
    """Texts as vectors of length 1. `fingerprint` names model and weights: vectors of two do not compare."""

    name: str
    fingerprint: str
    dimension: int

    def count_tokens(self, texts: Sequence[str]) -> list[int]: ...

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]: ...

    def embed_question(self, text: str) -> NDArray[np.float32]: ...


class VectorIndex(Protocol):
    """Passages by nearness. What was replaced or removed is seen by searches after `publish`."""

    def replace(self, document_id: str, passages: Sequence[IndexedPassage]) -> None: ...

    def remove(self, document_id: str) -> None: ...

    def publish(self) -> None: ...

    def search(self, query: Query, limit: int, where: Where) -> Sequence[Hit]: ...

    def count(self, where: Where) -> int: ...

    def document_ids(self) -> frozenset[str]: ...

    def close(self) -> None: ...


class Retriever(Protocol):
    """Pages that may answer a question, best first, each once."""

    def retrieve(self, question: str, limit: int, where: Where) -> Sequence[ScoredPage]: ...


class RecordTables(Protocol):
    """The records as tables for SQL that only reads. `run` raises `ConfigError` for anything else."""

    columns: tuple[TableColumn, ...]

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> TableResult: ...
