"""The record's claims from a model's answers, with the embedded engine as second opinion.

The second opinion moves confidence and brings rivals into the open; what enters is for the proof to say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from docai.extraction.vlm.claims import ENGINE, join_claims
from docai.extraction.vlm.terms import compute_terms
from docai.protocols import ExtractionModel
from docai.schema import Field, Schema, template
from docai.types import Claim, DocumentView
from docai.values.compare import same_value

_PRIOR = 0.9
"""How often a model's claim is right where it gives no logprobs: a guess, until benchmarks say better."""
# Weights of log odds, set by hand on `benchmarks/corrupted_claims.py` (few enough not to be fitted to it).
_AGREE, _AGREE_MORE = 0.5, 0.5
_CONTRADICT, _ELSEWHERE = 1.2, 2.5
_RIVAL = 0.7
_BARE_NO = 2.0
_SURE = 0.6
"""From this score on the embedded engine contradicts a claim that gives its value to another field."""

_DENIES = re.compile(
    r"\b(?:no|not|nor|neither|never|none|nothing|without|except|cannot|\w{1,10}n['’]t|kein\w{0,3}|nicht|nie|ohne"
    r"|ne|pas|aucune?|ni|sans|jamais)\b",
    re.IGNORECASE,
)
"""A "no" is stated by words that deny; a passage without any that is quoted for one says the opposite."""


class AnswerEngine:
    """Satisfies `docai.protocols.ExtractionModel` for documents whose pages a model was asked about."""

    name = ENGINE

    def __init__(self, second: ExtractionModel) -> None:
        self._second = second

    def extract(self, view: DocumentView, schema: Schema) -> list[Claim]:
        """All claims of the answers, weighed; flags that no page states are claimed as absent."""
        numbers = {page.number for page in view.pages}
        known = {field.path for field in schema.fields}
        said: list[Claim] = []
        for answer in view.answers:
            if answer.page in numbers:
                # Each page's lists begin at 0; a number must name one item of the document.
                said = join_claims(said, [c for c in answer.claims if template(c.path) in known])
        others = list(self._second.extract(view, schema))
        return weigh_claims(said, others, schema)


def weigh_claims(said: Sequence[Claim], others: Sequence[Claim], schema: Schema) -> list[Claim]:
    """The model's claims with scores that know of the second opinion, and those of the latter that count.

    Of the second opinion's claims only those are kept that are about a single field of which the model too
    said something, or that agree with the model about a list's value.
    """
    fields = {field.path: field for field in schema.fields}
    claims = compute_terms(said, schema)
    claims += _absent_flags(claims, schema)
    spoken = {template(claim.path) for claim in said}
    weighed = [_weigh(claim, fields[template(claim.path)], others, fields) for claim in claims]
    rivals = [other for other in others if _counts(other, fields, spoken, claims)]
    return weighed + [_weigh_rival(other, fields[template(other.path)], claims) for other in rivals]


def _weigh_rival(other: Claim, field: Field, claims: Sequence[Claim]) -> Claim:
    """A claim of the second opinion, worth less where the model says something else."""
    said = [c for c in claims if c.path == other.path and c.value is not None]
    if not said or any(same_value(field.kind, c.value, other.value) for c in said):
        return other
    own = max(_own_probability(claim) for claim in said)
    odds = _log_odds(other.score or 0.5) - _RIVAL * max(0.0, _log_odds(own))
    return replace(other, score=_probability(odds))


def _own_probability(claim: Claim) -> float:
    return _PRIOR if claim.score is None else min(claim.score, 0.98)


def _probability(odds: float) -> float:
    return round(1 / (1 + math.exp(-odds)), 4)


def _counts(other: Claim, fields: dict[str, Field], spoken: set[str], claims: Sequence[Claim]) -> bool:
    path = template(other.path)
    field = fields.get(path)
    if field is None or path not in spoken or field.group is not None or field.kind == "boolean":
        return False
    if other.absent is not None:
        return False
    if field.many:
        return any(
            template(c.path) == path and c.page == other.page and same_value(field.kind, c.value, other.value)
            for c in claims
        )
    return True


def _absent_flags(claims: Sequence[Claim], schema: Schema) -> list[Claim]:
    """A flag about which no page says anything is false; the proof asks whether all pages were read."""
    spoken = {template(claim.path) for claim in claims}
    return [
        Claim(field.path, "", False, 1, ENGINE)
        for field in schema.fields
        if field.kind == "boolean"
        and field.json_type == "boolean"
        and field.group is None
        and not field.many
        and field.path not in spoken
    ]


def _weigh(claim: Claim, field: Field, others: Sequence[Claim], fields: dict[str, Field]) -> Claim:
    if claim.value is None or field.group is not None or field.many:
        return claim
    odds = _log_odds(_own_probability(claim))
    if claim.value is False and claim.quote and not _DENIES.search(claim.quote):
        odds -= _BARE_NO
    same_field = [o for o in others if o.path == claim.path and o.value is not None]
    agreeing = [o.score or 0.0 for o in same_field if same_value(field.kind, o.value, claim.value)]
    if agreeing:
        odds += max(0.0, _log_odds(max(agreeing))) * _AGREE + _AGREE_MORE
    elif same_field:
        best = max(o.score or 0.0 for o in same_field)
        odds -= max(0.0, _log_odds(best)) * _CONTRADICT
        if best >= _SURE and _belongs_elsewhere(claim, field, others, fields):
            odds -= _ELSEWHERE
    return replace(claim, score=_probability(odds))


def _belongs_elsewhere(claim: Claim, field: Field, others: Sequence[Claim], fields: dict[str, Field]) -> bool:
    """Whether the second opinion is sure that the claim's value is another field's."""
    for other in others:
        home = fields.get(template(other.path))
        if home is None or home.path == field.path or home.kind != field.kind:
            continue
        if (other.score or 0.0) >= _SURE and same_value(field.kind, other.value, claim.value):
            return True
    return False


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, 0.02), 0.98)
    return math.log(clipped / (1 - clipped))
