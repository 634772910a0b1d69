"""How likely a claimed value is right, fitted on documents with known truth and corrupted claims.

A logistic model over `signals`, then a monotone table; the numbers lie in `verifier.json` beside this file,
`benchmarks/fit_verifier.py` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from docai.extraction.vlm.signals import Candidate, from_log_odds, log_odds
from docai.grounding.confidence import Calibration

_USUAL = 0.9
"""A model's own probability of a value from which on it tells nothing: fitted on claims without any."""
_UNSURE = 0.5
"""How much of the log odds that it lacks is believed. Set by hand: no served model has been measured."""


@dataclass(frozen=True)
class Verifier:
    """`calibration`: weights of the signals, the table, and from which belief on a value may enter."""

    calibration: Calibration

    def believe(self, vector: Mapping[str, float], candidate: Candidate) -> float:
        """0..1: the chance that the candidate's value is the field's."""
        belief = self.calibration.lookup(self.calibration.probability(vector))
        own = [c.score for c in candidate.said if c.score is not None]
        if own:
            lacking = min(0.0, log_odds(max(own)) - log_odds(_USUAL))
            odds = log_odds(belief) + _UNSURE * lacking
            belief = belief if not lacking else min(belief, from_log_odds(odds))
        return round(belief, 4)


@lru_cache(maxsize=1)
def shipped_verifier() -> Verifier:
    """The verifier that docai ships with."""
    text = (files("docai.extraction.vlm") / "verifier.json").read_text("utf-8")
    return Verifier(Calibration.from_json(text))
