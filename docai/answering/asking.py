"""A question to an answer: from records, else from sentences; a model may compose it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from docai.answering.amendments import tell_amendments
from docai.answering.assembly import refuse_subject, write_answer
from docai.answering.citing import with_proof
from docai.answering.comparing import compare, read_comparison
from docai.answering.findings import Finding
from docai.answering.languages import guess_language
from docai.answering.library import Finder, Library
from docai.answering.passage_answers import answer_from_passages
from docai.answering.question import Question, read_question
from docai.answering.record_answers import answer_from_records
from docai.answering.sources import Source, Sources, open_sources
from docai.answering.subjects import carried_share, find_subject
from docai.errors import ConfigError
from docai.types import Answer, AnswerIssue, Passage, RetrievedPage, ScoredPage, Where

if TYPE_CHECKING:
    from docai.answering.composing.compose import Composer

PAGES = 10
_READ_WHOLE = 600  # passages up to which a document that is named is read whole
_MOST_DOCUMENTS = 4


def answer_question(
    question: str,
    library: Library,
    finder: Finder,
    where: Where | None = None,
    composer: Composer | None = None,
) -> Answer:
    """The answer with its citations and scope. `composer`: has it written by a model, and checks that.

    Raises ConfigError: `question-empty`, `question-too-long`, `question-language`, `nothing-indexed`.
    """
    started = time.perf_counter()
    asked = read_question(question)
    scope = where or Where()
    sources = open_sources(library, scope)
    pages = [p for p in finder.retrieve(asked.text, PAGES, scope) if p.document_id in sources.documents]
    answer = _answer(asked, finder, sources, pages, scope, composer)
    return answer.model_copy(
        update={"retrieved": _list_pages(pages, sources), "seconds": round(time.perf_counter() - started, 3)}
    )


def _answer(
    question: Question,
    finder: Finder,
    sources: Sources,
    pages: Sequence[ScoredPage],
    where: Where,
    composer: Composer | None,
) -> Answer:
    compared = read_comparison(question)
    subject = find_subject(compared.question if compared else question, finder, sources, where)
    if subject.absent:
        # What looks like a name may be a noun of another language: German ones have capitals.
        some = [s for d in list(sources.documents)[:_MOST_DOCUMENTS] if (s := sources.get(d)) is not None]
        _check_language(question, some)
        return refuse_subject(question, subject.missing, sources)
    ids = subject.document_ids or _documents_of(pages, sources)
    chosen = [source for d in ids if (source := sources.get(d)) is not None]
    findings = [find_answer(question, source, _passages(source, pages, subject.named)) for source in chosen]
    if composer is None and not any(f.found for f in findings):
        _check_language(question, chosen)
    if subject.document_ids or len(sources.documents) == 1:
        answer = write_answer(question, findings, sources)
        answer = tell_amendments(question, answer, findings, sources)
    else:
        answer = _answer_unnamed(question, findings, sources)
    if composer is None:
        return answer
    from docai.answering.composing.compose import Inquiry

    return composer.compose(Inquiry(question, chosen, findings, pages, answer), sources)


def _answer_unnamed(question: Question, findings: Sequence[Finding], sources: Sources) -> Answer:
    """The question names no document: the one that speaks of it most answers, the others are mentioned."""
    found = [f for f in findings if f.found and f.verdict != "no"] or [f for f in findings if f.found]
    if not found:
        return write_answer(question, findings, sources)
    best = max(found, key=lambda f: f.confidence)
    answer = tell_amendments(question, write_answer(question, [best], sources), [best], sources)
    if question.stems or len(found) < 2:
        return answer
    issue = AnswerIssue(
        code="which-document",
        message=f"the question names no document, and {len(found)} of those nearest to it have an answer;"
        " name one, or ask each with --each",
    )
    return answer.model_copy(update={"status": "partial", "issues": (*answer.issues, issue)})


def _documents_of(pages: Sequence[ScoredPage], sources: Sources) -> tuple[str, ...]:
    if len(sources.documents) == 1:
        return tuple(sources.documents)
    return tuple(dict.fromkeys(p.document_id for p in pages))[:_MOST_DOCUMENTS]


def _passages(source: Source, pages: Sequence[ScoredPage], named: bool) -> Sequence[Passage]:
    """All of a document that is named; of a very long or an unnamed one, those on the pages found."""
    everything = source.passages
    if len(everything) <= _READ_WHOLE and named:
        return everything
    numbers = {p.number for p in pages if p.document_id == source.document.id}
    return [p for p in everything if p.page in numbers] or everything


def find_answer(question: Question, source: Source, passages: Sequence[Passage]) -> Finding:
    """One document's answer: by its records where a field holds what is asked, else by its sentences."""
    compared = read_comparison(question)
    if compared is not None:
        return compare(find_answer(compared.question, source, passages), compared)
    recorded = answer_from_records(question, source)
    if recorded is not None:
        strangers = _find_strangers(question, recorded, source)
        if strangers:
            label = f"anything of {', '.join(strangers)}"
            return replace(recorded, label=label, value=None, verdict=None, statements=(), reason="not_found")
        return with_proof(recorded, source)
    finding = with_proof(answer_from_passages(question, source, passages), source)
    if finding.reason is None and finding.verdict is None and not finding.statements:
        return replace(finding, value=None, reason="not_found")
    return finding


def _find_strangers(question: Question, finding: Finding, source: Source) -> list[str]:
    """Whom a yes by a field that is no flag would be about though the document does not know him: that a day
    of signing is given does not say that John Doe signed."""
    if question.asked != "yes_no" or finding.kind == "boolean" or finding.verdict != "yes":
        return []
    parties = [name for name in question.names if name.kind == "party" and name.cores]
    return [name.text for name in parties if carried_share([name], source) < 1.0]


def _check_language(question: Question, chosen: Sequence[Source]) -> None:
    """Refuse a question in another language than the documents, whose words it cannot meet."""
    if question.language is None or not chosen:
        return
    spoken = {guess_language(" ".join(p.text for p in s.passages[:20]), least_votes=8) for s in chosen}
    spoken.discard(None)
    if spoken and question.language not in spoken:
        languages = ", ".join(sorted(map(str, spoken)))
        raise ConfigError(
            "question-language",
            f"the question is in {question.language}, the documents are in {languages}",
            stage="answering",
            hint="ask in the language of the documents",
        )


def _list_pages(pages: Sequence[ScoredPage], sources: Sources) -> tuple[RetrievedPage, ...]:
    return tuple(
        RetrievedPage(
            document_id=p.document_id,
            uri=sources.documents[p.document_id].uri,
            page=p.number,
            score=round(p.score, 6),
        )
        for p in pages
    )
