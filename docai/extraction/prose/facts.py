"""What several fields of a document rest on, found once: its dates, terms, parties, signatures."""

from __future__ import annotations

from functools import cached_property

from docai.extraction.prose.dates import (
    RatedDate,
    claim_dates,
    find_made,
    find_start,
    rate_dates,
    starts_on_signing,
)
from docai.extraction.prose.document import Prose
from docai.extraction.prose.expiry import End, claim_ends, find_ends
from docai.extraction.prose.labels import Label
from docai.extraction.prose.parties import Party, find_parties, parties_of_signatures
from docai.extraction.prose.signatures import Block, find_signatures
from docai.extraction.prose.terms import RatedPeriod, find_terms
from docai.types import Claim
from docai.values.compare import fold


class Facts:
    """Lazily found facts of one document."""

    def __init__(self, prose: Prose) -> None:
        self.prose = prose

    @cached_property
    def rated(self) -> list[RatedDate]:
        return rate_dates(self.prose)

    @cached_property
    def made(self) -> list[tuple[float, RatedDate]]:
        return find_made(self.rated)

    @cached_property
    def starts(self) -> list[tuple[float, RatedDate]]:
        return find_start(self.rated, on_signing=starts_on_signing(self.prose))

    @cached_property
    def terms(self) -> list[RatedPeriod]:
        return find_terms(self.prose)

    @cached_property
    def ends(self) -> list[End]:
        return find_ends(self.prose, self.rated, self.starts, self.made, self.terms)

    @cached_property
    def parties(self) -> list[Party]:
        found = find_parties(self.prose)
        if len(found) >= 2:
            return found
        # Letters and forms name their parties where these sign.
        blocks = [b["party"] for b in find_signatures(self.prose, found) if "party" in b]
        signed = parties_of_signatures(self.prose, [(piece.quote, piece.page) for piece in blocks])
        known = {fold(p.name) for p in found}
        return found + [p for p in signed if fold(p.name) not in known]

    @cached_property
    def signatures(self) -> list[Block]:
        return find_signatures(self.prose, self.parties)

    def claim_made(self, label: Label) -> list[Claim]:
        return claim_dates(self.prose, label, self.made)

    def claim_start(self, label: Label) -> list[Claim]:
        return claim_dates(self.prose, label, self.starts)

    def claim_end(self, label: Label) -> list[Claim]:
        return claim_ends(self.prose, label, self.ends)
