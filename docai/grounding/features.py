"""What confidence is computed from: a small fixed vector, the same when fitting and when extracting."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from docai.types import Match, Status

_AMOUNTS = frozenset(("money", "number", "integer", "percent"))
_NAMES = frozenset(("organization", "person", "party"))
_CODES = frozenset(("identifier", "email", "phone", "currency", "place"))


@dataclass(frozen=True, slots=True)
class Features:
    """One proved claim. `score`: the engine's own probability or None; `places`: where the quote stands;
    `supporting`: other claims with an equal value; `rivals`: other values claimed for the field, and
    `rival_score` the best engine score among them.
    """

    kind: str
    status: Status
    match: Match | None = None
    match_score: float = 0.0
    agreement: str = "none"
    score: float | None = None
    word_confidence: float = 1.0
    places: int = 0
    distinct: int = 1
    supporting: int = 0
    rivals: int = 0
    rival_score: float = 0.0
    length: int = 0

    def to_dict(self) -> dict[str, object]:
        """As JSON, for `benchmarks/fit_confidence.py`."""
        return asdict(self)


def _kind_group(kind: str) -> str:
    if kind in _AMOUNTS:
        return "amount"
    if kind in _NAMES:
        return "name"
    return "code" if kind in _CODES else kind


def to_vector(features: Features) -> dict[str, float]:
    """Named numbers; those that are zero may be left out."""
    score = features.score
    clipped = min(max(score, 0.01), 0.99) if score is not None else 0.5
    vector = {
        "score": math.log(clipped / (1 - clipped)),
        "score_unknown": float(score is None),
        "match_score": features.match_score,
        "word_confidence": features.word_confidence,
        "places": math.log1p(features.places),
        "distinct": math.log(max(1, features.distinct)),
        "supporting": math.log1p(features.supporting),
        "rivals": math.log1p(features.rivals),
        "rival_margin": (score or 0.5) - features.rival_score if features.rivals else 0.0,
        "length": math.log1p(features.length) / 4,
        f"kind={_kind_group(features.kind)}": 1.0,
        f"status={features.status}": 1.0,
        f"match={features.match}": 1.0,
        f"agreement={features.agreement}": 1.0,
    }
    return {name: value for name, value in vector.items() if value}
