"""What the LlamaIndex adapters need to know of a workspace, as a narrow protocol; wiring satisfies it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from docai.types import Box, ScoredPage


@dataclass(frozen=True, slots=True)
class ShelfDocument:
    """A document that a file holds now. `context`: its first words, which name title and parties."""

    id: str
    uri: str
    context: str = ""


class Shelf(Protocol):
    """Documents, their pages and pictures. May be used from several threads."""

    def list_documents(self) -> Mapping[str, ShelfDocument]:
        """By id. Raises ConfigError `nothing-indexed` where there is none."""
        ...

    def match(self, key: str, operator: str, value: object) -> frozenset[str]:
        """Ids of documents for which a condition holds. `key`: `document_id`, `uri`, `file_name`, `folder`,
        `schema`, or a field of the records; `operator`: as LlamaIndex writes it (`==`, `in`, …). Raises
        ConfigError `bad-filter` for what it cannot decide."""
        ...

    def find_pages(
        self, question: str, limit: int, document_ids: frozenset[str] | None
    ) -> Sequence[ScoredPage]:
        """Pages that may answer, best first, in these documents (None: in all)."""
        ...

    def read_page(self, document_id: str, number: int) -> str:
        """A page's words in reading order; empty for one without words."""
        ...

    def draw_page(self, document: ShelfDocument, number: int, boxes: Sequence[Box]) -> Path:
        """A page's picture as a PNG file, these boxes marked. Raises DocaiError where its file is gone or
        edited, and where the picture cannot be written."""
        ...
