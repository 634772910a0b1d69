"""The library as one answer uses it: each document's pages, passages and records are fetched once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from docai.answering.library import Amendment, Library, LibraryDocument
from docai.errors import ConfigError
from docai.grounding.location import find_across_break, find_places, to_evidence
from docai.grounding.locators import place_evidence
from docai.grounding.text_index import PageIndexes
from docai.schema import Field
from docai.schema.kinds import infer_kind
from docai.types import Amends, Box, Evidence, Passage, Record, Where


class Source:
    """One document of the library."""

    def __init__(self, document: LibraryDocument, library: Library) -> None:
        self.document = document
        self._library = library

    @cached_property
    def indexes(self) -> PageIndexes:
        return PageIndexes(self._library.pages(self.document.id))

    @cached_property
    def passages(self) -> Sequence[Passage]:
        return self._library.passages(self.document.id)

    @cached_property
    def records(self) -> Sequence[Record]:
        return self._library.records(self.document.id)

    @cached_property
    def amends(self) -> Amends | None:
        """Which earlier agreement the document says it changes."""
        return next((r.amends for r in self.records if r.amends is not None), None)

    @cached_property
    def is_complete(self) -> bool:
        """Whether every page was read: only then is silence a "no"."""
        return self.document.reason is None and not self.document.unread

    def passages_of(self, page: int) -> list[Passage]:
        return [p for p in self.passages if p.page == page]

    def fields(self, record: Record) -> Sequence[Field]:
        """The record's schema; where that is no longer known, what its paths and values tell."""
        return self._library.fields(record) or _guess_fields(record)

    def locate(self, quote: str, page: int, near: Sequence[Box] = ()) -> Evidence | None:
        """Where the page says a quote: the place that overlaps `near` most, exact places first.

        None where it stands nowhere, or only approximately: such a place proves nothing. Of a quote that runs
        over a page's end, the part on the page where more of it stands.
        """
        index = self.indexes.get(page)
        if index is None:
            return None
        places = [p for p in find_places(quote, index) if p.match in ("exact", "normalized")]
        if not places:
            after = self.indexes.get(page + 1)
            parts = find_across_break(quote, index, after) if after is not None else []
            places = sorted(parts, key=lambda p: -len(p.text))[:1]
        found = to_evidence(places, self.indexes)
        if not found:
            return None
        return self.place(max(found, key=lambda e: (_overlap(e.boxes, near), e.match == "exact")))

    def place(self, evidence: Evidence) -> Evidence:
        """Evidence as it may leave docai: by paragraph or cell where the file has no pages."""
        index = self.indexes.get(evidence.page)
        return place_evidence(evidence, index.page if index else None)


def _overlap(boxes: Sequence[Box], others: Sequence[Box]) -> float:
    area = 0.0
    for a in boxes:
        for b in others:
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            high = min(a.y1, b.y1) - max(a.y0, b.y0)
            area += wide * high if wide > 0 and high > 0 else 0.0
    return area


def _guess_fields(record: Record) -> tuple[Field, ...]:
    fields: dict[str, Field] = {}
    for item in record.fields:
        parts = item.path.split("/")[1:]
        path = "/" + "/".join("*" if p.isdecimal() else p for p in parts)
        names = [p for p in parts if not p.isdecimal()]
        if path in fields or not names:
            continue
        kind = infer_kind(names, _json_type(item.value), None)
        many = path.endswith("/*")
        group = path.rpartition("/*/")[0] or None
        fields[path] = Field(path, names[-1], kind, _json_type(item.value), many=many, group=group)
    return tuple(fields.values())


def _json_type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "string"


class Sources:
    """Documents in scope, and what has been fetched of them."""

    def __init__(self, library: Library, where: Where) -> None:
        self._library = library
        self.documents = {d.id: d for d in library.documents(where)}
        self._sources: dict[str, Source] = {}

    def get(self, document_id: str) -> Source | None:
        """None for a document that is not in scope."""
        document = self.documents.get(document_id)
        if document is None:
            return None
        if document_id not in self._sources:
            self._sources[document_id] = Source(document, self._library)
        return self._sources[document_id]

    def amendments(self, document_id: str) -> Sequence[Amendment]:
        """Documents that change this one, latest last; those that are not in scope have no source."""
        return self._library.amendments(document_id)

    def forget(self, document_id: str) -> None:
        """Drop what was fetched of a document: thousands of them would fill the memory."""
        self._sources.pop(document_id, None)


def open_sources(library: Library, where: Where) -> Sources:
    """The documents in scope. Raises ConfigError `nothing-indexed` where there is none."""
    sources = Sources(library, where)
    if sources.documents:
        return sources
    raise ConfigError(
        "nothing-indexed",
        "there is no document to ask",
        stage="answering",
        hint="docai index PATH… or docai extract PATH… first; check --in",
    )
