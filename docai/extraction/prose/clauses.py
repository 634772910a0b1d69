"""Whether the document contains a clause, and the sentence that says so."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from docai.extraction.prose.claims import ENGINE, make_claim
from docai.extraction.prose.clause_cues import Concept, choose_concept
from docai.extraction.prose.document import Prose
from docai.extraction.prose.labels import Label
from docai.extraction.prose.phrases import find_phrase
from docai.extraction.prose.sentences import Sentence
from docai.types import Claim

_MODAL = re.compile(r"\b(?:shall|will|may|must|agrees?|hereby|undertakes?|warrants?|grants?)\b")
# What an alias of so many content words proves by itself.
_ALIAS_WEIGHT = {1: 0.35, 2: 0.65, 3: 0.9}
# Where nothing else is known about a clause, its aliases are all there is.
_ONLY_ALIAS_WEIGHT = {1: 0.6, 2: 0.95, 3: 1.05}
_SLOPE, _MIDDLE = 4.5, 0.85
_MOST = 1.4
# The cues are English: that none was found in a text of another language says little.
_ABSENT_ELSEWHERE = 0.15


# A right or a duty that the sentence says nobody has; where the clause is a duty not to do something, these
# words are the clause.
_DENIES = re.compile(
    r"\b(?:no|neither|nor|none)\b[^.;,]{0,40}"
    r"\b(?:part(?:y|ies)|of them|licensee|licensor|supplier|buyer|seller|customer)\b[^.;,]{0,30}"
    r"\b(?:may|shall|can|will|is|are|has|have)\b[^.;,]{0,30}"
    r"|\b(?:has|have|shall have|with) no (?:right|obligation|duty|option|licen[cs]e)\b"
    r"|\bunder no (?:obligation|duty)\b"
    r"|\bnothing (?:herein|in this|contained)\b|\bnot (?:agreed|required|obliged|obligated|entitled)\b"
)
_RESERVED = re.compile(r"\b(?:unless|except|other than|provided|but)\b")
_RIGHTS = frozenset(("audit", "insurance", "termination for convenience", "licence grant"))


def denies(concept: str, text: str) -> bool:
    """Whether a sentence (lower case) says that nobody has the right or the duty that a concept is about."""
    match = _DENIES.search(text) if concept in _RIGHTS else None
    return match is not None and _RESERVED.search(text, match.start()) is None


@dataclass(frozen=True, slots=True)
class RatedSentence:
    sentence: Sentence
    raw: float


def rate_sentences(prose: Prose, label: Label) -> list[RatedSentence]:
    """Sentences that may be the clause, best first."""
    name, description = label.field.name.replace("_", " "), label.field.description
    concept = (
        choose_concept(name) or choose_concept(description) or choose_concept(" ".join(label.field.aliases))
    )
    aliases = _alias_scores(prose, label, _ALIAS_WEIGHT if concept else _ONLY_ALIAS_WEIGHT)
    rated: list[RatedSentence] = []
    for sentence in prose.sentences:
        if sentence.end - sentence.start < 30:
            continue
        raw = aliases.get(sentence.number, 0.0)
        text = prose.lower[sentence.start : sentence.end]
        if concept and concept.needs.search(text):
            raw = _combine(raw, _concept_score(concept, text, sentence))
        if raw > 0.2 and concept and denies(concept.name, text):
            continue
        if raw > 0.2:
            raw += 0.05 if _MODAL.search(text) else -0.05
            rated.append(RatedSentence(sentence, raw))
    return sorted(rated, key=lambda r: (-r.raw, r.sentence.number))


def _combine(alias: float, cues: float) -> float:
    """The stronger of two voices, and a little for their agreement; cues against outvote an alias."""
    if cues < 0:
        return alias + cues
    return max(alias, cues) + 0.15 * min(alias, cues)


def _concept_score(concept: Concept, text: str, sentence: Sentence) -> float:
    positive = sorted((w for w, pattern in concept.cues if w > 0 and pattern.search(text)), reverse=True)
    against = sum(w for w, pattern in concept.cues if w < 0 and pattern.search(text))
    if not positive:
        return min(0.0, against)
    heading = f"{sentence.heading} {sentence.section}".lower()
    score = positive[0] + 0.12 * sum(positive[1:3]) + against
    return min(_MOST, score + (0.15 if concept.heading.search(heading) else 0.0))


def _alias_scores(prose: Prose, label: Label, weights: dict[int, float]) -> dict[int, float]:
    scores: dict[int, float] = {}
    for phrase in label.phrases:
        weight = weights.get(len(phrase), 1.1)
        for first, last in find_phrase(prose.index, phrase, gap=3):
            sentence = prose.sentence_at(prose.index.starts[first])
            if prose.index.starts[last] < sentence.end:
                scores[sentence.number] = max(scores.get(sentence.number, 0.0), weight)
    return scores


def probability_of_clause(rated: list[RatedSentence]) -> float:
    """That the document has the clause, from its best sentence and what supports it."""
    if not rated:
        return 0.03
    support = sum(0.08 for r in rated[1:4] if r.raw > 0.7)
    return 1 / (1 + math.exp(-_SLOPE * (rated[0].raw + support - _MIDDLE)))


def _absence(score: float, *, is_english: bool) -> float:
    """How sure the "no" is beside a "yes" of `score`; unsure, but not outvoted, where the cues say little."""
    return 1 - score if is_english else min(1 - score, max(_ABSENT_ELSEWHERE, score + 0.01))


def claim_clause(prose: Prose, label: Label) -> list[Claim]:
    """True with the sentence that says so, or false with nothing to show (rule `absence`)."""
    rated = rate_sentences(prose, label)
    score = probability_of_clause(rated)
    claims: list[Claim] = []
    for n, item in enumerate(rated[:3]):
        if item.raw < 0.5 and n:
            break
        share = score if not n else score * 0.5 * item.raw / max(rated[0].raw, 1e-6)
        span = (item.sentence.start, item.sentence.end)
        claims.append(make_claim(prose, label.field.path, span, True, share, rule="clause"))
    claims.append(
        Claim(
            path=label.field.path,
            quote="",
            value=False,
            page=prose.view.pages[0].number,
            engine=ENGINE,
            score=round(_absence(score, is_english=prose.is_english), 4),
            rule="absence",
        )
    )
    return sorted(claims, key=lambda c: -(c.score or 0.0))
