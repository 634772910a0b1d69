"""Fields of amounts or dates that want one and the same printed value: it serves one of them."""

from __future__ import annotations

from collections.abc import Sequence

from docai.extraction.forms.candidates import Candidate
from docai.extraction.forms.labels import LabelMatcher
from docai.extraction.forms.ranking import Ranked, reweigh

# From here on a label is a field's own: an amount with two fields' labels serves both.
OWN_LABEL = 0.75
CONTRAST = 0.3
# Kinds of which no printed value says two things at once.
SINGLE_KINDS = frozenset({"money", "date"})


def label_worth(candidate: Candidate, matcher: LabelMatcher, index: int) -> float:
    """How well a candidate's labels name the field, 0..1; contrasting words count against it."""
    matches = [matcher.match(text, index) for text in candidate.context.labels()]
    return max(0.0, *(m.f1 - CONTRAST * m.contrast for m in matches))


def part_amounts(ranked: Sequence[Ranked], matcher: LabelMatcher, indices: Sequence[int]) -> list[Ranked]:
    """No amount or date at one place serves two fields without a label of each: the weaker field leaves it.

    A period of one day has one date for its beginning and end.
    """
    out = list(ranked)
    wanting = [
        k for k, r in enumerate(out) if r.field.kind in SINGLE_KINDS and not r.field.many and r.candidates
    ]
    for _ in range(len(wanting)):
        losers = [(a, b) for a in wanting for b in wanting if a != b and _yields(out, a, b, matcher, indices)]
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
    if (
        ours.field.kind != theirs.field.kind
        or mine.page != other.page
        or not set(mine.words) & set(other.words)
    ):
        return False
    shared = set(matcher.phrases(indices[a])) & set(matcher.phrases(indices[b]))
    if shared and ours.field.kind == "date":
        return False  # beginning and end of one period go by one label
    if label_worth(mine, matcher, indices[a]) >= OWN_LABEL or theirs.probabilities[0] < theirs.absent:
        return False
    owned = label_worth(other, matcher, indices[b]) >= OWN_LABEL
    return owned or (ours.probabilities[0], -a) < (theirs.probabilities[0], -b)
