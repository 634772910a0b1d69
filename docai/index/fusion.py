"""Several orders of the same things made one."""

from __future__ import annotations

from collections.abc import Sequence

RRF_K = 60
"""The k of Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet" (SIGIR 2009)."""


def fuse_ranks(orders: Sequence[Sequence[str]], k: int = RRF_K) -> list[tuple[str, float]]:
    """Reciprocal rank fusion: ids with the sum of 1 / (k + rank), rank from 1, best first.

    Of equals, the one that an earlier order names, or names first, comes first: the same in every run.
    """
    scores: dict[str, float] = {}
    for order in orders:
        for rank, name in enumerate(order, 1):
            scores[name] = scores.get(name, 0.0) + 1.0 / (k + rank)
    return sorted(scores.items(), key=lambda item: -item[1])
