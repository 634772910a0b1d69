"""Dates that follow from a period: the model names the clause and the start, code does the sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from docai.extraction.vlm.claims import TERM_RULE
from docai.schema import Field, Schema, template
from docai.schema.kinds import name_tokens
from docai.types import Claim, Operand
from docai.values.compare import fold
from docai.values.dates import add_term, parse_date
from docai.values.durations import parse_duration

_IDLE = frozenset(
    ("the", "of", "date", "this", "on", "from", "day", "as", "and", "after", "a", "an", "datum")
)
_MADE = frozenset(("hereof", "agreement", "signing", "signature", "execution", "above", "contract", "made"))


def compute_terms(claims: Sequence[Claim], schema: Schema) -> list[Claim]:
    """The claims; open ones (a period without its date) with the date that code computes, or left out."""
    fields = {field.path: field for field in schema.fields}
    dates = [c for c in claims if _is_date(c, fields) and isinstance(c.value, str) and _is_iso(c.value)]
    kept: list[Claim] = []
    for claim in claims:
        if claim.rule != TERM_RULE or claim.value is not None:
            kept.append(claim)
            continue
        done = _compute(claim, [c for c in dates if c.path != claim.path], fields)
        if done is not None:
            kept.append(done)
    return kept


def _compute(claim: Claim, dates: Sequence[Claim], fields: dict[str, Field]) -> Claim | None:
    term, start = claim.operands
    duration = parse_duration(str(term.value))
    operand = _find_start(start, dates, fields)
    if duration is None or operand is None:
        return None
    try:
        end = add_term(str(operand.value), duration)
    except ValueError:
        return None
    return replace(claim, value=end, operands=(replace(term, value=None), operand))


def _find_start(start: Operand, dates: Sequence[Claim], fields: dict[str, Field]) -> Operand | None:
    """The date that the start's words mean: chosen, printed among them, or claimed for a field that they
    name.
    """
    if isinstance(start.value, str) and _is_iso(start.value):
        return start
    printed = parse_date(start.quote)
    if printed is not None:
        return Operand(start.quote, start.page, printed)
    words = {w for w in name_tokens(start.quote) if w not in _IDLE}
    rated = [(_rate(words, claim, fields[template(claim.path)]), claim) for claim in dates]
    best = max(rated, key=lambda pair: (pair[0], -pair[1].page), default=(0.0, None))
    chosen = best[1]
    if best[0] <= 0 or chosen is None:
        values = {claim.value for claim in dates}
        if len(values) != 1:
            return None
        chosen = dates[0]
    return Operand(chosen.quote, chosen.page, chosen.value)


def _rate(words: set[str], claim: Claim, field: Field) -> float:
    named = set(name_tokens(field.name))
    for alias in field.aliases:
        named |= set(name_tokens(alias))
    rate = float(len(words & named))
    # `March 1, 2020 (the "Effective Date")` defines what the start's words say.
    if words and all(fold(word) in fold(claim.quote) for word in words):
        rate += 2.0
    if words & _MADE and named & _MADE:
        rate += 1.0
    return rate


def _is_date(claim: Claim, fields: dict[str, Field]) -> bool:
    field = fields.get(template(claim.path))
    return field is not None and field.kind == "date" and field.group is None


def _is_iso(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
