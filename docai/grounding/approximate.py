"""Approximate matches: bounded edit distance, and the protected tokens equal and in order on both sides."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, Levenshtein

from docai.grounding.protected import protected_tokens
from docai.grounding.text_index import TextIndex, fold_text

_MIN_LENGTH = 8  # characters of the folded quote
_MAX_LENGTH = 1200
# Least similarity (share of equal characters) by length: one wrong letter in ten, more in longer text.
_LEVELS = ((60, 0.84), (20, 0.87), (_MIN_LENGTH, 0.9))
_MAX_GAP = 12  # characters that may be missing or added in one piece: a name, a stamp's crumb, no clause
_WORD = 4  # characters from which a word is checked by itself
_WORD_SHARE = 0.6  # of its characters that must be the same
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
    if score < least or not _words_hold(quote, text[start:end], folded, window):
        return None
    return Span(start, end, round(score, 4))


def _words_hold(quote: str, said: str, folded: str, window: str) -> bool:
    """Whether the differences are slips inside words: no word is replaced, lost or added, on either side."""
    blocks = Levenshtein.opcodes(folded, window)
    quote_same, said_same = bytearray(len(folded)), bytearray(len(window))
    for block in blocks:
        if block.tag == "equal":
            quote_same[block.src_start : block.src_end] = b"\1" * (block.src_end - block.src_start)
            said_same[block.dest_start : block.dest_end] = b"\1" * (block.dest_end - block.dest_start)
        elif max(block.src_end - block.src_start, block.dest_end - block.dest_start) > _MAX_GAP:
            return False
    return _each_word(quote, quote_same) and _each_word(said, said_same)


def _each_word(text: str, same: bytearray) -> bool:
    at = 0
    for token in text.split():
        length = len(fold_text(token)[0])
        if length >= _WORD and sum(same[at : at + length]) < _WORD_SHARE * length:
            return False
        at += length
    return True


def _joined(text: str) -> str:
    """Words that a line's end cut are one token again."""
    return re.sub(r"(?<=[^\W\d_])[-‐]\s+(?=[^\W\d_])", "", text)
