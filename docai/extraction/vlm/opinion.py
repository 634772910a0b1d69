"""The record's claims from a model's answers, with the embedded engine as second opinion.

The second opinion moves confidence and brings rivals into the open; what enters is for the proof to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from docai.extraction.vlm.choices import weigh_choices
from docai.extraction.vlm.claims import ENGINE, join_claims
from docai.extraction.vlm.followup import FollowUp, find_follow_ups
from docai.extraction.vlm.missing import drop_known
from docai.extraction.vlm.seeing import weigh_readings
from docai.extraction.vlm.signals import Candidate, Signals, list_candidates
from docai.extraction.vlm.terms import compute_terms
from docai.extraction.vlm.verifier import Verifier, shipped_verifier
from docai.protocols import ExtractionModel
from docai.schema import Field, Schema, template
from docai.types import Claim, CropReading, DocumentView, FieldValue, Page
from docai.values.compare import same_value


class AnswerEngine:
    """Satisfies `docai.protocols.ExtractionModel` for documents whose pages a model was asked about."""

    name = ENGINE

    def __init__(self, second: ExtractionModel, verifier: Verifier | None = None) -> None:
        self._second = second
        self._verifier = verifier or shipped_verifier()

    def extract(self, view: DocumentView, schema: Schema) -> list[Claim]:
        """All claims of the answers, weighed; flags that no page states are claimed as absent."""
        said = collect_claims(view, schema)
        others = list(self._second.extract(view, schema))
        readings = [reading for answer in view.answers for reading in answer.readings]
        chosen = [c for answer in view.answers if answer.purpose == "choice" for c in answer.claims]
        return weigh_claims(said, others, schema, view.pages, self._verifier, readings, chosen)

    def follow_up(self, view: DocumentView, schema: Schema, fields: Sequence[FieldValue]) -> list[FollowUp]:
        """What the model should be asked beside the pages. `fields`: of the record so far."""
        return find_follow_ups(view, schema, collect_claims(view, schema), fields)


def collect_claims(view: DocumentView, schema: Schema) -> list[Claim]:
    """The claims of all answers about a document's pages and the schema's fields; of choices only the periods
    for which a start was named.
    """
    numbers = {page.number for page in view.pages}
    fields = {field.path: field for field in schema.fields}
    said: list[Claim] = []
    # Rows that were missed are held against all that were not.
    for answer in sorted(view.answers, key=lambda answer: answer.purpose == "rows"):
        told = [c for c in answer.claims if template(c.path) in fields]
        if answer.purpose == "rows":
            told = drop_known(told, said, fields)
        elif answer.purpose == "choice":
            told = [claim for claim in told if claim.rule]
        if answer.page in numbers:
            # Each page's lists begin at 0; a number must name one item of the document.
            said = join_claims(said, told)
    return said


def weigh_claims(
    said: Sequence[Claim],
    others: Sequence[Claim],
    schema: Schema,
    pages: Sequence[Page],
    verifier: Verifier,
    readings: Sequence[CropReading] = (),
    chosen: Sequence[Claim] = (),
) -> list[Claim]:
    """The model's claims and those of the second opinion that count, the verifier's belief as their score.

    `readings`: of crops, from a second look at what was disputed; `chosen`: which of several values is meant,
    from a question about all pages at once.

    Of the second opinion's claims only those count that are about a single field of which the model too
    said something, or that agree with the model about a list's value.
    """
    open_claims, candidates = gather_candidates(said, others, schema)
    signals = Signals(pages, others, schema)
    about: dict[str, list[Claim]] = defaultdict(list)
    for candidate in candidates:
        about[candidate.field.path] += candidate.said
    beliefs = []
    for candidate in candidates:
        said = about[candidate.field.path]
        belief = verifier.believe(signals.measure(candidate, said), candidate)
        beliefs.append(weigh_readings(belief, candidate.field, signals.prove(candidate), readings))
    weighed = list(open_claims)
    for candidate, belief in zip(candidates, weigh_choices(candidates, beliefs, chosen), strict=True):
        weighed += [replace(claim, score=belief) for claim in (*candidate.said, *candidate.others)]
    return weighed


def gather_candidates(
    said: Sequence[Claim], others: Sequence[Claim], schema: Schema
) -> tuple[list[Claim], list[Candidate]]:
    """(claims without a value, the values that are claimed): periods computed, silence about flags told."""
    fields = {field.path: field for field in schema.fields}
    claims = compute_terms(said, schema)
    claims += _absent_flags(claims, schema)
    spoken = {template(claim.path) for claim in said}
    rivals = [other for other in others if _counts(other, fields, spoken, claims)]
    stated = [claim for claim in claims if claim.value is not None]
    return [c for c in claims if c.value is None], list_candidates(stated, rivals, fields)


def _counts(other: Claim, fields: dict[str, Field], spoken: set[str], claims: Sequence[Claim]) -> bool:
    path = template(other.path)
    field = fields.get(path)
    if field is None or path not in spoken or field.group is not None or field.kind == "boolean":
        return False
    if other.absent is not None or other.value is None:
        return False
    if field.many:
        return any(
            template(c.path) == path and c.page == other.page and same_value(field.kind, c.value, other.value)
            for c in claims
        )
    return True


def _absent_flags(claims: Sequence[Claim], schema: Schema) -> list[Claim]:
    """A flag about which no page says anything is false; the proof asks whether all pages were read."""
    spoken = {template(claim.path) for claim in claims}
    return [
        Claim(field.path, "", False, 1, ENGINE)
        for field in schema.fields
        if field.kind == "boolean"
        and field.json_type == "boolean"
        and field.group is None
        and not field.many
        and field.path not in spoken
    ]
