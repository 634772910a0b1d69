"""From a sample of documents to all of them, with the range that another sample might have given."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

DRAWS = 1000
_EACH_END = 0.05
"""Of the draws, the share that each end of a range leaves out: it holds nine in ten."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """What one document took: seconds of its steps, pages, tokens."""

    seconds: float = 0.0
    pages: int = 0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Range:
    """Nine in ten samples of this size would forecast between `low` and `high`."""

    low: float
    high: float


def forecast_ranges(samples: Sequence[Sampled], total: int) -> dict[str, Range]:
    """Ranges of the seconds, pages and tokens of `total` documents of which `samples` were drawn evenly:
    percentiles of a bootstrap, narrower the larger a part of all the sample is. ValueError for none."""
    if not samples:
        raise ValueError("no sample")
    chance = random.Random(0)
    count = len(samples)
    draws = [chance.choices(samples, k=count) for _ in range(DRAWS)]
    # A sample of all documents knows what they take (the finite population's correction).
    doubt = sqrt(max(0.0, 1 - count / total)) if total else 0.0
    ranges = {}
    for name in ("seconds", "pages", "tokens"):
        mean = sum(getattr(one, name) for one in samples) / count
        means = sorted(sum(getattr(one, name) for one in draw) / count for draw in draws)
        low, high = means[int(_EACH_END * DRAWS)], means[int((1 - _EACH_END) * DRAWS) - 1]
        ranges[name] = Range(total * (mean - doubt * (mean - low)), total * (mean + doubt * (high - mean)))
    return ranges
