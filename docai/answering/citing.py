"""Statements to citations: every quote is looked up on its page, so that it stands at its boxes."""

from __future__ import annotations

from docai.answering.findings import Finding, Quote, Statement
from docai.answering.sources import Source
from docai.types import Citation


class CitationList:
    """Citations of one answer, each place once, numbered from 0."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, str, object], int] = {}
        self.citations: list[Citation] = []

    def add(self, citation: Citation) -> int:
        """Its number; that of the same place where it is cited already."""
        first = citation.boxes[0] if citation.boxes else citation.locator
        key = (citation.document_id, citation.page, citation.quote, first)
        if key not in self._numbers:
            self._numbers[key] = len(self.citations)
            self.citations.append(citation)
        return self._numbers[key]

    def cite(self, source: Source, statement: Statement) -> tuple[int, ...]:
        """Numbers of the statement's citations; empty where none of its quotes is found on its page."""
        found = (locate_quote(source, quote) for quote in statement.quotes)
        return tuple(dict.fromkeys(self.add(citation) for citation in found if citation is not None))


def locate_quote(source: Source, quote: Quote) -> Citation | None:
    """A quote as a citation. A record's evidence was located when it was extracted; a passage's sentence is
    looked up on its page; in files without pages the locator is the place.
    """
    document = source.document
    if quote.path is not None and quote.boxes:
        return Citation(
            document_id=document.id,
            uri=document.uri,
            page=quote.page,
            quote=quote.text,
            boxes=quote.boxes,
            match=quote.match,
            score=quote.score,
            locator=quote.locator,
            path=quote.path,
        )
    evidence = source.locate(quote.text, quote.page, quote.boxes)
    if evidence is not None:
        return Citation(
            document_id=document.id,
            uri=document.uri,
            page=evidence.page,
            quote=evidence.quote,
            boxes=evidence.boxes,
            match=evidence.match,
            score=evidence.score,
            locator=quote.locator,
            path=quote.path,
        )
    if quote.locator is not None:
        return Citation(
            document_id=document.id,
            uri=document.uri,
            page=quote.page,
            quote=quote.text,
            locator=quote.locator,
            path=quote.path,
        )
    return None


def with_proof(finding: Finding, source: Source) -> Finding:
    """The finding without statements that no page shows."""
    from dataclasses import replace

    kept = tuple(s for s in finding.statements if any(locate_quote(source, q) for q in s.quotes))
    return finding if len(kept) == len(finding.statements) else replace(finding, statements=kept)
