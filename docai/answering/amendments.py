"""Amendments: what a document says may be changed by another one, and the answer says so.

Only fields of records speak here, of both documents: a sentence of an amendment that sounds alike may be
about anything. Which document changes which is the library's to know, by their records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from docai.answering.assembly import answer_key, disagree, name_document
from docai.answering.citing import with_proof
from docai.answering.comparing import compare, read_comparison
from docai.answering.findings import Finding
from docai.answering.library import Amendment
from docai.answering.question import Question
from docai.answering.record_answers import answer_from_records
from docai.answering.sources import Source, Sources
from docai.types import Answer, AnswerIssue, Sentence

AMENDED = "amended"


@dataclass(frozen=True, slots=True)
class _Change:
    """What an amended document says to the question, and what its amendments say, latest last."""

    base: Finding
    by: Sequence[Amendment]
    speaking: tuple[Finding, ...]


def tell_amendments(
    question: Question, answer: Answer, findings: Sequence[Finding], sources: Sources
) -> Answer:
    """The answer with what changes it: `conflict` where an amendment has another value for the same field,
    and then the latest one's value counts; else a note of which documents amend the one that answers."""
    changes = [change for f in findings if (change := _find_change(question, f, findings, sources))]
    if not changes:
        return answer
    issues = (*answer.issues, *(_note(change) for change in changes))
    for change in changes:
        base = change.base
        if not change.speaking or (base.found and base.source != "record"):
            continue
        if all(base.found and answer_key(f) == answer_key(base) for f in change.speaking):
            continue
        return _rewrite(question, change, sources).model_copy(update={"issues": issues})
    return answer.model_copy(update={"issues": issues})


def _find_change(
    question: Question, finding: Finding, findings: Sequence[Finding], sources: Sources
) -> _Change | None:
    by = sources.amendments(finding.document.id)
    if not by:
        return None
    known = {f.document.id: f for f in findings if f.source == "record"}
    speaking = []
    for item in by:
        source = sources.get(item.document_id)
        if source is None:
            continue
        said = known.get(item.document_id) or _ask_records(question, source)
        # Silence of an amendment leaves things as they are, also where a clause flag calls it a "no".
        if said is not None and said.found and said.statements:
            speaking.append(with_proof(said, source))
    return _Change(finding, by, tuple(f for f in speaking if f.statements))


def _ask_records(question: Question, source: Source) -> Finding | None:
    compared = read_comparison(question)
    said = answer_from_records(compared.question if compared else question, source)
    return compare(said, compared) if said is not None and compared is not None else said


def _rewrite(question: Question, change: _Change, sources: Sources) -> Answer:
    """What the document says and what became of it, in order; the last word counts."""
    base, last = change.base, change.speaking[-1]
    if not base.found:
        answer = disagree(question, change.speaking, sources)
        head = Sentence(text=f"{name_document(base.document)} does not say it, its amendment does.")
        answer = answer.model_copy(update={"status": "answered", "sentences": (head, *answer.sentences)})
    else:
        answer = disagree(question, [base, *change.speaking], sources)
    value = last.value
    if last.verdict is not None and (value is None or isinstance(value, bool)):
        value = last.verdict == "yes"
    since = next((item.since for item in change.by if item.document_id == last.document.id), None)
    told = f"Amended by {name_document(last.document)}{f' of {since}' if since else ''}: what it says counts."
    numbers = answer.rows[-1].citations if answer.rows else ()
    sentences = (*answer.sentences, Sentence(text=told, citations=numbers))
    return answer.model_copy(
        update={
            "value": value,
            "unit": last.unit,
            "confidence": round(last.confidence, 4),
            "sentences": sentences,
            "text": " ".join(s.text for s in sentences),
        }
    )


def _note(change: _Change) -> AnswerIssue:
    named = ", ".join(f"{item.uri}{f' of {item.since}' if item.since else ''}" for item in change.by)
    said = "" if change.speaking else ", which has no field that speaks of this"
    name = name_document(change.base.document)
    return AnswerIssue(code=AMENDED, message=f"{name} is amended by {named}{said}")
