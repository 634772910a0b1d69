"""Which places of a page deserve a second look.

A value is disputed where the page's words do not show what the model claims, or show it badly: where model
and OCR have read the same ink differently. The place is cut out of the page's own pixels and read alone, by
readers that are not told what it should say (`looking`); `seeing` compares what they read. Which of two
plainly printed values is the field's is no question of letters: a crop cannot answer it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rapidfuzz import fuzz

from docai.grounding.support import find_support
from docai.grounding.text_index import PageIndexes, fold_text
from docai.imaging.geometry import area, intersection_area, union
from docai.schema import Field, Schema, template
from docai.types import Box, Claim, Evidence, FieldValue, Page, Scalar
from docai.values.compare import same_value

MOST_LOOKS = 4
"""On one page: on a page that is disputed all over, more looks would say no more than that."""
MOST_INK = 2
"""Places with ink that no word covers, tried for a value that no word is like."""
UNREADABLE = frozenset(("boolean", "enum"))
"""Kinds of which a crop says nothing: a clause is long, and what it means is no matter of letters."""
_LEAST_LIKE = 60.0
"""Per cent of a quote that a place's words must have, to be the place that is meant."""
_LEAST_LABEL = 5
"""Letters of a label beside which a value is looked for."""
_MOST_WORDS = 30
_MOST_LINES = 6
_SAME = 0.7
"""Of the smaller of two boxes: so much in common is one place."""
_SURE = 0.95
"""Of a value that enters: from here on nobody asks whether a letter of it was misread."""
_FOUND = frozenset(("grounded", "inferred"))


@dataclass(frozen=True, slots=True)
class Look:
    """A place to read again. `shown`: whether the page's words say there what is claimed; where they do not,
    the model reads it twice, from two crops.
    """

    path: str
    box: Box
    shown: bool


@dataclass(frozen=True, slots=True)
class LookQuestion:
    """Places of one page. `page` has its turn and no words."""

    page: Page
    looks: tuple[Look, ...]


def find_looks(
    pages: Sequence[Page], schema: Schema, said: Sequence[Claim], fields: Sequence[FieldValue]
) -> dict[int, tuple[Look, ...]]:
    """Places by page, at most `MOST_LOOKS` each. `said`: the model's claims, `fields`: what came of them."""
    leaves = {field.path: field for field in schema.fields}
    indexes = PageIndexes(pages)
    found: dict[int, list[Look]] = {}
    for value in fields:
        field = leaves.get(template(value.path))
        claims = [c for c in said if c.path == value.path and c.value is not None]
        if field is None or field.group is not None or field.many or field.kind in UNREADABLE:
            continue
        if claims and is_disputed(value, claims, field):
            for page, box, shown in _list_places(value, claims, indexes, field):
                _add_look(found.setdefault(page, []), Look(value.path, box, shown))
    return {page: tuple(looks) for page, looks in sorted(found.items())}


def _add_look(looks: list[Look], look: Look) -> None:
    """One more, unless there are enough; a place that is wanted twice is looked at once."""
    for at, known in enumerate(looks):
        if known.path == look.path and is_place(known.box, look.box):
            looks[at] = replace(known, shown=known.shown and look.shown)
            return
    if len(looks) < MOST_LOOKS:
        looks.append(look)


def is_disputed(value: FieldValue, claims: Sequence[Claim], field: Field) -> bool:
    """Whether a value that the model claims entered by a bad match, or did not enter and no words show it."""
    if value.status not in _FOUND and value.status != "unsupported":
        return False
    stated = [c for c in claims if not c.rule]  # what was computed stands nowhere
    entered = value.status in _FOUND
    if entered and any(same_value(field.kind, plain(value.value), c.value) for c in claims):
        return value.confidence < _SURE and not is_plain(plain(value.value), value.evidence, field)
    readable = [(value.value, value.evidence), *((a.value, a.evidence) for a in value.alternatives)]
    shown = [plain(v) for v, evidence in readable if is_plain(plain(v), evidence, field)]
    return any(not any(same_value(field.kind, v, c.value) for v in shown) for c in stated)


def is_plain(value: Scalar, evidence: Sequence[Evidence], field: Field) -> bool:
    """Whether the page's own words at the first place say the value letter for letter, or compute to it."""
    if not evidence or evidence[0].match not in ("exact", "normalized"):
        return False
    if evidence[0].role != "value":
        return True
    return find_support(value, None, evidence[0].quote, field).agreement not in ("none", "similar")


def _list_places(
    value: FieldValue, claims: Sequence[Claim], indexes: PageIndexes, field: Field
) -> Iterable[tuple[int, Box, bool]]:
    """(page, box, shown): where the value stands or should, then where its rivals stand."""
    placed: list[Scalar] = []
    readable = [(value.value, value.evidence), *((a.value, a.evidence) for a in value.alternatives[:2])]
    for other, evidence in readable:
        place = find_box(evidence[0]) if evidence else None
        if place is not None:
            placed.append(plain(other))
            yield evidence[0].page, place, is_printed(plain(other), evidence, field)
    for claim in claims:
        page = indexes.get(claim.page)
        if page is None or any(same_value(field.kind, known, claim.value) for known in placed):
            continue
        box = _find_nearest(claim, indexes)
        if box is not None:
            yield claim.page, box, False
            continue
        ink = sorted((r.box for r in page.page.regions if r.kind == "ink"), key=area, reverse=True)
        for box in ink[:MOST_INK]:
            yield claim.page, box, False


def _find_nearest(claim: Claim, indexes: PageIndexes) -> Box | None:
    """The words of a page that are most like a quote, or that stand where its known words say."""
    index = indexes.get(claim.page)
    folded = fold_text(claim.quote)[0]
    if index is None or not 3 <= len(folded) <= len(index.reading.stream):
        return None
    text = index.reading
    best = fuzz.partial_ratio_alignment(folded, text.stream, score_cutoff=_LEAST_LIKE)
    span = (best.dest_start, best.dest_end) if best is not None else _find_beside(claim.quote, text.stream)
    if span is None or span[1] <= span[0]:
        return None
    boxes = index.boxes(text.words_at(text.origin[span[0]], text.origin[span[1] - 1] + 1))
    return union(boxes) if 0 < len(boxes) <= _MOST_LINES else None


def _find_beside(quote: str, stream: str) -> tuple[int, int] | None:
    """Where a quote would lie whose longest run of words the page has once: a label, the rest unreadable."""
    words = [folded for word in quote.split()[:_MOST_WORDS] if (folded := fold_text(word)[0])]
    for length in range(len(words) - 1, 0, -1):
        for first in range(len(words) - length + 1):
            run = "".join(words[first : first + length])
            at = stream.find(run) if len(run) >= _LEAST_LABEL else -1
            if at >= 0 and stream.find(run, at + 1) < 0:
                start = at - len("".join(words[:first]))
                return max(0, start), min(len(stream), start + len("".join(words)))
    return None


def is_printed(value: Scalar, evidence: Sequence[Evidence], field: Field) -> bool:
    """Whether the page's own words at the first place say the value."""
    if not evidence or evidence[0].match == "region":
        return False
    return bool(find_support(value, None, evidence[0].quote, field))


def plain(value: Any) -> Scalar:
    """A value as it is inside docai: numbers of the border as text."""
    known: Scalar = str(value) if isinstance(value, float) else value
    return known


def find_box(evidence: Evidence) -> Box | None:
    """The box around a place's lines; None for a place that is too long to be read as a crop, and for one
    from which the value is computed: what it says is not the value.
    """
    readable = evidence.role == "value" and 0 < len(evidence.boxes) <= _MOST_LINES
    return union(evidence.boxes) if readable else None


def is_place(one: Box, other: Box) -> bool:
    """Whether two boxes mean one place."""
    return intersection_area(one, other) > _SAME * min(area(one), area(other))
