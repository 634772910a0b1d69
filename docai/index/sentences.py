"""Where a long paragraph is cut: between sentences, else between clauses, else between words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_ENDS = (".", "?", "!", '."', ".”", "?”", '?"', ".)")
_PAUSES = (";", ":", ",")
_ABBREVIATIONS = (
    " inc. corp. co. ltd. llc. l.l.c. no. nos. sec. art. mr. mrs. ms. dr. st. e.g. i.e. cf. u.s. p.o. vs. v. "
    "nr. bzw. z.b. ca. abs. d.h. etc. jr. sr. ave. dept. approx. gmbh. str. "
)
_OVERLAP_TOKENS = 30
"""A last sentence as short as this is said again at the head of the next part."""
_LEAST = 0.4
"""Of the target: a part as small as this is not ended by choice."""


def find_sentence_ends(words: Sequence[str]) -> list[int]:
    """Places after which a sentence ends, ascending; the end of the text is the last."""
    ends = [
        place + 1
        for place, word in enumerate(words[:-1])
        if word.endswith(_ENDS)
        and f" {word.lower()} " not in _ABBREVIATIONS
        and not (len(word) == 2 and word[0].isupper())  # an initial
        and not words[place + 1][:1].islower()
    ]
    return [*ends, len(words)]


def cut_words(
    words: Sequence[str], tokens: Sequence[int], target: int, largest: int
) -> Iterator[tuple[int, int]]:
    """Spans of words that together hold all of them, each of `largest` tokens at most unless a single word
    has more. Neighbours share a short sentence."""
    ends = find_sentence_ends(words)
    first, covered = 0, 0
    while covered < len(words):
        last = _choose_end(words, tokens, ends, first, covered, target, largest)
        yield first, last
        covered = last
        before = max((end for end in ends if end < last), default=first)
        overlap = last in ends and first < before < last and sum(tokens[before:last]) <= _OVERLAP_TOKENS
        first = before if overlap and last < len(words) else last


def _choose_end(
    words: Sequence[str],
    tokens: Sequence[int],
    ends: Sequence[int],
    first: int,
    covered: int,
    target: int,
    largest: int,
) -> int:
    """The end of a part that begins at `first` and must go beyond `covered`."""
    total = 0
    reach = first
    best_sentence = best_pause = 0
    is_end = set(ends)
    while reach < len(words) and (total + tokens[reach] <= largest or reach <= covered):
        total += tokens[reach]
        reach += 1
        if reach <= covered or total < _LEAST * target:
            continue
        if reach in is_end and (total <= target or not best_sentence):
            best_sentence = reach
        elif words[reach - 1].endswith(_PAUSES) and total <= target:
            best_pause = reach
    if reach == len(words):
        return reach
    return best_sentence or best_pause or reach
