"""Is a confidence of .8 right four times in five? Reliability bins and the expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BIN_COUNT = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Means over `count` values whose confidence lies in [low, high); the last bin holds 1.0 too."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Non-empty bins in order. `ece` 0..1, weighted by count (Guo et al. 2017); None without any value."""

    bins: tuple[Bin, ...]
    count: int
    ece: float | None


def calibrate(
    confidences: Sequence[float], rights: Sequence[bool], bin_count: int = BIN_COUNT
) -> Calibration:
    """Bins of equal width over 0..1; the two sequences run in parallel."""
    held: list[list[tuple[float, bool]]] = [[] for _ in range(bin_count)]
    for confidence, right in zip(confidences, rights, strict=True):
        clipped = min(max(confidence, 0.0), 1.0)
        held[min(int(clipped * bin_count), bin_count - 1)].append((clipped, right))
    bins = tuple(
        Bin(
            low=number / bin_count,
            high=(number + 1) / bin_count,
            count=len(items),
            confidence=sum(c for c, _ in items) / len(items),
            accuracy=sum(r for _, r in items) / len(items),
        )
        for number, items in enumerate(held)
        if items
    )
    total = len(confidences)
    if not total:
        return Calibration((), 0, None)
    return Calibration(bins, total, sum(b.count * abs(b.accuracy - b.confidence) for b in bins) / total)
