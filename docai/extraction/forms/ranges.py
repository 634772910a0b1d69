"""Beginning and end of a period: two date fields that share a printed range, and whose order is known."""

from __future__ import annotations

from collections.abc import Sequence

from docai.extraction.forms.candidates import Candidate
from docai.extraction.forms.labels import LabelMatcher
from docai.extraction.forms.ranking import Ranked, reweigh

# How much likelier the other end of a chosen range becomes, and a date on the wrong side.
PARTNER, WRONG_SIDE = 8.0, 0.1
_OTHER_PART = {1: 2, 2: 1}


def join_ranges(ranked: Sequence[Ranked], matcher: LabelMatcher, indices: Sequence[int]) -> list[Ranked]:
    """Of a beginning and an end the surer one draws the other to its range."""
    out = list(ranked)
    dated = [k for k, r in enumerate(out) if r.field.kind == "date" and r.candidates and not r.field.many]
    starts = [k for k in dated if matcher.polarity(indices[k]) == 1]
    ends = [k for k in dated if matcher.polarity(indices[k]) == 2]
    if len(starts) != 1 or len(ends) != 1:
        return out
    pair = starts[0], ends[0]
    sure, other = sorted(pair, key=lambda k: -out[k].probabilities[0])
    chosen = out[sure].candidates[0]
    begins = sure == starts[0]
    out[other] = reweigh(out[other], [_factor(chosen, c, begins) for c in out[other].candidates])
    return out


def _factor(chosen: Candidate, candidate: Candidate, chosen_begins: bool) -> float:
    same_cell = candidate.page == chosen.page and candidate.cell.index == chosen.cell.index
    if same_cell and chosen.part and candidate.part == _OTHER_PART[chosen.part]:
        gap = candidate.start - chosen.end if chosen.part == 1 else chosen.start - candidate.end
        if 0 <= gap <= 8:
            return PARTNER
    first, last = (chosen, candidate) if chosen_begins else (candidate, chosen)
    return WRONG_SIDE if str(last.value) < str(first.value) else 1.0
