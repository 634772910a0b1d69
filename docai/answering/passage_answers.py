"""The sentence route: what a document's own sentences say to a question, without any record."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docai.answering.candidates import VALUE_KINDS, Candidate, best_pages, pick_value, rate_passages
from docai.answering.derived_ends import derive_end
from docai.answering.fields import topic_weight
from docai.answering.findings import Finding, Quote, Statement, Unknown
from docai.answering.question import Question
from docai.answering.sources import Source
from docai.answering.vocabulary import get_topic
from docai.types import Passage, Verdict

_LEAST = 0.62  # rating below which a sentence does not answer
_SAYS_SO = 0.8  # rating from which a sentence shows that a thing is so
_NEAR = 0.85  # of the best rating: sentences that are shown beside it
_SOMEBODY = (
    r"(?:part(?:y|ies)|of them|licensee|licensor|supplier|buyer|seller|customer|tenant|landlord|"
    r"employee|company)"
)
_DENIES = re.compile(
    rf"\b(?:no|neither|nor|none)\b[^.;,]{{0,40}}\b{_SOMEBODY}\b[^.;,]{{0,30}}"
    r"\b(?:may|shall|can|will|is|are|has|have)\b"
    r"|\b(?:has|have|shall have|with) no (?:right|obligation|duty|option|licen[cs]e)\b"
    r"|\bunder no (?:obligation|duty)\b|\bnothing (?:herein|in this|contained)\b"
    r"|\bnot (?:be )?(?:required|obliged|obligated|entitled|permitted|allowed)\b"
    r"|\b(?:shall|may|will|can|does|do|is|are) not\b"
)
_RESERVED = re.compile(r"\b(?:unless|except|other than|provided|without)\b")


def answer_from_passages(question: Question, source: Source, passages: Sequence[Passage]) -> Finding:
    """The best sentences of the passages, and the value or verdict in them."""
    candidates, planted = rate_passages(question, passages)
    warnings = ("instructions-in-document",) if planted else ()
    label = " ".join(sorted(question.topics)) or "answer"
    kind = VALUE_KINDS.get(
        question.also or question.asked, "boolean" if question.asked == "yes_no" else "text"
    )
    if question.asked == "yes_no":
        return _judge(question, source, candidates, label, kind, warnings)
    best = candidates[0] if candidates else None
    if question.asked == "date" and "end" in question.topics and (best is None or not best.values):
        derived = _derive(question, source, passages, label, warnings)
        if derived is not None:
            return derived
    if best is None or best.score < _LEAST:
        score = best.score if best else 0.0
        reason: Unknown = "not_found" if source.is_complete else "not_read"
        return Finding(
            source.document, kind, label, confidence=_confidence(1 - score), reason=reason, warnings=warnings
        )
    found = pick_value(question, best)
    shown = [c for c in best_pages(candidates, 2) if c.score >= _NEAR * best.score]
    return Finding(
        document=source.document,
        kind=kind,
        label=label,
        value=found.value if found else None,
        unit=found.unit if found else None,
        confidence=_confidence(best.score),
        statements=tuple(_state(c) for c in shown),
        warnings=warnings,
    )


def _derive(
    question: Question, source: Source, passages: Sequence[Passage], label: str, warnings: tuple[str, ...]
) -> Finding | None:
    derived = derive_end(question, passages)
    if derived is None:
        return None
    value, term, start = derived
    return Finding(
        document=source.document,
        kind="date",
        label=label,
        value=value,
        confidence=_confidence(0.8 * min(1.0, term.score, start.score)),
        statements=(_state(term), _state(start)) if term.text != start.text else (_state(term),),
        rule="start+term",
        warnings=warnings,
    )


def _judge(
    question: Question,
    source: Source,
    candidates: Sequence[Candidate],
    label: str,
    kind: str,
    warnings: tuple[str, ...],
) -> Finding:
    """Yes where a sentence says so, no where one denies it or, all pages read, none says it."""
    best = candidates[0] if candidates else None
    score = best.score if best else 0.0
    if best is None or score < _SAYS_SO:
        known = bool(question.topics) and source.is_complete
        verdict: Verdict | None = ("yes" if question.negated else "no") if known else None
        reason: Unknown | None = None if known else "not_read" if not source.is_complete else "not_found"
        return Finding(
            source.document, kind, label, verdict=verdict, confidence=_confidence(1 - score), reason=reason,
            value=None, warnings=warnings,
        )  # fmt: skip
    says = not _denies(question, best)
    restricts = any(get_topic(t).restricts for t in question.topics) or _is_ban(question)
    contrary = (
        restricts and question.permits and ("consent" not in question.topics or "without" in question.bare)
    )
    answer = says != (contrary != (question.negated and "consent" not in question.topics))
    found = pick_value(question, best)
    return Finding(
        document=source.document,
        kind=kind,
        label=label,
        value=found.value if found else answer,
        unit=found.unit if found else None,
        verdict="yes" if answer else "no",
        confidence=_confidence(score),
        statements=(_state(best),),
        warnings=warnings,
    )


def _is_ban(question: Question) -> bool:
    return "assign" in question.topics


def _denies(question: Question, candidate: Candidate) -> bool:
    """Whether the sentence says that what is asked is not so; a ban that is asked for is no denial."""
    main = [get_topic(t) for t in question.topics if topic_weight(t, question) == 1.0]
    if any(t.restricts for t in main) or _is_ban(question):
        return False
    match = _DENIES.search(candidate.plain)
    return match is not None and _RESERVED.search(candidate.plain, match.start()) is None


def _confidence(score: float) -> float:
    return round(max(0.05, min(0.95, 0.75 * score)), 4)


def _state(candidate: Candidate) -> Statement:
    passage = candidate.passage
    quote = Quote(passage.page, candidate.text, boxes=passage.boxes, locator=passage.locator)
    return Statement(candidate.text, (quote,), passage)
