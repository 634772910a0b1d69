"""The same question to every document: one cited row each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from docai.answering.asking import find_answer
from docai.answering.assembly import describe_scope, write_row
from docai.answering.citing import CitationList
from docai.answering.findings import Finding
from docai.answering.library import Library
from docai.answering.question import Question, read_question
from docai.answering.sources import Source, Sources, open_sources
from docai.types import Answer, AnswerRow, AnswerStatus, Derivation, Evidence, FieldValue, Where

if TYPE_CHECKING:
    from docai.answering.composing.rows import RowComposer

Progress = Callable[[int, int], None]


def answer_each(
    question: str,
    library: Library,
    where: Where | None = None,
    progress: Progress | None = None,
    composer: RowComposer | None = None,
) -> Answer:
    """A row for each document in scope: yes, no or unknown, or a value, with its citations.

    `progress` is told how many documents of how many are done; `composer` has each row written by a model.
    Raises ConfigError as `answer_question` does.
    """
    started = time.perf_counter()
    asked = read_question(question)
    sources = open_sources(library, where or Where())
    citations = CitationList()
    rows: list[AnswerRow] = []
    found = _find_all(asked, sources)
    written = (
        (write_row(finding, source, citations) for source, finding in found)
        if composer is None
        else composer.write_rows(asked, found, sources, citations)
    )
    for row in written:
        rows.append(row)
        sources.forget(row.document_id)
        if progress is not None:
            progress(len(rows), len(sources.documents))
    known = [r for r in rows if r.reason is None]
    yes = sum(r.verdict == "yes" for r in rows)
    no = sum(r.verdict == "no" for r in rows)
    unknown = len(rows) - len(known)
    text = (
        f"{yes} yes, {no} no, {unknown} unknown"
        if yes or no
        else f"{len(known)} with a value, {unknown} without"
    )
    status: AnswerStatus = "not_found" if not known else "answered" if not unknown else "partial"
    answer = Answer(
        question=asked.text,
        status=status,
        route="each",
        text=f"{text}, of {len(rows)} documents.",
        rows=tuple(rows),
        citations=tuple(citations.citations),
        scope=describe_scope(sources),
        seconds=round(time.perf_counter() - started, 3),
    )
    return answer if composer is None else composer.sign(answer)


def _find_all(question: Question, sources: Sources) -> Iterator[tuple[Source, Finding]]:
    """What the embedded engine finds in each document."""
    for document_id in sources.documents:
        source = sources.get(document_id)
        assert source is not None  # its id comes from there
        if source.document.reason is not None and not source.passages:
            yield source, Finding(source.document, "boolean", "", reason="not_read")
        else:
            yield source, find_answer(question, source, source.passages)


def to_field_values(answer: Answer, path: str) -> dict[str, FieldValue]:
    """The rows as values of a field of the records, by document: with the evidence that each row cites.

    A row without citations but with a "no" rests on silence and is `inferred` by the rule `absence`.
    """
    values: dict[str, FieldValue] = {}
    for row in answer.rows:
        cited = [answer.citations[n] for n in row.citations]
        evidence = tuple(
            Evidence(
                page=c.page, quote=c.quote, match=c.match, score=c.score, boxes=c.boxes, locator=c.locator
            )
            for c in cited
        )
        value = row.verdict == "yes" if row.verdict in ("yes", "no") and row.value is None else row.value
        if row.reason is not None or value is None:
            reason = (
                row.reason if row.reason in ("blank", "redacted", "unreadable", "not_read") else "not_found"
            )
            values[row.document_id] = FieldValue(
                path=path, status="missing", reason=reason, evidence=evidence
            )
            continue
        inferred = isinstance(value, bool)
        rule = "clause" if evidence else "absence"
        values[row.document_id] = FieldValue(
            path=path,
            value=value,
            status="inferred" if inferred else "grounded",
            confidence=row.confidence,
            evidence=evidence,
            derivation=Derivation(rule=rule) if inferred else None,
        )
    return values
