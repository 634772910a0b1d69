"""Which of several places a table row's quotes mean, for engines that give quotes without words.

`2.00` stands all over an invoice. The row's rarest quote anchors it; the others mean their places on the
anchor's line, or the nearest. Rows with the same anchor quote take its places in turn, from the top.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from docai.extraction.rows import item_number
from docai.grounding.location import Place, find_places
from docai.grounding.text_index import PageIndex, PageIndexes
from docai.types import Claim

_RowKey = tuple[str, str, int, int]


def hint_rows(claims: Iterable[Claim], indexes: PageIndexes) -> list[Claim]:
    """The claims in their order; those of list items that lack `words` get those of their row's line."""
    given = list(claims)
    rows: dict[_RowKey, list[int]] = defaultdict(list)
    for at, claim in enumerate(given):
        number = item_number(claim.path)
        if number >= 0 and claim.quote:
            rows[(claim.engine, claim.path.split("/")[1], claim.page, number)].append(at)
    taken: dict[tuple[str, int, str], int] = defaultdict(int)
    for (engine, _, page, _), members in sorted(rows.items(), key=lambda item: item[0]):
        index = indexes.get(page)
        single = (
            len(members) < 2 and given[members[0]].path.count("/") < 3
        )  # of a list of values, not of rows
        if index is None or single or all(given[at].words for at in members):
            continue
        places = {at: _places(given[at], index) for at in members}
        found = [at for at in members if places[at]]
        if not found:
            continue
        anchor = min(found, key=lambda at: (not given[at].words, len(places[at]), -len(given[at].quote)))
        turn = taken[(engine, page, given[anchor].quote)]
        taken[(engine, page, given[anchor].quote)] += 1
        home = places[anchor][0 if given[anchor].words else min(turn, len(places[anchor]) - 1)]
        for at in found:
            if not given[at].words:
                chosen = home if at == anchor else _nearest(places[at], home, index)
                given[at] = replace(given[at], words=chosen.words)
    return given


def _places(claim: Claim, index: PageIndex) -> list[Place]:
    places = find_places(claim.quote, index, hint_words=claim.words)
    return places if claim.words else sorted(places, key=lambda p: p.words)


def _nearest(places: Sequence[Place], home: Place, index: PageIndex) -> Place:
    """The place on the anchor's line, else the fewest lines away; below before above."""
    line = index.page.words[home.words[0]].line

    def distance(place: Place) -> tuple[int, bool, int]:
        step = index.page.words[place.words[0]].line - line
        return abs(step), step < 0, abs(place.words[0] - home.words[0])

    return min(places, key=distance)
