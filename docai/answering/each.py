"""The same question to every document: one cited row each."""

from __future__ import annotations

import time
from collections.abc import Callable

from docai.answering.asking import find_answer
from docai.answering.assembly import describe_scope, write_row
from docai.answering.citing import CitationList
from docai.answering.findings import Finding
from docai.answering.library import Library
from docai.answering.question import read_question
from docai.answering.sources import open_sources
from docai.types import Answer, AnswerStatus, Derivation, Evidence, FieldValue, Where

Progress = Callable[[int, int], None]


def answer_each(
    question: str, library: Library, where: Where | None = None, progress: Progress | None = None
) -> Answer:
    """A row for each document in scope: yes, no or unknown, or a value, with its citations.

    `progress` is told how many documents of how many are done. Raises ConfigError as `answer_question` does.
    """
    started = time.perf_counter()
    asked = read_question(question)
    sources = open_sources(library, where or Where())
    citations = CitationList()
    rows = []
    for number, document_id in enumerate(sources.documents, start=1):
        source = sources.get(document_id)
        assert source is not None  # its id comes from there
        if source.document.reason is not None and not source.passages:
            finding = Finding(source.document, "boolean", "", reason="not_read")
        else:
            finding = find_answer(asked, source, source.passages)
        rows.append(write_row(finding, source, citations))
        sources.forget(document_id)
        if progress is not None:
            progress(number, len(sources.documents))
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
    return Answer(
        question=asked.text,
        status=status,
        route="each",
        text=f"{text}, of {len(rows)} documents.",
        rows=tuple(rows),
        citations=tuple(citations.citations),
        scope=describe_scope(sources),
        seconds=round(time.perf_counter() - started, 3),
    )


def to_field_values(answer: Answer, path: str) -> dict[str, FieldValue]:
    """The rows as values of a field of the records, by document: with the evidence that each row cites.

    A row without citations but with a "no" rests on silence and is `inferred` by the rule `absence`.
    """
    values: dict[str, FieldValue] = {}
    for row in answer.rows:
        cited = [answer.citations[n] for n in row.citations]
        evidence = tuple(
            Evidence(page=c.page, quote=c.quote, match=c.match, score=c.score, boxes=c.boxes) for c in cited
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
