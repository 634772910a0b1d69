"""Claims for a schema's fields from a running text: each field goes to the reader of its kind and role."""

from __future__ import annotations

from collections.abc import Sequence

from docai.extraction.prose.clauses import claim_clause
from docai.extraction.prose.document import Prose
from docai.extraction.prose.facts import Facts
from docai.extraction.prose.generic import claim_generic
from docai.extraction.prose.labels import Label, content_stems, find_role, read_label
from docai.extraction.prose.parties import claim_parties
from docai.extraction.prose.periods import claim_periods
from docai.extraction.prose.places import claim_places, find_law
from docai.extraction.prose.signatures import claim_signatures
from docai.extraction.prose.titles import claim_titles
from docai.schema import Field, Schema
from docai.types import Claim, DocumentView

_PARTY_KINDS = frozenset(("party", "organization", "person"))


def extract_prose(view: DocumentView, schema: Schema, fields: Sequence[Field]) -> list[Claim]:
    """Claims for `fields` of a running text, best first for each field; none where nothing is found.

    A field's best claim is above its null; a clause flag is claimed false where no clause is found.
    """
    prose = Prose(view)
    if not prose.text.strip():
        return []
    facts = Facts(prose)
    claims: list[Claim] = []
    for field in fields:
        if field.group is None:
            claims += _claim_field(prose, facts, read_label(field))
    for group in dict.fromkeys(f.group for f in fields if f.group is not None):
        members = [f for f in fields if f.group == group]
        if is_signature_group(group, members):
            claims += claim_signatures(facts.signatures, members)
    return claims


def is_signature_group(group: str, members: Sequence[Field]) -> bool:
    """Whether a list's own name speaks of signing."""
    words = set(content_stems(group.rsplit("/", 1)[-1]))
    return bool(
        words & {"sign", "signatur", "signatory", "signator", "execut", "unterschrift", "signataire"}
    ) and any(f.kind in _PARTY_KINDS for f in members)


def _claim_field(prose: Prose, facts: Facts, label: Label) -> list[Claim]:
    field = label.field
    if field.kind == "boolean":
        return claim_clause(prose, label)
    if field.kind == "title":
        return claim_titles(prose, label)
    if field.kind == "date":
        return _claim_date(prose, facts, label)
    if field.kind == "duration":
        return claim_periods(prose, facts, label)
    if field.kind == "place":
        role = find_role(label, "place")
        if role:
            return claim_places(prose, label, find_law(prose, court=role == "court"))
    if field.kind in _PARTY_KINDS and (field.kind == "party" or field.many or facts.parties):
        claims = claim_parties(prose, label, facts.parties)
        if claims or field.kind == "party":
            return claims
    return claim_generic(prose, label)


def _claim_date(prose: Prose, facts: Facts, label: Label) -> list[Claim]:
    role = find_role(label, "date")
    if role == "made":
        return facts.claim_made(label)
    if role == "start":
        return facts.claim_start(label)
    if role == "end":
        return facts.claim_end(label)
    return claim_generic(prose, label)
