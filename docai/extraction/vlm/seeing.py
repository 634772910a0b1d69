"""What a second look settles: belief in what words show, and values that no word shows but readers see."""

from __future__ import annotations

from collections.abc import Sequence

from docai.extraction.vlm.looks import UNREADABLE, find_box, is_place, is_printed, plain
from docai.extraction.vlm.signals import from_log_odds, log_odds
from docai.grounding.proof import Proof
from docai.grounding.support import find_support
from docai.schema import Field, Schema, template
from docai.types import Alternative, CropReading, Evidence, FieldValue, Scalar
from docai.values.compare import find

_LOOK = 1.5
"""Log odds by which a second look moves belief. Set by hand: no served model has been measured."""
_FORMED = frozenset(
    ("date", "money", "number", "integer", "percent", "duration", "currency", "email", "phone")
)
"""Kinds whose values have a form: a crop in which none is found was not read."""


def says_value(reading: CropReading, value: Scalar, field: Field) -> bool:
    """Whether a crop's text says a value."""
    return bool(value is not None and find_support(value, None, reading.text, field))


def weigh_readings(belief: float, field: Field, proof: Proof, readings: Sequence[CropReading]) -> float:
    """Belief in a value after a second look at its own place.

    A crop that says it removes doubt about a bad match alone: that its words are there says nothing of
    whose value it is. Two readers of the place who both do not find it there take belief away.
    """
    place = find_box(proof.evidence[0]) if readings and proof.evidence else None
    if place is None or field.kind in UNREADABLE:
        return belief
    page = proof.evidence[0].page
    here = [r for r in readings if r.path == proof.claim.path and r.page == page and is_place(r.box, place)]
    if field.kind in _FORMED:
        here = [r for r in here if find(field.kind, r.text)]
    says = {r.by for r in here if says_value(r, proof.value, field)}
    odds = log_odds(belief)
    if says and (proof.features.match == "fuzzy" or proof.features.agreement == "similar"):
        odds += _LOOK
    elif len({r.by for r in here}) >= 2 and not says:
        odds -= 2 * _LOOK
    else:
        return belief
    return round(from_log_odds(odds), 4)


def find_seen(
    fields: Sequence[FieldValue], readings: Sequence[CropReading], schema: Schema
) -> tuple[FieldValue, ...]:
    """The fields; what no word shows but two readings of one crop agree upon is `seen`."""
    leaves = {field.path: field for field in schema.fields}
    by_path: dict[str, list[CropReading]] = {}
    for reading in readings:
        by_path.setdefault(reading.path, []).append(reading)
    return tuple(
        _look_at(value, by_path[value.path], leaves[template(value.path)]) if value.path in by_path else value
        for value in fields
    )


def _look_at(value: FieldValue, readings: Sequence[CropReading], field: Field) -> FieldValue:
    """A value that no word shows, where nothing entered: seen by two readers, the field's or a rival's."""
    if value.status != "unsupported":
        return value
    readable = [(value.value, value.evidence), *((a.value, a.evidence) for a in value.alternatives)]
    for other, shown in readable:
        agreed = find_agreement(plain(other), readings, field)
        if agreed is None or is_printed(plain(other), shown, field):
            continue
        region = Evidence(page=agreed.page, quote=agreed.text, match="region", score=0.5, boxes=(agreed.box,))
        rest = tuple(a for a in value.alternatives if a.value != other)
        return value.model_copy(
            update={
                "value": other,
                "status": "seen",
                "reason": None,
                "evidence": (region,),
                "alternatives": (*_as_alternative(value, other), *rest),
            }
        )
    return value


def _as_alternative(value: FieldValue, seen: Scalar) -> tuple[Alternative, ...]:
    """What stood in the field, where a rival takes its place."""
    if value.value == seen:
        return ()
    return (Alternative(value=value.value, confidence=value.confidence, evidence=value.evidence[:3]),)


def find_agreement(value: Scalar, readings: Sequence[CropReading], field: Field) -> CropReading | None:
    """A reading of a crop of which two readers say the value."""
    for reading in readings:
        if not says_value(reading, value, field):
            continue
        at = (reading.page, reading.box)
        if len({r.by for r in readings if (r.page, r.box) == at and says_value(r, value, field)}) >= 2:
            return reading
    return None
