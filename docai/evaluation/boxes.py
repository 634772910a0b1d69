"""Do the boxes lie on the words that they claim? Word F1 of a quote's evidence.

Predicted words: those of the page's annotated words that the evidence boxes cover (a lone colon is no
word). True words: those that spell the quote (letters and digits), at its best occurrence; where the reading
slipped, at the place that resembles it most. A quote that the page spells nowhere scores 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz

from docai.evaluation.annotations import AnnotatedWord
from docai.imaging.geometry import area, intersection_area
from docai.types import Box, Evidence
from docai.values.compare import fold

# Annotated boxes have the font's height, boxes of OCR the ink's: over 31,000 words of the development scans
# half of a true match covers .74 of the annotated box, but one in a hundred only .45.
COVERED = 0.4
HIT = 0.8
_ALIKE = 80.0  # percent of equal characters that makes a slipped reading of a quote


def score_boxes(evidence: Evidence, words: Sequence[AnnotatedWord]) -> float:
    """Word F1 0..1 of one evidence against all annotated words of its page."""
    covered = {
        n
        for n, word in enumerate(words)
        if _coverage(word.box, evidence.boxes) >= COVERED and fold(word.text)
    }
    best = 0.0
    for spelled in find_quote(evidence.quote, words):
        best = max(best, 2 * len(covered & spelled) / (len(covered) + len(spelled)))
    return best


def find_quote(quote: str, words: Sequence[AnnotatedWord]) -> Iterator[set[int]]:
    """Index sets of the words that spell a quote: every exact occurrence, else the most alike one."""
    wanted = fold(quote)
    if not wanted:
        return
    folded = [fold(word.text) for word in words]
    owners = [n for n, text in enumerate(folded) for _ in text]
    stream = "".join(folded)
    at = stream.find(wanted)
    if at < 0:
        found = fuzz.partial_ratio_alignment(wanted, stream, score_cutoff=_ALIKE)
        if found is not None and found.dest_end > found.dest_start and len(wanted) <= len(stream):
            yield _take_words(owners, folded, found.dest_start, found.dest_end)
        return
    while at >= 0:
        yield _take_words(owners, folded, at, at + len(wanted))
        at = stream.find(wanted, at + 1)


def _take_words(owners: Sequence[int], folded: Sequence[str], start: int, end: int) -> set[int]:
    """Words with at least half of their characters in the span; the fullest one if none has."""
    shares: dict[int, float] = {}
    for owner in owners[start:end]:
        shares[owner] = shares.get(owner, 0.0) + 1.0 / len(folded[owner])
    return {n for n, share in shares.items() if share >= 0.5} or {max(shares, key=lambda n: shares[n])}


def _coverage(box: Box, boxes: Sequence[Box]) -> float:
    size = area(box)
    return min(1.0, sum(intersection_area(box, other) for other in boxes) / size) if size else 0.0
