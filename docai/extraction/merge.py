"""Page claims to a record's fields: prove all, group by field, let the best-proved value stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from docai.extraction.anchors import hint_rows
from docai.extraction.rows import Row, collect_rows
from docai.grounding.confidence import Calibration, shipped_calibration
from docai.grounding.features import Features
from docai.grounding.proof import Proof, doubt, prove
from docai.grounding.text_index import PageIndexes
from docai.schema import Field, Schema, template
from docai.types import Alternative, Claim, Evidence, FieldValue, Page, Reason, Scalar
from docai.values.compare import as_decimal, same_value
from docai.values.dates import guess_day_first

_MAX_ALTERNATIVES = 5
_MAX_EVIDENCE = 20
_RANK = {"grounded": 3, "inferred": 3, "unsupported": 1, "missing": 0}
_REASONS: tuple[Reason, ...] = ("redacted", "blank", "unreadable")


@dataclass(frozen=True, slots=True)
class MergedField:
    """A field with what its confidence was computed from (None where no claim was made)."""

    field: FieldValue
    features: Features | None


def merge_claims(
    claims: Iterable[Claim],
    pages: Sequence[Page],
    schema: Schema,
    *,
    complete: bool,
    calibration: Calibration | None = None,
) -> tuple[FieldValue, ...]:
    """Every leaf of the schema as a proved value or as missing with its reason, in the schema's order.

    A value that is printed but believed less than `calibration.enters` is `unsupported` with the reason
    `doubtful`. List items come out as `/parties/0`, `/line_items/0/total`, numbered in document order. A
    clause flag is false only when `complete` (all pages read). Claims for paths that the schema lacks are
    dropped.
    """
    merged = merge_with_features(claims, pages, schema, complete=complete, calibration=calibration)
    return tuple(item.field for item in merged)


def merge_with_features(
    claims: Iterable[Claim],
    pages: Sequence[Page],
    schema: Schema,
    *,
    complete: bool,
    calibration: Calibration | None = None,
) -> tuple[MergedField, ...]:
    """`merge_claims` with the features of each field, for fitting the calibration."""
    model = calibration or shipped_calibration()
    indexes = PageIndexes(pages)
    day_first = guess_day_first(indexes.texts())
    leaves = {field.path: field for field in schema.fields}
    by_field: dict[str, list[Proof]] = {field.path: [] for field in schema.fields}
    for claim in hint_rows(claims, indexes):
        field = leaves.get(template(claim.path))
        if field is None:
            continue
        proof = prove(claim, indexes, field, complete=complete, day_first=day_first)
        by_field[field.path].append(_coerced(proof, field))
    merged: list[MergedField] = []
    rows: dict[str, list[Row]] = {}
    for field in schema.fields:
        if field.group is None and not field.many:
            merged.append(decide(field.path, field, by_field[field.path], model, complete=complete))
            continue
        group = field.group or field.path
        if group not in rows:
            members = [f for f in schema.fields if (f.group or f.path) == group]
            rows[group] = collect_rows(members, by_field)
            merged += _merge_rows(rows[group], members, model, complete=complete)
    return tuple(merged)


def _merge_rows(
    rows: Sequence[Row], members: Sequence[Field], model: Calibration, *, complete: bool
) -> list[MergedField]:
    """Rows in document order; a list without rows has one missing entry per leaf, under its template path."""
    if not rows:
        return [decide(field.path, field, [], model, complete=complete) for field in members]
    merged: list[MergedField] = []
    # Rows of which nothing enters the values come last, so that the numbers of the others have no holes.
    ordered = sorted(rows, key=lambda row: not _enters(row))
    for number, row in enumerate(ordered):
        for field in members:
            path = field.path.replace("*", str(number), 1)
            merged.append(decide(path, field, row.proofs.get(field.path, []), model, complete=complete))
    return merged


def _enters(row: Row) -> bool:
    proofs = (p for group in row.proofs.values() for p in group)
    return any(p.value is not None and p.status in ("grounded", "inferred") for p in proofs)


def decide(
    path: str, field: Field, proofs: Sequence[Proof], model: Calibration, *, complete: bool
) -> MergedField:
    """The value of one leaf from all proofs of its claims."""
    candidates = _candidates(field, [p for p in proofs if p.value is not None], model)
    if not candidates:
        return _missing(path, field, proofs, complete=complete)
    candidates = _prefer_presence(field, candidates)
    best, rest = candidates[0], candidates[1:]
    alternatives = [
        Alternative(value=_border(c.proof.value), confidence=c.confidence, evidence=c.proof.evidence[:3])
        for c in rest[:_MAX_ALTERNATIVES]
    ]
    other = best.proof.alternative
    if other is not None and not any(same_value(field.kind, other, c.proof.value) for c in candidates):
        share = round(min(0.3, 1 - best.confidence), 3)
        alternatives.append(Alternative(value=_border(other), confidence=share))
    proof = best.proof
    value = FieldValue(
        path=path,
        value=proof.value,
        status=proof.status,
        reason=proof.reason,
        confidence=best.confidence,
        unit=proof.unit,
        evidence=proof.evidence,
        derivation=proof.derivation,
        alternatives=tuple(alternatives[:_MAX_ALTERNATIVES]),
    )
    return MergedField(value, best.features)


@dataclass(frozen=True, slots=True)
class _Candidate:
    proof: Proof
    features: Features
    confidence: float


def _candidates(field: Field, proofs: Sequence[Proof], model: Calibration) -> list[_Candidate]:
    """One candidate per value, the best first; claims with an equal value support each other."""
    groups: list[list[Proof]] = []
    for proof in proofs:
        for group in groups:
            if same_value(field.kind, group[0].value, proof.value):
                group.append(proof)
                break
        else:
            groups.append([proof])
    leads = [max(group, key=lambda p: (_RANK[p.status], _plain(p, model))) for group in groups]
    candidates = []
    for lead, group in zip(leads, groups, strict=True):
        rivals = [p.features.score or 0.0 for p in leads if p is not lead]
        features = replace(
            lead.features,
            supporting=len({(p.claim.page, p.claim.engine) for p in group}) - 1,
            rivals=len(rivals),
            rival_score=max(rivals, default=0.0),
        )
        lead = replace(lead, evidence=_joined_evidence(lead, group))
        confidence = model.confidence(features)
        if confidence < model.enters:
            lead = doubt(lead)
        candidates.append(_Candidate(lead, features, confidence))
    return sorted(candidates, key=lambda c: (-_RANK[c.proof.status], -c.confidence, c.proof.claim.page))


def _plain(proof: Proof, model: Calibration) -> float:
    return model.confidence(proof.features)


def _joined_evidence(lead: Proof, group: Sequence[Proof]) -> tuple[Evidence, ...]:
    """The lead's evidence, then what equal claims found elsewhere."""
    if lead.status != "grounded":
        return lead.evidence
    evidence = list(lead.evidence)
    for proof in group:
        if proof is lead or proof.status != "grounded":
            continue
        evidence += [e for e in proof.evidence if not any(_same_place(e, k) for k in evidence)]
    return tuple(evidence[:_MAX_EVIDENCE])


def _same_place(one: Evidence, other: Evidence) -> bool:
    return one.page == other.page and one.boxes == other.boxes


def _prefer_presence(field: Field, candidates: list[_Candidate]) -> list[_Candidate]:
    """A page's "no" never outvotes another page's proved "yes"."""
    if field.kind != "boolean":
        return candidates
    proved_yes = [c for c in candidates if c.proof.value is True and c.proof.status != "unsupported"]
    return proved_yes + [c for c in candidates if c not in proved_yes]


def _missing(path: str, field: Field, proofs: Sequence[Proof], *, complete: bool) -> MergedField:
    told = {proof.reason: proof for proof in reversed(proofs) if proof.reason is not None}
    for reason in _REASONS:
        if reason in told:
            proof = told[reason]
            value = FieldValue(path=path, status="missing", reason=reason, evidence=proof.evidence)
            return MergedField(value, proof.features)
    reason = "not_found" if complete else "not_read"
    return MergedField(FieldValue(path=path, status="missing", reason=reason), None)


def _border(value: Scalar) -> Scalar | float:
    """Alternatives are stored as they leave the program: JSON numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _coerced(proof: Proof, field: Field) -> Proof:
    """The value in the schema's own type; one that cannot be so is kept as an unsupported text."""
    if proof.value is None:
        return proof
    value = coerce(proof.value, field)
    other = coerce(proof.alternative, field) if proof.alternative is not None else None
    if value is None:
        features = replace(proof.features, status="unsupported")
        return replace(proof, status="unsupported", features=features, alternative=None)
    return replace(proof, value=value, alternative=other)


def coerce(value: Scalar, field: Field) -> Scalar:
    """`value` as the field's JSON type: text, Decimal, int or bool; None where it is nothing of the kind."""
    if field.json_type in ("number", "integer"):
        number = as_decimal(value)
        if number is None or not number.is_finite():
            return None
        if field.json_type == "integer":
            return int(number) if number == number.to_integral_value() else None
        return number
    if field.json_type == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
