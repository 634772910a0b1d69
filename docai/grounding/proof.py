"""A claim against the pages: what it proves, where, and what stays unproven."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from docai.grounding.features import Features
from docai.grounding.location import Place, find_in_document, find_value_places, to_evidence
from docai.grounding.rules import Located, locate_operands, rule_holds
from docai.grounding.support import NO_SUPPORT, Support, find_support
from docai.grounding.text_index import PageIndexes
from docai.schema import Field
from docai.types import Claim, Derivation, Evidence, Operand, Page, Reason, Scalar, Status
from docai.values.compare import as_boolean, normalize

_DERIVED_KINDS = frozenset(("boolean", "enum"))


@dataclass(frozen=True, slots=True)
class Proof:
    """What one claim comes to. `alternative` is the other reading of an ambiguous value."""

    claim: Claim
    value: Scalar
    status: Status
    features: Features
    unit: str | None = None
    reason: Reason | None = None
    evidence: tuple[Evidence, ...] = ()
    derivation: Derivation | None = None
    alternative: Scalar = None

    @property
    def match_score(self) -> float:
        """How well the quote matched, 0..1; 0 where nothing matched."""
        return self.features.match_score


def prove(
    claim: Claim,
    pages: Mapping[int, Page] | PageIndexes,
    field: Field,
    *,
    complete: bool = True,
    day_first: bool | None = None,
) -> Proof:
    """Check a claim on its pages and give it its status.

    `complete`: all pages of the document were read, so that a clause flag may be false because no page
    has the clause. `day_first` resolves 03/04/2024 for the whole document; None lets the claim decide.
    """
    indexes = pages if isinstance(pages, PageIndexes) else PageIndexes(pages)
    if claim.absent is not None:
        return _prove_absent(claim, indexes, field)
    if field.kind == "boolean" and not claim.quote.strip() and as_boolean(claim.value) is False:
        return _prove_absence(claim, field, complete=complete)
    places = _find(claim, field, indexes, day_first)
    claim = _with_value(claim, field, places, day_first)
    place, support = _best_support(claim, places, field, day_first)
    printed = bool(support) and support.agreement != "clause"
    if printed and place is not None:
        return _prove_printed(claim, field, places, place, support, indexes)
    if claim.rule and claim.rule not in ("clause", "absence"):
        derived = _prove_derived(claim, field, places, indexes, day_first)
        if derived is not None:
            return derived
    if place is not None and support.agreement == "clause" and field.kind in _DERIVED_KINDS:
        return _prove_clause(claim, field, places, place, support, indexes)
    return _unsupported(claim, field, places, indexes)


def doubt(proof: Proof) -> Proof:
    """The proof of a value that is there but too likely wrong to enter: what it stands on stays visible."""
    if proof.status not in ("grounded", "inferred"):
        return proof
    return replace(proof, status="unsupported", reason="doubtful")


def _find(claim: Claim, field: Field, indexes: PageIndexes, day_first: bool | None) -> list[Place]:
    places = find_in_document(claim.quote, claim.page, indexes, hint_words=claim.words)
    index = indexes.get(claim.page)
    if places or index is None:
        return places
    return find_value_places(field.kind, claim.quote, index, hint_words=claim.words, day_first=day_first)


def _with_value(claim: Claim, field: Field, places: Sequence[Place], day_first: bool | None) -> Claim:
    """A claim that gives a quote alone takes its value from the page's own words."""
    if claim.value is not None or not places:
        return claim
    normal = normalize(field.kind, _text_of(places), day_first=day_first)
    return claim if normal is None else replace(claim, value=normal[0], unit=claim.unit or normal[1])


def _text_of(places: Sequence[Place]) -> str:
    """The first place's text; a quote over a page break is the text of both parts."""
    if len({p.page for p in places}) != 1:
        return " ".join(p.text for p in places)
    return places[0].text


def _best_support(
    claim: Claim, places: Sequence[Place], field: Field, day_first: bool | None
) -> tuple[Place | None, Support]:
    """The first place whose text supports the value."""
    if not places:
        return None, NO_SUPPORT
    if len({p.page for p in places}) > 1:
        return places[0], find_support(claim.value, claim.unit, _text_of(places), field, day_first=day_first)
    tried: dict[str, Support] = {}
    for place in places:
        if place.text not in tried:
            tried[place.text] = find_support(claim.value, claim.unit, place.text, field, day_first=day_first)
        if tried[place.text]:
            return place, tried[place.text]
    return places[0], NO_SUPPORT


def _features(
    claim: Claim,
    field: Field,
    status: Status,
    places: Sequence[Place],
    indexes: PageIndexes,
    support: Support = NO_SUPPORT,
) -> Features:
    place = places[0] if places else None
    index = indexes.get(place.page) if place else None
    return Features(
        kind=field.kind,
        status=status,
        match=place.match if place else None,
        match_score=place.score if place else 0.0,
        agreement=support.agreement,
        score=claim.score,
        word_confidence=index.confidence(place.words) if index and place else 1.0,
        places=len(places),
        distinct=support.distinct,
        length=len(str(claim.value or "")),
    )


def _order(places: Sequence[Place], place: Place) -> list[Place]:
    """The place that supports the value first; a quote over a page break keeps the order of its parts."""
    if len({p.page for p in places}) > 1:
        return list(places)
    return [place, *(p for p in places if p is not place)]


def _prove_printed(
    claim: Claim,
    field: Field,
    places: Sequence[Place],
    place: Place,
    support: Support,
    indexes: PageIndexes,
) -> Proof:
    ordered = _order(places, place)
    return Proof(
        claim=claim,
        value=support.value,
        status="grounded",
        features=_features(claim, field, "grounded", ordered, indexes, support),
        unit=support.unit or claim.unit,
        evidence=to_evidence(ordered, indexes),
        alternative=support.alternative,
    )


def _prove_clause(
    claim: Claim,
    field: Field,
    places: Sequence[Place],
    place: Place,
    support: Support,
    indexes: PageIndexes,
) -> Proof:
    ordered = _order(places, place)
    return Proof(
        claim=claim,
        value=support.value,
        status="inferred",
        features=_features(claim, field, "inferred", ordered, indexes, support),
        evidence=to_evidence(ordered, indexes),
        derivation=Derivation(rule="clause", operands=(_text_of(ordered),)),
    )


def _prove_derived(
    claim: Claim,
    field: Field,
    places: Sequence[Place],
    indexes: PageIndexes,
    day_first: bool | None,
) -> Proof | None:
    located = locate_operands(claim.operands, indexes)
    if not claim.operands and places:
        located = []
    if located is None or (claim.quote.strip() and not places):
        return None
    quoted = _quote_operand(claim, places)
    operands = located or quoted
    holds = rule_holds(claim.rule or "", claim.value, operands, day_first=day_first)
    if not holds and located and quoted:
        # The clause itself may be an operand that the engine gave as the quote alone.
        operands = [*located, *quoted]
        holds = rule_holds(claim.rule or "", claim.value, operands, day_first=day_first)
    if not holds:
        return None
    evidence = to_evidence(places[:1], indexes)
    for item in operands:
        evidence += to_evidence(_operand_places(item), indexes, item.operand.role)
    first = list(places[:1]) or list(operands[0].places[:1])
    texts = tuple(" ".join(item.text.split()) for item in operands)
    return Proof(
        claim=claim,
        value=claim.value,
        status="inferred",
        features=_features(claim, field, "inferred", first, indexes, Support("equal", claim.value)),
        unit=claim.unit,
        evidence=_unique(evidence),
        derivation=Derivation(rule=claim.rule or "", operands=texts),
    )


def _quote_operand(claim: Claim, places: Sequence[Place]) -> list[Located]:
    return [Located(Operand(claim.quote, claim.page), tuple(places))] if places else []


def _operand_places(item: Located) -> Sequence[Place]:
    return item.places if len({p.page for p in item.places}) > 1 else item.places[:1]


def _unique(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Each place once; where it is the quote and an operand too, as the operand that the rule used."""
    kept: dict[tuple[int, tuple[object, ...]], Evidence] = {}
    for item in evidence:
        kept[(item.page, item.boxes)] = item
    return tuple(kept.values())


def _prove_absence(claim: Claim, field: Field, *, complete: bool) -> Proof:
    """`false` for a clause that no page has; as long as pages are unread nobody knows."""
    if not complete:
        features = Features(kind=field.kind, status="missing", score=claim.score)
        return Proof(claim, None, "missing", features, reason="not_read")
    features = Features(kind=field.kind, status="inferred", score=claim.score, agreement="clause")
    return Proof(claim, False, "inferred", features, derivation=Derivation(rule="absence"))


def _prove_absent(claim: Claim, indexes: PageIndexes, field: Field) -> Proof:
    """A place that is open or blacked out: shown, without a value."""
    index = indexes.get(claim.page)
    places = find_in_document(claim.quote, claim.page, indexes, hint_words=claim.words)
    features = Features(kind=field.kind, status="missing", score=claim.score)
    reason: Reason = claim.absent or "blank"
    if places:
        evidence = tuple(
            item.model_copy(update={"match": "region"}) for item in to_evidence(places[:1], indexes)
        )
        return Proof(claim, None, "missing", features, reason=reason, evidence=evidence)
    words = [w for w in claim.words if index is not None and 0 <= w < len(index.page.words)]
    if index is not None and words:
        region = Evidence(
            page=claim.page, quote=claim.quote, match="region", score=0.5, boxes=index.boxes(words)
        )
        return Proof(claim, None, "missing", features, reason=reason, evidence=(region,))
    return Proof(claim, None, "missing", features, reason="not_found")


def _unsupported(claim: Claim, field: Field, places: Sequence[Place], indexes: PageIndexes) -> Proof:
    """The page does not show it; where the quote stands, it stays as the place to look at."""
    features = _features(claim, field, "unsupported", places[:1], indexes)
    if claim.value is None:
        return Proof(claim, None, "missing", replace(features, status="missing"), reason="not_found")
    return Proof(
        claim=claim,
        value=claim.value,
        status="unsupported",
        features=features,
        unit=claim.unit,
        evidence=to_evidence(places[:1], indexes),
    )
