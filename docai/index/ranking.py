"""Which of the passages that were found answers a question best, read closely.

A passage's score is a sum: how well its words and its vector meet the question (as the index measured it),
whether it says what the question asks in the words that documents use (`concepts`), with a value of the kind
asked for beside them, whether its heading says so, and where in the document it stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from docai.index.concepts import Concept, Place
from docai.index.phrases import split_words
from docai.types import Passage, ScoredPage

_WINDOW = 45
"""Words that are read together: a sentence of a contract, or two."""
_AROUND = 12
"""Words beside them in which the value may stand."""
_HALF = 1.5
"""Weight of phrases at which half of what can be said is said."""
_LESS_LIKELY = 0.5
"""The last page against the first, for what may stand on either."""
_LEAST_SAID = 0.35
"""Below it, a value beside the phrases tells nothing."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the parts of a passage's score, each in 0..1. Found by climbing on half of the questions about
    contracts and rounded; the other half chose nearly the same ones (benchmarks/retrieval.py).
    """

    lexical: float = 0.7
    dense: float = 0.7
    gist: float = 0.5
    cue: float = 4.0
    answer: float = 1.5
    heading: float = 2.5
    place: float = 1.0
    more: float = 0.05
    """Of a page's second and third passage, beside its best."""


@dataclass(slots=True)
class Candidate:
    """A passage with what the index measured, levelled to 0..1 within the document."""

    passage: Passage
    lexical: float = 0.0
    dense: float = 0.0
    gist: float = 0.0


@dataclass(frozen=True, slots=True)
class Signals:
    """What close reading of a passage gives, each 0..1."""

    cue: float = 0.0
    answer: float = 0.0
    heading: float = 0.0
    place: float = 0.0


def read_passage(passage: Passage, concepts: Sequence[Concept], page_count: int) -> Signals:
    """How clearly the passage speaks of what is asked."""
    if not concepts:
        return Signals()
    words = split_words(passage.text)
    heading = split_words(passage.heading)
    cue = answer = headed = place = 0.0
    for concept in concepts:
        said, first, last = find_window(words, concept)
        cue = max(cue, said)
        pattern = concept.answer_pattern
        if said >= _LEAST_SAID and pattern is not None and said > answer:
            near = " ".join(words[max(0, first - _AROUND) : last + _AROUND])
            answer = said if pattern.search(near) else answer
        if heading:
            headed = max(headed, find_window(heading, concept)[0])
        if concept.place is not None:
            place = max(place, _stands(passage.page, page_count, concept.place))
    return Signals(cue, answer, headed, place)


def _stands(page: int, page_count: int, place: Place) -> float:
    """1 on the page where such things stand, less on each page further away."""
    front, back = 1.0 / page, 1.0 / (1 + max(0, page_count - page))
    if place == "front":
        return front
    return back if place == "back" else max(front, _LESS_LIKELY * back)


def find_window(words: Sequence[str], concept: Concept) -> tuple[float, int, int]:
    """Where the concept's phrases stand closest: how much they say (0 for none, towards 1 for many), the
    places of the first and the last one. Each phrase counts once in a window of about two sentences.
    """
    found = concept.phrases.find(words)
    best, span = 0.0, (0, 0)
    for at, (first, _) in enumerate(found):
        said: dict[int, int] = {}
        for place, number in found[at:]:
            if place > first + _WINDOW:
                break
            said.setdefault(number, place)
        total = sum(map(concept.weigh, said))
        if total > best:
            best, span = total, (first, max(said.values()))
    return best / (best + _HALF) if best else 0.0, *span


@dataclass(slots=True)
class PageScores:
    """Passages gathered by page."""

    weights: Weights
    _pages: dict[tuple[str, int], list[tuple[float, Passage]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, candidate: Candidate, signals: Signals) -> None:
        w = self.weights
        score = (
            w.lexical * candidate.lexical
            + w.dense * candidate.dense
            + w.gist * candidate.gist
            + w.cue * signals.cue
            + w.answer * signals.answer
            + w.heading * signals.heading
            + w.place * signals.place
        )
        self._pages[candidate.passage.document_id, candidate.passage.page].append((score, candidate.passage))

    def ranked(self) -> list[ScoredPage]:
        """Pages, best first: the best passage decides, the next ones help a little."""
        pages = []
        for (document_id, number), scored in self._pages.items():
            scored.sort(key=lambda pair: (-pair[0], pair[1].ordinal))
            more = sum(score for score, _ in scored[1:3]) * self.weights.more
            pages.append(ScoredPage(document_id, number, scored[0][0] + more, tuple(p for _, p in scored)))
        pages.sort(key=lambda page: (-page.score, page.document_id, page.number))
        return pages


def level(scores: Mapping[str, float]) -> dict[str, float]:
    """Scores of one search as 0..1: the best 1, the worst 0 (all 1 where they are the same)."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    return {key: (value - low) / (high - low) if high > low else 1.0 for key, value in scores.items()}
