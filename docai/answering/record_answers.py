"""The field route: what a document's records say to a question, with their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from docai.answering.fields import FieldMatch, best_field
from docai.answering.findings import Finding, Quote, Statement, Unknown
from docai.answering.planted import is_instruction
from docai.answering.question import Question
from docai.answering.sentences import sentence_around
from docai.answering.sources import Source
from docai.schema import Field, template
from docai.types import FieldValue, Record, Verdict
from docai.values.compare import as_boolean

_MOST_QUOTES = 3
# What is wrong with a missing value, most telling first.
_REASONS: tuple[Unknown, ...] = ("redacted", "blank", "unreadable", "not_read", "not_found")
_RESTRICTS = (
    "anti",
    "non",
    "no",
    "not",
    "without",
    "cap",
    "limit",
    "limited",
    "forbid",
    "prohibit",
    "restrict",
)


def answer_from_records(question: Question, source: Source) -> Finding | None:
    """None where no record has a field for what is asked, or the field holds nothing that could be shown."""
    best: Finding | None = None
    for record in source.records:
        match = best_field(question, source.fields(record))
        if match is None:
            continue
        finding = read_field(question, source, record, match)
        if finding is not None and (best is None or _rank(finding) > _rank(best)):
            best = finding
    return best


def _rank(finding: Finding) -> tuple[bool, float]:
    return finding.found, finding.confidence


def read_field(question: Question, source: Source, record: Record, match: FieldMatch) -> Finding | None:
    """A record's value of a field as a finding. None where the record lacks the field."""
    item = match.field
    leaves = [f for f in record.fields if template(f.path) == item.path or f.path == item.path]
    if not leaves:
        if not (item.many or item.group):
            return None
        leaves = [FieldValue(path=item.path.removesuffix("/*"), status="missing", reason="not_found")]
    held = [f for f in leaves if f.value is not None and f.status not in ("missing", "unsupported")]
    shown = [f for f in held if not _is_planted(f)]
    if held and not shown:
        return None
    if not shown:
        return _missing(question, source, record, item, leaves)
    value: Any = [f.value for f in shown] if (item.many or item.group) else shown[0].value
    confidence = sum(f.confidence for f in shown) / len(shown)
    label = read_label(item)
    finding = Finding(
        document=source.document,
        kind=item.kind,
        label=label,
        value=value,
        unit=shown[0].unit,
        confidence=min(confidence, 1.0),
        statements=_statements(source, shown),
        rule=shown[0].derivation.rule if shown[0].derivation else None,
        path=shown[0].path,
        source="record",
    )
    return _with_verdict(question, finding, item, record)


def _with_verdict(question: Question, finding: Finding, item: Field, record: Record) -> Finding:
    if question.asked != "yes_no":
        return finding
    held = as_boolean(finding.value) if item.kind == "boolean" else True
    if held is None:
        return finding
    if held is False and not record.complete:
        return replace(finding, value=None, verdict=None, reason="not_read")
    answer = held != turns_around(question, item)
    verdict: Verdict = "yes" if answer else "no"
    if item.kind == "boolean":
        return replace(finding, value=answer, verdict=verdict)
    return replace(finding, verdict=verdict)


def turns_around(question: Question, item: Field) -> bool:
    """Whether "yes" to the field is "no" to the question: "may it be assigned?" asks against a ban."""
    restricts = is_restriction(item)
    contrary = restricts and question.permits and "consent" not in question.topics
    if restricts and question.permits and "consent" in question.topics:
        # "without consent" asks for freedom, "only with consent" for the ban itself.
        contrary = "without" in question.bare
    return contrary != (question.negated and "consent" not in question.topics)


def is_restriction(item: Field) -> bool:
    """Whether a flag says that something is limited or forbidden."""
    words = item.name.lower().replace("-", "_").split("_")
    return any(word in _RESTRICTS for word in words)


def _missing(
    question: Question, source: Source, record: Record, item: Field, leaves: Sequence[FieldValue]
) -> Finding:
    given = {leaf.reason for leaf in leaves}
    reason: Unknown = next((r for r in _REASONS if r in given), "not_found")
    if reason == "not_found" and not record.complete:
        reason = "not_read"
    found_nothing = question.asked == "yes_no" and question.also is None and reason == "not_found"
    verdict: Verdict | None = None
    if found_nothing and item.kind != "boolean":
        verdict = "yes" if question.negated else "no"  # "Does it renew?" No: no renewal is stated.
    return Finding(
        document=source.document,
        kind=item.kind,
        label=read_label(item),
        verdict=verdict,
        value=None,
        confidence=_confidence_of_absence(leaves),
        statements=_statements(source, leaves) if reason in ("blank", "redacted") else (),
        reason=None if verdict else reason,
        path=item.path,
        source="record",
    )


def _confidence_of_absence(leaves: Sequence[FieldValue]) -> float:
    # A missing leaf carries no probability of its own; what was refused speaks against its absence.
    refused = max((a.confidence for leaf in leaves for a in leaf.alternatives), default=0.0)
    return round(0.9 * (1 - refused), 4)


def read_label(item: Field) -> str:
    """`/clauses/cap_on_liability` -> "cap on liability"; of a row's leaf, with the row's name."""
    parts = [p for p in item.path.split("/") if p not in ("", "*")]
    name = parts[-1]
    if item.group and len(parts) > 1:
        name = f"{parts[-2]} {name}"
    return " ".join(name.replace("_", " ").replace("-", " ").split())


def _is_planted(leaf: FieldValue) -> bool:
    return any(is_instruction(e.quote) for e in leaf.evidence)


def _statements(source: Source, leaves: Sequence[FieldValue]) -> tuple[Statement, ...]:
    """The sentences in which the leaves' evidence stands, each once, operands behind values."""
    statements: dict[tuple[int, str], Statement] = {}
    for leaf in leaves:
        quotes = [
            Quote(e.page, e.quote, leaf.path, e.boxes, e.match, e.score, e.locator)
            for e in leaf.evidence
            if e.quote.strip()
        ]
        # A quote that stands in several places is shown at the first of them.
        first: dict[str, Quote] = {}
        for quote in quotes:
            first.setdefault(quote.text, quote)
        for quote in list(first.values())[:_MOST_QUOTES]:
            text, passage = _sentence_of(source, quote)
            if is_instruction(text):
                continue
            key = (quote.page, text)
            before = statements.get(key)
            taken = (*before.quotes, quote) if before else (quote,)
            statements[key] = Statement(text, taken, passage)
    return tuple(statements.values())


def _sentence_of(source: Source, quote: Quote) -> tuple[str, Any]:
    for passage in source.passages_of(quote.page):
        text = sentence_around(passage.text, quote.text)
        if text is not None:
            return text, passage
    return quote.text, None


def format_value(value: Any, unit: str | None, kind: str) -> str:
    """A value as an answer says it."""
    if isinstance(value, list):
        return ", ".join(format_value(v, unit, kind) for v in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal | float | int):
        text = (
            f"{value:,.2f}" if kind == "money" else f"{value:g}" if isinstance(value, float) else f"{value}"
        )
        return f"{text} {unit}" if unit else text
    return str(value)
