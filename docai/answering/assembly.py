"""Findings of documents into one answer: what it says, what it rests on, how sure it is."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Sequence

from docai.answering.citing import CitationList
from docai.answering.findings import Finding
from docai.answering.library import LibraryDocument
from docai.answering.question import Question
from docai.answering.record_answers import format_value
from docai.answering.sentences import shorten
from docai.answering.sources import Source, Sources
from docai.types import Answer, AnswerIssue, AnswerRow, AnswerStatus, Scope, Sentence, UnreadDocument
from docai.values.compare import value_key

_MOST_STATEMENTS = 3
_NAME_CHARS = 60  # of a document's first words: its title stands there, and the whole of a short page
_UNSURE = 0.35  # confidence below which an answer is called partial
_REASONS = {
    "not_found": "does not say",
    "blank": "leaves the place blank",
    "redacted": "has the place redacted",
    "unreadable": "has the place, which cannot be read",
    "not_read": "could not be read whole",
    "unsure": "is not clear",
}


def describe_scope(sources: Sources) -> Scope:
    """Documents and pages in scope, and those that could not be searched."""
    documents = list(sources.documents.values())
    unread = tuple(
        UnreadDocument(uri=d.uri, reason=d.reason or "some pages could not be read", pages=d.unread)
        for d in documents
        if d.reason is not None or d.unread
    )
    return Scope(documents=len(documents), pages=sum(d.pages_read for d in documents), unread=unread)


def name_document(document: LibraryDocument) -> str:
    title = textwrap.shorten(document.title, _NAME_CHARS, placeholder=" …")
    return f"{title} ({document.file_name})" if title else document.file_name


def answer_key(finding: Finding) -> Hashable:
    """Findings with the same key say the same."""
    if finding.verdict is not None:
        return finding.verdict
    if isinstance(finding.value, list):
        return tuple(sorted(str(value_key(finding.kind, v)) for v in finding.value))
    return value_key(finding.kind, finding.value)


def write_sentences(finding: Finding, source: Source, citations: CitationList) -> tuple[Sentence, ...]:
    """The value or verdict in docai's words, then the document's own sentences."""
    cited: list[tuple[str, tuple[int, ...]]] = []
    for statement in finding.statements[:_MOST_STATEMENTS]:
        numbers = citations.cite(source, statement)
        if numbers:
            cited.append((shorten(statement.text, [q.text for q in statement.quotes]), numbers))
    everything = tuple(dict.fromkeys(n for _, numbers in cited for n in numbers))
    head = _headline(finding)
    out = [Sentence(text=head, citations=everything)] if head else []
    return (*out, *(Sentence(text=text, citations=numbers) for text, numbers in cited))


def _headline(finding: Finding) -> str:
    value = finding.value
    stated = value is not None and not isinstance(value, bool)
    said = format_value(value, finding.unit, finding.kind) if stated else finding.told
    computed = f" (computed: {(finding.rule or '').replace('_', ' ')})" if _is_computed(finding) else ""
    if finding.verdict == "yes":
        return f"Yes: {said}{computed}." if said else "Yes."
    if finding.verdict == "no":
        if finding.statements:
            return f"No: {finding.told}{computed}." if finding.told else "No."
        read = finding.document.pages_read
        where = f"its {read} pages" if read != 1 else "its one page"
        return f"No: {name_document(finding.document)} says nothing of the kind on {where}."
    if not stated:
        return ""
    return f"{said}{computed}."


def _is_computed(finding: Finding) -> bool:
    return finding.rule is not None and finding.rule not in ("clause", "absence")


def explain_absence(finding: Finding) -> str:
    """Why a document gives no answer."""
    document = finding.document
    what = _REASONS.get(finding.reason or "not_found", "does not say")
    pages = f"{document.pages_read} of {document.page_count} pages read"
    return f"{name_document(document)} {what}: {finding.label} ({pages})."


def write_row(finding: Finding, source: Source, citations: CitationList) -> AnswerRow:
    """One document's answer as a row."""
    sentences = write_sentences(finding, source, citations) if finding.found else ()
    text = " ".join(s.text for s in sentences) if sentences else explain_absence(finding)
    value = finding.value if not isinstance(finding.value, bool) else None
    return AnswerRow(
        document_id=finding.document.id,
        uri=finding.document.uri,
        verdict=finding.verdict if finding.found else "unknown" if finding.kind == "boolean" else None,
        value=value,
        text=text,
        reason=None if finding.found else finding.reason or "not_found",
        confidence=round(finding.confidence, 4),
        citations=tuple(dict.fromkeys(n for s in sentences for n in s.citations)),
    )


def write_answer(question: Question, findings: Sequence[Finding], sources: Sources) -> Answer:
    """The answer of the documents that a question is about: agreeing, disagreeing, or none."""
    found = [f for f in findings if f.found]
    if not found:
        return _refuse(question, findings, sources)
    if len({answer_key(f) for f in found}) > 1:
        return disagree(question, found, sources)
    best = max(found, key=lambda f: f.confidence)
    source = sources.get(best.document.id)
    citations = CitationList()
    sentences = write_sentences(best, source, citations) if source else ()
    status: AnswerStatus = "answered"
    if best.confidence < _UNSURE or (best.value is None and best.verdict is None and _wants_value(question)):
        status = "partial"
    return Answer(
        question=question.text,
        status=status,
        text=" ".join(s.text for s in sentences),
        value=_answer_value(best),
        unit=best.unit,
        confidence=round(best.confidence, 4),
        sentences=sentences,
        citations=tuple(citations.citations),
        scope=describe_scope(sources),
        issues=_warn(findings),
    )


def _wants_value(question: Question) -> bool:
    return question.asked not in ("text", "yes_no")


def _answer_value(finding: Finding) -> object:
    if finding.verdict is not None and (finding.value is None or isinstance(finding.value, bool)):
        return finding.verdict == "yes"
    return finding.value


def _refuse(question: Question, findings: Sequence[Finding], sources: Sources) -> Answer:
    citations = CitationList()
    sentences: list[Sentence] = []
    for finding in findings:
        source = sources.get(finding.document.id)
        numbers = tuple(n for s in finding.statements for n in citations.cite(source, s)) if source else ()
        sentences.append(Sentence(text=explain_absence(finding), citations=numbers))
    text = " ".join(s.text for s in sentences) or "None of the documents searched says this."
    confidence = min((f.confidence for f in findings), default=0.5)
    return Answer(
        question=question.text,
        status="not_found",
        text=text,
        confidence=round(confidence, 4),
        sentences=tuple(sentences) or (Sentence(text=text),),
        citations=tuple(citations.citations),
        scope=describe_scope(sources),
        issues=_warn(findings),
    )


def disagree(question: Question, found: Sequence[Finding], sources: Sources) -> Answer:
    """What each document says, one after the other, where they do not say the same."""
    citations = CitationList()
    rows = []
    sentences: list[Sentence] = []
    for finding in found:
        source = sources.get(finding.document.id)
        if source is None:
            continue
        row = write_row(finding, source, citations)
        rows.append(row)
        sentences.append(
            Sentence(text=f"{name_document(finding.document)}: {row.text}", citations=row.citations)
        )
    return Answer(
        question=question.text,
        status="conflict",
        text=" ".join(s.text for s in sentences),
        confidence=round(max(f.confidence for f in found) / len(found), 4),
        sentences=tuple(sentences),
        citations=tuple(citations.citations),
        rows=tuple(rows),
        scope=describe_scope(sources),
        issues=_warn(found),
    )


def refuse_subject(question: Question, missing: Sequence[str], sources: Sources) -> Answer:
    """No document here is what the question names."""
    scope = describe_scope(sources)
    names = ", ".join(f"“{name}”" for name in missing) or "what the question names"
    text = (
        f"No document here is about {names}: {scope.documents} documents ({scope.pages} pages) were searched."
    )
    return Answer(
        question=question.text,
        status="not_found",
        text=text,
        confidence=0.9,
        sentences=(Sentence(text=text),),
        scope=scope,
        issues=(AnswerIssue(code="no-such-document", message=text),),
    )


_WARNINGS = {
    "instructions-in-document": "the document holds instructions to whoever answers; they were not followed",
}


def _warn(findings: Sequence[Finding]) -> tuple[AnswerIssue, ...]:
    issues = [
        AnswerIssue(code=code, message=f"{name_document(f.document)}: {_WARNINGS[code]}")
        for f in findings
        for code in f.warnings
    ]
    return tuple(dict.fromkeys(issues))
