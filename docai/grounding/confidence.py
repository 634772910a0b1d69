"""Calibrated confidence: a logistic model over `Features`, then a monotone table. No training library here.

The numbers lie in `calibration.json` beside this file; `benchmarks/fit_confidence.py` writes it.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from docai.grounding.features import Features, to_vector


@dataclass(frozen=True)
class Calibration:
    """`weights` of named features, `intercept`; `table_x` -> `table_y` maps the model's probability to the
    share that was right (both rising; empty: the probability itself). `enters`: from which confidence on a
    value that was found may stand in a record as found.
    """

    intercept: float
    weights: Mapping[str, float]
    table_x: tuple[float, ...] = ()
    table_y: tuple[float, ...] = ()
    enters: float = 0.0

    @classmethod
    def from_json(cls, text: str) -> Calibration:
        """Raises ValueError for a file that is none of ours."""
        try:
            raw: dict[str, Any] = json.loads(text)
            table = raw.get("table", {"x": [], "y": []})
            return cls(
                float(raw["intercept"]),
                {str(k): float(v) for k, v in raw["weights"].items()},
                tuple(float(x) for x in table["x"]),
                tuple(float(y) for y in table["y"]),
                float(raw.get("enters", 0.0)),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a calibration: {error}") from error

    def probability(self, vector: Mapping[str, float]) -> float:
        """The logistic model's probability, before the table."""
        total = self.intercept + sum(self.weights.get(name, 0.0) * value for name, value in vector.items())
        return 1 / (1 + math.exp(-min(max(total, -30.0), 30.0)))

    def confidence(self, features: Features) -> float:
        """0..1, rounded to three places. A value without proof is never more likely right than not."""
        if features.status == "missing":
            return 0.0
        value = self.lookup(self.probability(to_vector(features)))
        limit = 0.49 if features.status == "unsupported" else 1.0
        return round(min(value, limit), 3)

    def as_scored(self) -> Calibration:
        """For claims whose score is this model's verdict already: their confidence is their score."""
        return Calibration(0.0, {"score": 1.0}, enters=self.enters)

    def lookup(self, probability: float) -> float:
        """Linear between the table's points."""
        xs, ys = self.table_x, self.table_y
        if not xs:
            return probability
        at = bisect_left(xs, probability)
        if at == 0:
            return ys[0]
        if at == len(xs):
            return ys[-1]
        x0, x1, y0, y1 = xs[at - 1], xs[at], ys[at - 1], ys[at]
        return y0 if x1 == x0 else y0 + (y1 - y0) * (probability - x0) / (x1 - x0)


@lru_cache(maxsize=1)
def shipped_calibration() -> Calibration:
    """The calibration that docai ships with."""
    return Calibration.from_json((files("docai.grounding") / "calibration.json").read_text("utf-8"))
