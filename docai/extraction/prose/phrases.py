"""Phrases in a text by their stems, with gaps: "assign without consent" in "assign this Agreement without the
prior written consent"."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from docai.extraction.prose.sentences import WordIndex


def find_phrase(index: WordIndex, stems: Sequence[str], *, gap: int) -> Iterator[tuple[int, int]]:
    """(first token, last token) of each place where the stems follow each other with at most `gap` words
    between two of them."""
    if not stems:
        return
    later = [index.positions.get(s) for s in stems[1:]]
    if any(p is None for p in later):
        return
    for first in index.positions.get(stems[0], ()):
        last = first
        for positions in later:
            assert positions is not None  # narrowed above
            rank = bisect_right(positions, last)
            if rank == len(positions) or positions[rank] - last > gap + 1:
                break
            last = positions[rank]
        else:
            yield first, last
