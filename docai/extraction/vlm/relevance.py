"""Which pages can say something about which fields, by their words alone: for `--pages relevant`.

The embedded engine knows where values of a field may stand: the pages of its best claim are sent, for lists
those of all. A field about which it is silent gets the page with the most of its own phrases, rare ones
counting more. The first page is always sent: there documents say what they are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from docai.schema import Field, Schema, template
from docai.schema.kinds import name_tokens
from docai.types import Claim, Page
from docai.values.calendar_words import strip_accents

_SHORT_DOCUMENT = 2
"""Documents of so few pages are sent whole: there is little to win."""
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
    if len(asked) <= _SHORT_DOCUMENT:
        return {page.number for page in asked}
    # Pages without words (handwriting alone) cannot be told apart by words.
    chosen = {asked[0].number} | {page.number for page in asked if not page.words}
    fields = {field.path: field for field in schema.fields}
    best: dict[str, Claim] = {}
    for claim in claims:
        field = fields.get(template(claim.path))
        if field is None or claim.value is False:
            continue
        if field.group is not None or field.many:
            chosen.add(claim.page)
        if field.path not in best or (claim.score or 0.0) > (best[field.path].score or 0.0):
            best[field.path] = claim
    for claim in best.values():
        chosen |= {claim.page, *(operand.page for operand in claim.operands)}
    silent = [f for f in schema.fields if f.path not in best and f.kind != "boolean" and f.group is None]
    sheets = [_spread(page) for page in asked] if silent else []
    for field in silent:
        chosen |= _find_phrases(field, sheets)
    return chosen & {page.number for page in asked}


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page's words, idle ones left out and endings cut, with a blank on both sides of each."""

    number: int
    stems: str


def _find_phrases(field: Field, sheets: Sequence[_Sheet]) -> set[int]:
    """The page on which most of a field's phrases stand, the rarest at that; none where none does."""
    scores: dict[int, float] = {}
    phrases = {_stem_text(phrase) for phrase in (*field.aliases, " ".join(name_tokens(field.name)))}
    for phrase in phrases - {""}:
        found = [sheet.number for sheet in sheets if f" {phrase} " in sheet.stems]
        for number in found:
            weight = (1 + phrase.count(" ")) * math.log(1 + len(sheets) / len(found))
            scores[number] = scores.get(number, 0.0) + weight
    return {max(scores, key=lambda number: (scores[number], -number))} if scores else set()


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
