"""Statements to citations: every quote is looked up on its page, so that it stands at its boxes."""

from __future__ import annotations

from dataclasses import replace

from docai.answering.findings import Finding, Quote, Statement
from docai.answering.sources import Source
from docai.types import Citation, Evidence


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
    if quote.path is not None and (quote.boxes or quote.locator):
        known = Evidence(
            page=quote.page, quote=quote.text, boxes=quote.boxes, match=quote.match, score=quote.score
        )
    else:
        found = source.locate(quote.text, quote.page, quote.boxes)
        if found is None and quote.locator is None:
            return None
        known = found or Evidence(page=quote.page, quote=quote.text, match="exact", score=1.0)
    document = source.document
    return cite_evidence(document.id, document.uri, known, path=quote.path, locator=quote.locator)


def cite_evidence(
    document_id: str, uri: str, evidence: Evidence, *, path: str | None = None, locator: str | None = None
) -> Citation:
    """A place that was found, as an answer cites it. `path`: of the field that it proves."""
    return Citation(
        document_id=document_id,
        uri=uri,
        page=evidence.page,
        quote=evidence.quote,
        boxes=evidence.boxes,
        match=evidence.match,
        score=evidence.score,
        locator=evidence.locator or locator,
        path=path,
    )


def with_proof(finding: Finding, source: Source) -> Finding:
    """The finding without statements that no page shows."""
    kept = tuple(s for s in finding.statements if any(locate_quote(source, q) for q in s.quotes))
    return finding if len(kept) == len(finding.statements) else replace(finding, statements=kept)
