"""Where one scanned file holds several documents: finds their first pages.

A score for every page but the first: what speaks for a new document less what speaks for the same one.
In doubt nothing is split, since half a document is worse than two in one record. The weights are set by
hand; benchmarks/split.py measures them on concatenated documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from docai.pages.traits import PageTraits, describe_page
from docai.types import Page

THRESHOLD = 2.5
_SIZE_TOLERANCE = 0.04
_REFERENCES = frozenset({"order", "contract", "auftrag", "bestell", "bestellung", "estimate", "check"})
_SAME_HEAD = 0.7
_OTHER_HEAD = 0.3


def find_segments(pages: Sequence[Page]) -> list[tuple[int, int]]:
    """First and last page, from 1 and inclusive, of each document among the read pages of one file.

    Blank pages belong to the document before them. A page that was not read says nothing.
    """
    if not pages:
        return []
    firsts = [1]
    segment = _Segment()
    for number, page in enumerate(pages, start=1):
        if not page.words and not page.reader:
            continue
        traits = describe_page(page)
        if number > 1 and not traits.blank and score_first_page(segment, traits) >= THRESHOLD:
            firsts.append(number)
            segment = _Segment()
        segment.add(traits)
    lasts = [first - 1 for first in firsts[1:]] + [len(pages)]
    return list(zip(firsts, lasts, strict=True))


@dataclass(slots=True)
class _Segment:
    """The pages of the document so far, as far as the next page is compared with them."""

    last: PageTraits | None = None
    blank_between: bool = False
    identifiers: dict[str, set[str]] = field(default_factory=dict)
    totalled: bool = False
    dated: bool = False
    titles: list[frozenset[str]] = field(default_factory=list)

    def add(self, traits: PageTraits) -> None:
        if traits.blank:
            self.blank_between = self.last is not None
            return
        self.last, self.blank_between = traits, False
        self.totalled = self.totalled or traits.totalled
        self.dated = self.dated or traits.dated
        if traits.title:
            self.titles.append(traits.title)
        for label, values in traits.identifiers.items():
            self.identifiers.setdefault(label, set()).update(values)


def score_first_page(segment: _Segment, page: PageTraits) -> float:
    """How much speaks for `page` being the first of a new document; -inf where its number denies it."""
    last = segment.last
    if last is None:
        return float("-inf")
    if page.total and page.number > 1:
        return float("-inf")
    return (
        _score_numbers(last, page)
        + _score_looks(last, page)
        + _score_opening(segment, page)
        + _score_identifiers(segment, page)
        + (1.0 if segment.blank_between else 0.0)
    )


def _score_numbers(last: PageTraits, page: PageTraits) -> float:
    score = 0.0
    if page.number == 1:
        score += 3.0 if page.total else 1.5 if page.bare else 2.0
    elif page.number and page.number == last.number + 1:
        score -= 3.0
    if last.total and last.number == last.total:
        score += 1.5
    return score


def _score_looks(last: PageTraits, page: PageTraits) -> float:
    head, foot = _similarity(last.head, page.head), _similarity(last.foot, page.foot)
    score = 0.0
    if any(abs(a - b) > _SIZE_TOLERANCE * max(a, b) for a, b in zip(last.size, page.size, strict=True)):
        score += 1.5
    if head >= _SAME_HEAD:
        score -= 1.5
    if head < _OTHER_HEAD and foot < _OTHER_HEAD:
        score += 0.5
        score += 0.5 if page.letterhead else 0.0
    if page.flows_on:
        score -= 2.0
    if last.open_end:
        score -= 0.5
    return score


def _score_opening(segment: _Segment, page: PageTraits) -> float:
    """A title and an opening formula, unless a cover or a running head has named the same document."""
    if page.attached:
        return -1.5
    if not page.title or any(_similarity(page.title, title) >= 0.5 for title in segment.titles):
        return 0.0
    signed = segment.last is not None and segment.last.signed
    return 1.5 + (1.5 if page.opens else 0.0) + (1.0 if signed else 0.0)


def _score_identifiers(segment: _Segment, page: PageTraits) -> float:
    """The document's own number, or what it refers to (several invoices may name one order)."""
    score = 0.0
    if page.dated and page.totalled and segment.totalled and segment.dated:
        score += 1.5
    known = [label for label in page.identifiers if label in segment.identifiers]
    own = [label for label in known if label not in _REFERENCES]
    for labels, same, other in ((own, -3.0, 2.5), (known, -1.0, 1.5)):
        if labels:
            shared = any(page.identifiers[label] & segment.identifiers[label] for label in labels)
            return score + (same if shared else other)
    numbered = any(label not in _REFERENCES for label in page.identifiers)
    return score + (1.0 if numbered and segment.identifiers.keys() - _REFERENCES else 0.0)


def _similarity(a: frozenset[str], b: frozenset[str]) -> float:
    """Jaccard index of two sets of words; 0 where either is empty."""
    return len(a & b) / len(a | b) if a and b else 0.0
