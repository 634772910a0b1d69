"""The seams: one narrow protocol each. Every implementation passes the suite in `tests/contract/`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from docai.schema import Schema
from docai.types import Claim, Document, DocumentView, Outcome, Page, PageImage, SourceItem, Word


class Source(Protocol):
    """Where documents come from. Listing reads no bytes."""

    def items(self) -> Iterator[SourceItem]: ...

    def read(self, item: SourceItem) -> bytes: ...


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
