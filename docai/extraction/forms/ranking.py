"""Which candidate a field's value is: a probability for each value and for "not in this document".

Scores are linear in the features, with one set of weights per family of kinds, and turned into
probabilities over all candidates and an explicit null; mentions of the same value add up. The weights lie
in `weights.json`; `benchmarks/fit_forms.py` fits them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from docai.extraction.forms.candidates import Candidate, Document
from docai.extraction.forms.features import Features, describe, find_candidates
from docai.extraction.forms.labels import LabelMatcher
from docai.schema import Field

FAMILIES: Mapping[str, str] = {
    "date": "date",
    "money": "money",
    "number": "money",
    "integer": "money",
    "identifier": "identifier",
    "organization": "party",
    "person": "party",
    "party": "party",
    "address": "address",
    "currency": "currency",
}
Weights = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates of one field, best first: `probabilities` of their values, `scores` of the mentions."""

    field: Field
    candidates: tuple[Candidate, ...]
    probabilities: tuple[float, ...]
    scores: tuple[float, ...]
    absent: float
    labelled: tuple[float, ...] = ()


def load_weights() -> Weights:
    """The weights that ship with docai: family -> feature -> weight."""
    text = files("docai.extraction.forms").joinpath("weights.json").read_text("utf-8")
    weights: Weights = json.loads(text)
    return weights


def family_of(field: Field) -> str:
    return FAMILIES.get(field.kind, "labelled")


def score_features(features: Features, weights: Mapping[str, float]) -> float:
    return sum(weights.get(name, 0.0) * value for name, value in features.items() if value)


def rank_field(
    document: Document, matcher: LabelMatcher, fields: Sequence[Field], index: int, weights: Weights
) -> Ranked:
    """All values found for the field at `index`, with probabilities that add up to 1 with `absent`."""
    field = fields[index]
    candidates = find_candidates(document, matcher, field, index)
    described = describe(document, candidates, matcher, fields, index)
    own = weights[family_of(field)]
    scores = [score_features(features, own) for features in described]
    labelled = [1.0 - max(f.get("free", 0.0), f.get("to", 0.0)) for f in described]
    return rank_scores(field, candidates, scores, labelled)


def rank_scores(
    field: Field, candidates: Sequence[Candidate], scores: Sequence[float], labelled: Sequence[float]
) -> Ranked:
    """Scores -> probabilities. The null's score is 0."""
    top = max([0.0, *scores])
    masses = [math.exp(score - top) for score in scores]
    return _normalize(field, candidates, scores, labelled, masses, math.exp(-top))


def _normalize(
    field: Field,
    candidates: Sequence[Candidate],
    scores: Sequence[float],
    labelled: Sequence[float],
    masses: Sequence[float],
    absent: float,
) -> Ranked:
    total = sum(masses) + absent
    by_key: dict[str, float] = {}
    for candidate, mass in zip(candidates, masses, strict=True):
        by_key[candidate.key] = by_key.get(candidate.key, 0.0) + mass / total
    order = sorted(range(len(candidates)), key=lambda k: (-by_key[candidates[k].key], -masses[k], k))
    return Ranked(
        field=field,
        candidates=tuple(candidates[k] for k in order),
        probabilities=tuple(by_key[candidates[k].key] for k in order),
        scores=tuple(scores[k] for k in order),
        absent=absent / total,
        labelled=tuple(labelled[k] for k in order),
    )


def part_ways(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Parties differ: of two fields that want the same name, the less sure one takes it less.

    A name beside the field's own label stays: the document may say twice who somebody is.
    """
    out = list(ranked)
    parties = [
        k for k, r in enumerate(out) if family_of(r.field) == "party" and r.candidates and not r.field.many
    ]
    for k in parties:
        for other in parties:
            ours, theirs = out[k], out[other]
            if k == other or ours.candidates[0].key != theirs.candidates[0].key:
                continue
            sure = (
                (theirs.probabilities[0], theirs.labelled[0], k),
                (ours.probabilities[0], ours.labelled[0], other),
            )
            if ours.labelled[0] < 0.6 and sure[0] > sure[1]:
                out[k] = _yield_key(ours, ours.candidates[0].key, theirs.probabilities[0])
    return out


def _yield_key(ranked: Ranked, key: str, taken: float) -> Ranked:
    return reweigh(ranked, [1.0 - taken if c.key == key else 1.0 for c in ranked.candidates])


def reweigh(ranked: Ranked, factors: Sequence[float]) -> Ranked:
    """Multiply each candidate's mass and make probabilities of them again."""
    share: dict[str, int] = {}
    for candidate in ranked.candidates:
        share[candidate.key] = share.get(candidate.key, 0) + 1
    masses = [
        p / share[c.key] * factor
        for c, p, factor in zip(ranked.candidates, ranked.probabilities, factors, strict=True)
    ]
    return _normalize(ranked.field, ranked.candidates, ranked.scores, ranked.labelled, masses, ranked.absent)
