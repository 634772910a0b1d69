"""Fields of amounts that want one and the same printed amount: it serves one of them."""

from __future__ import annotations

from collections.abc import Sequence

from docai.extraction.forms.candidates import Candidate
from docai.extraction.forms.labels import LabelMatcher
from docai.extraction.forms.ranking import Ranked, reweigh

# From here on a label is a field's own: an amount with two fields' labels serves both.
OWN_LABEL = 0.75
CONTRAST = 0.3


def label_worth(candidate: Candidate, matcher: LabelMatcher, index: int) -> float:
    """How well a candidate's labels name the field, 0..1; contrasting words count against it."""
    matches = [matcher.match(text, index) for text in candidate.context.labels()]
    return max(0.0, *(m.f1 - CONTRAST * m.contrast for m in matches))


def part_amounts(ranked: Sequence[Ranked], matcher: LabelMatcher, indices: Sequence[int]) -> list[Ranked]:
    """No amount at one place serves two fields, unless it has a label of each: the weaker field leaves it."""
    out = list(ranked)
    money = [k for k, r in enumerate(out) if r.field.kind == "money" and not r.field.many and r.candidates]
    for _ in range(len(money)):
        losers = [(a, b) for a in money for b in money if a != b and _yields(out, a, b, matcher, indices)]
        if not losers:
            break
        loser = losers[0][0]
        taken = out[loser].candidates[0]
        factors = [
            0.0 if c.key == taken.key and label_worth(c, matcher, indices[loser]) < OWN_LABEL else 1.0
            for c in out[loser].candidates
        ]
        out[loser] = reweigh(out[loser], factors)
    return out


def _yields(ranked: Sequence[Ranked], a: int, b: int, matcher: LabelMatcher, indices: Sequence[int]) -> bool:
    """Whether field `a` has to leave its best amount to field `b`."""
    ours, theirs = ranked[a], ranked[b]
    mine, other = ours.candidates[0], theirs.candidates[0]
    if mine.page != other.page or not set(mine.words) & set(other.words):
        return False
    if label_worth(mine, matcher, indices[a]) >= OWN_LABEL or theirs.probabilities[0] < theirs.absent:
        return False
    owned = label_worth(other, matcher, indices[b]) >= OWN_LABEL
    return owned or (ours.probabilities[0], -a) < (theirs.probabilities[0], -b)
