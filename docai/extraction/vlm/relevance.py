"""Which pages can say something about which fields, by their words alone: for `--pages relevant`.

The embedded engine says where values of a field may stand, and how likely each is. The page of a row is
always sent, and the first page, where documents say what they are; then page after page, the one first that
most fields still want, until the best one is likelier than not to bring no field anything new. So a value
that stands on several pages costs one of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from docai.schema import Field, Schema, template
from docai.schema.kinds import name_tokens
from docai.types import Claim, Page
from docai.values.calendar_words import strip_accents

_SHORT_DOCUMENT = 2
"""Documents of so few pages are sent whole: there is little to win."""
_WORTH_A_PAGE = 0.5
"""Values that a further page must be expected to bring."""
_SECOND, _SECOND_POWER = 0.7, 3
"""A flag's further sentences carry half their share of its score, or less by how much weaker they are; one as
strong as the best says the same in seven cases of ten, one half as strong hardly ever."""
_PHRASE = 0.6
"""That the page with a field's words is the one, where the engine is silent about the field."""
_HARD_TO_FIND = frozenset(("text",))
"""Kinds whose values look like any words: that the engine found none says little. A date or an amount it
finds beside all of the field's names; only the very name of the field with a value that cannot be read hides
from it."""
_TOKEN = re.compile(r"[^\W_]+")
_IDLE_WORDS = """
a an and any are as at be by for from has have in is it its may must no not of on one or other shall that the
their this to under was which will with without der die das des dem den und oder ist von zu im am le la les de
du et ou est un une
"""
_IDLE = frozenset(_IDLE_WORDS.split())
_ENDINGS = ("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ed", "es", "s", "ly", "al", "y")


def needs_asking(page: Page) -> bool:
    """Whether there is anything on a page that was read: a blank one is not sent."""
    return bool(page.reader) and (bool(page.words) or any(r.kind == "ink" for r in page.regions))


def find_relevant(pages: Sequence[Page], claims: Sequence[Claim], schema: Schema) -> set[int]:
    """Numbers of the pages of one document that a model should see. `claims`: the embedded engine's."""
    asked = [page for page in pages if needs_asking(page)]
    numbers = {page.number for page in asked}
    if len(asked) <= _SHORT_DOCUMENT:
        return numbers
    fields = {field.path: field for field in schema.fields}
    said = [claim for claim in claims if template(claim.path) in fields and claim.value is not False]
    # Pages without words (handwriting alone) cannot be told apart by words.
    chosen = {asked[0].number} | {page.number for page in asked if not page.words}
    chosen |= {claim.page for claim in said if fields[template(claim.path)].group is not None}
    hopes = _weigh_claims([c for c in said if fields[template(c.path)].group is None])
    found = {template(claim.path) for claim in said}
    silent = [f for f in fields.values() if f.group is None and f.kind != "boolean" and f.path not in found]
    sheets = [_spread(page) for page in asked] if silent else []
    for field in silent:
        page = _find_phrases(field, sheets)
        if page is not None:
            hopes[field.path] = {page: _PHRASE}
    return _add_pages(chosen, hopes) & numbers


Hopes: TypeAlias = dict[str, dict[int, float]]
"""By what is wanted (a value's path): how likely each page holds it, 0..1."""


def _weigh_claims(claims: Sequence[Claim]) -> Hopes:
    """What single values' claims promise of their pages; all that a value was computed from is wanted."""
    best: dict[str, float] = {}
    for claim in claims:
        best[claim.path] = max(best.get(claim.path, 0.0), claim.score or 0.0)
    hopes: Hopes = {}
    for claim in claims:
        hope = claim.score or 0.0
        if claim.value is True and hope < best[claim.path]:
            strength = min(1.0, 2 * hope / best[claim.path])
            hope = best[claim.path] * _SECOND * strength**_SECOND_POWER
        pages = hopes.setdefault(claim.path, {})
        pages[claim.page] = max(pages.get(claim.page, 0.0), hope)
        for operand in claim.operands:
            # Wanted beside the claim's own page, not in its place.
            hopes.setdefault(f"{claim.path} from {operand.page}", {})[operand.page] = hope
    return hopes


def _add_pages(chosen: set[int], hopes: Hopes) -> set[int]:
    """Those pages and, best first, every page that likely brings a value which those before did not."""
    chosen = set(chosen)
    left = {
        path: math.prod(1 - hope for page, hope in pages.items() if page in chosen)
        for path, pages in hopes.items()
    }
    while True:
        gains: dict[int, float] = {}
        for path, pages in hopes.items():
            for page, hope in pages.items():
                if page not in chosen:
                    gains[page] = gains.get(page, 0.0) + left[path] * hope
        best = max(gains, key=lambda page: (gains[page], -page), default=None)
        if best is None or gains[best] < _WORTH_A_PAGE:
            return chosen
        chosen.add(best)
        for path, pages in hopes.items():
            left[path] *= 1 - pages.get(best, 0.0)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page's words, idle ones left out and endings cut, with a blank on both sides of each."""

    number: int
    stems: str


def _find_phrases(field: Field, sheets: Sequence[_Sheet]) -> int | None:
    """The page on which most of a field's phrases stand, the rarest at that; None where none does."""
    name = _stem_text(" ".join(name_tokens(field.name)))
    phrases = {name}
    if field.kind in _HARD_TO_FIND:
        phrases |= {_stem_text(alias) for alias in field.aliases}
    elif " " not in name:
        return None
    scores: dict[int, float] = {}
    for phrase in phrases - {""}:
        found = [sheet.number for sheet in sheets if f" {phrase} " in sheet.stems]
        for number in found:
            weight = (1 + phrase.count(" ")) * math.log(1 + len(sheets) / len(found))
            scores[number] = scores.get(number, 0.0) + weight
    return max(scores, key=lambda number: (scores[number], -number), default=None)


def _spread(page: Page) -> _Sheet:
    return _Sheet(page.number, f" {_stem_text(' '.join(word.text for word in page.words))} ")


def _stem_text(text: str) -> str:
    """`will be automatically renewed` -> `automatical renew`."""
    tokens = _TOKEN.findall(strip_accents(text).casefold())
    return " ".join(_stem(token) for token in tokens if token not in _IDLE)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
