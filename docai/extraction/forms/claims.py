"""Ranked candidates -> claims: the best value, its runners-up, and places that were left empty."""

from __future__ import annotations

import math
from collections.abc import Iterator

from docai.extraction.forms.candidates import Candidate
from docai.extraction.forms.ranking import Ranked
from docai.schema import Field
from docai.types import Claim

ENGINE = "extractive"
RUNNERS_UP = 3
LEAST = 0.02
# A value is claimed when it is likelier than "not in this document", or at least this likely.
GIVE = 0.35
# Of these several readings of one place share the probability: one is claimed when all together outweigh
# "not in this document".
SHARED_KINDS = frozenset({"address"})


def make_claims(ranked: Ranked) -> list[Claim]:
    """The best value first. None when "not in this document" is likelier than every value."""
    if not ranked.candidates:
        return []
    if ranked.field.many:
        return list(_many_claims(ranked))
    best = ranked.probabilities[0]
    shared = ranked.field.kind in SHARED_KINDS and ranked.absent < 0.5
    if best < min(GIVE, ranked.absent) and not shared:
        return []
    claims: list[Claim] = []
    seen: set[str] = set()
    for candidate, probability in zip(ranked.candidates, ranked.probabilities, strict=True):
        if candidate.key in seen:
            continue
        if seen and (probability < LEAST or len(seen) > RUNNERS_UP):
            break
        seen.add(candidate.key)
        claims.append(make_claim(candidate, ranked.field, ranked.field.path, probability))
    return claims


def _many_claims(ranked: Ranked) -> Iterator[Claim]:
    """A list of plain values: every value that is likelier to belong than not, in reading order."""
    chosen: dict[str, tuple[Candidate, float]] = {}
    for candidate, score in zip(ranked.candidates, ranked.scores, strict=True):
        probability = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))
        if probability >= 0.5 and candidate.key not in chosen:
            chosen[candidate.key] = candidate, probability
    order = sorted(chosen.values(), key=lambda item: (item[0].page, item[0].cell.index, item[0].start))
    base = ranked.field.path
    for number, (candidate, probability) in enumerate(order):
        path = base.replace("*", str(number), 1) if "*" in base else f"{base}/{number}"
        yield make_claim(candidate, ranked.field, path, probability)


def make_claim(candidate: Candidate, field: Field, path: str, score: float) -> Claim:
    return Claim(
        path=path,
        quote=candidate.text,
        value=candidate.value,
        page=candidate.cell.page,
        engine=ENGINE,
        score=round(min(1.0, score), 4),
        words=candidate.words,
        unit=candidate.unit,
    )
