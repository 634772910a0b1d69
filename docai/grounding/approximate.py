"""Approximate matches: bounded edit distance, and the protected tokens equal and in order on both sides."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, Levenshtein

from docai.grounding.protected import protected_tokens
from docai.grounding.text_index import TextIndex

_MIN_LENGTH = 8  # characters of the folded quote
_MAX_LENGTH = 1200
# Least similarity (share of equal characters) by length: one wrong letter in ten, more in longer text.
_LEVELS = ((60, 0.84), (20, 0.87), (_MIN_LENGTH, 0.9))
_MAX_GAP = 12  # characters that may be missing or added in one piece: a name, a stamp's crumb, no clause
_TOKEN = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Span:
    """text[start:end] with its similarity to the quote, 0..1."""

    start: int
    end: int
    score: float


def least_similarity(length: int) -> float | None:
    """The similarity that a folded quote of so many characters needs; None: too short to be approximate."""
    return next((level for least, level in _LEVELS if length >= least), None)


def _snap(text: str, start: int, end: int) -> tuple[int, int]:
    """Whole words: one that is at least half inside belongs to the span."""
    first, last = start, end
    for match in _TOKEN.finditer(text, max(0, start - 40), min(len(text), end + 40)):
        middle = (match.start() + match.end()) / 2
        if match.start() < start < match.end():
            first = match.start() if middle >= start else match.end()
        if match.start() < end < match.end():
            last = match.end() if middle < end else match.start()
    return first, last


def find_approximate(quote: str, folded: str, index: TextIndex) -> Span | None:
    """The place of a page's text most like the quote, if like enough and with the same protected tokens."""
    return find_similar(quote, folded, index.text, index.stream, index.origin)


def find_similar(quote: str, folded: str, text: str, stream: str, origin: Sequence[int]) -> Span | None:
    """`find_approximate` in any text, given its folded stream and the way back from it."""
    least = least_similarity(len(folded))
    if least is None or len(folded) > _MAX_LENGTH or len(stream) < len(folded) // 2:
        return None
    best = fuzz.partial_ratio_alignment(folded, stream, score_cutoff=100 * (least - 0.04))
    if best is None or best.dest_end <= best.dest_start:
        return None
    start, end = _snap(text, origin[best.dest_start], origin[best.dest_end - 1] + 1)
    if end <= start or protected_tokens(_joined(quote)) != protected_tokens(_joined(text[start:end])):
        return None
    window = stream[bisect_left(origin, start) : bisect_left(origin, end)]
    score = Indel.normalized_similarity(folded, window, score_cutoff=least)
    if score < least or _largest_gap(folded, window) > _MAX_GAP:
        return None
    return Span(start, end, round(score, 4))


def _largest_gap(one: str, other: str) -> int:
    """Longest stretch that one side has and the other lacks: a lost word may be the one that matters."""
    blocks = Levenshtein.opcodes(one, other)
    gaps = ((b.src_end - b.src_start, b.dest_end - b.dest_start) for b in blocks if b.tag != "equal")
    return max((max(a, b) for a, b in gaps), default=0)


def _joined(text: str) -> str:
    """Words that a line's end cut are one token again."""
    return re.sub(r"(?<=[^\W\d_])[-‐]\s+(?=[^\W\d_])", "", text)
