"""What speaks for and against a claimed value: the numbers that the verifier weighs.

All are general: nothing here knows a schema or a layout. The page's own words say how well the value is
proven, the embedded engine says what it would have claimed, and the field's names say whether the words
beside the value are its label or another field's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

from docai.extraction.vlm.labels import LabelFinder
from docai.grounding.location import Place, find_in_document
from docai.grounding.proof import Proof, prove
from docai.grounding.text_index import PageIndexes
from docai.schema import Field, Schema, template
from docai.types import Claim, Page, Scalar
from docai.values.compare import fold, same_value
from docai.values.dates import guess_day_first
from docai.values.names import find_organizations, find_persons

_RANK = {"grounded": 2, "inferred": 2, "unsupported": 1, "missing": 0}
_AMOUNTS = frozenset(("money", "number", "integer", "percent"))
_NAMES = frozenset(("organization", "person", "party"))
_TEXTS = frozenset(("organization", "person", "party", "address", "title", "text", "identifier"))
_COUNTED = frozenset(("date", "money", "number", "integer", "percent", "duration", "identifier", "place"))
_NEAR = 0.85
"""Texts that have so much in common are one text, misread or cut at other borders."""
_DENIES = re.compile(
    r"\b(?:no|not|nor|neither|never|none|nothing|without|except|cannot|\w{1,10}n['’]t|kein\w{0,3}|nicht|nie|ohne"
    r"|ne|pas|aucune?|ni|sans|jamais)\b",
    re.IGNORECASE,
)
"""A "no" is stated by words that deny; a passage without any that is quoted for one says the opposite."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value of one leaf. `said`: the model's claims of it, `others`: the second opinion's; one at least
    is not empty.
    """

    field: Field
    said: tuple[Claim, ...]
    others: tuple[Claim, ...] = ()

    @property
    def lead(self) -> Claim:
        return (self.said or self.others)[0]

    @property
    def value(self) -> Scalar:
        return self.lead.value


def log_odds(probability: float) -> float:
    clipped = min(max(probability, 0.02), 0.98)
    return math.log(clipped / (1 - clipped))


def from_log_odds(odds: float) -> float:
    """The probability, 0..1."""
    return 1 / (1 + math.exp(-odds))


def denies(text: str) -> bool:
    """Whether a passage has words that deny."""
    return _DENIES.search(text) is not None


class Signals:
    """Measures candidates of one document. `others`: all claims of the second opinion."""

    def __init__(self, pages: Sequence[Page], others: Sequence[Claim], schema: Schema) -> None:
        self._indexes = PageIndexes(pages)
        self._others = [o for o in others if o.value is not None]
        self._fields = {field.path: field for field in schema.fields}
        self._labels = LabelFinder(schema)
        self._counts: dict[str, int] = {}
        self._proofs: dict[tuple[object, ...], Proof] = {}

    @cached_property
    def _day_first(self) -> bool | None:
        return guess_day_first(self._indexes.texts())

    def measure(self, candidate: Candidate, said: Sequence[Claim] = ()) -> dict[str, float]:
        """Named numbers; what is not named is zero. `said`: what the model says of the field."""
        field = candidate.field
        proof = self.prove(candidate)
        places = find_in_document(
            proof.claim.quote, proof.claim.page, self._indexes, hint_words=proof.claim.words
        )
        place = places[0] if places and proof.evidence else None
        found = {
            "said": float(bool(candidate.said)),
            "said_again": math.log1p(len({c.page for c in candidate.said})) if candidate.said else 0.0,
            f"kind={_group(field.kind)}": 1.0,
            "many": float(field.many),
            "cell": float(field.group is not None),
            **self._second_opinion(candidate),
            **_measure_proof(proof, len(places)),
            **self._measure_words(place),
            **self._measure_position(field, place),
        }
        if not candidate.said:
            found |= self._first_opinion(candidate, said)
        if field.kind == "boolean":
            found |= self._measure_flag(candidate)
        elif place is not None and field.group is None:
            found |= self._measure_label(field, candidate.value, place)
        if field.kind in _COUNTED and field.group is None:
            found["rivals_printed"] = math.log1p(self._count_values(field.kind))
        return {name: value for name, value in found.items() if value}

    def prove(self, candidate: Candidate) -> Proof:
        """The best proof of the candidate's claims."""
        proofs = [self._prove_claim(c, candidate.field) for c in (*candidate.said, *candidate.others)]
        return max(proofs, key=lambda proof: (_RANK[proof.status], proof.match_score))

    def _prove_claim(self, claim: Claim, field: Field) -> Proof:
        key = (claim.path, claim.quote, str(claim.value), claim.page, claim.words, claim.rule)
        if key not in self._proofs:
            self._proofs[key] = prove(claim, self._indexes, field, day_first=self._day_first)
        return self._proofs[key]

    def _first_opinion(self, candidate: Candidate, said: Sequence[Claim]) -> dict[str, float]:
        """Of a value that the model does not claim: how well what it claims instead is proven."""
        field = candidate.field
        near = [c for c in said if field.kind in _TEXTS and _alike(candidate.value, c.value) >= _NEAR]
        proofs = [self._prove_claim(claim, field) for claim in said if claim not in near]
        return {
            "said_nearly": float(bool(near)),
            "said_other_proven": max((p.match_score for p in proofs if _RANK[p.status] == 2), default=0.0),
        }

    def _second_opinion(self, candidate: Candidate) -> dict[str, float]:
        """What the embedded engine says of the field, and of the value for other fields."""
        field, value = candidate.field, candidate.value
        listed = field.group is not None or field.many
        about = [o for o in self._others if (template(o.path) if listed else o.path) == field.path]
        agreeing = [o.score or 0.0 for o in about if same_value(field.kind, o.value, value)]
        kind = _group(field.kind)
        found = {"silent": self._knowledge * (not about)}
        if agreeing:
            found |= {"agrees": 1.0, f"agrees:{kind}": 1.0, "agrees_surely": log_odds(max(agreeing))}
        if listed:
            return found
        for name, opinion in self._find_rivals(candidate, about).items():
            found[name] = opinion
            found[f"{name}:{kind}"] = max(0.0, opinion)
            found[f"{name}!"] = 1.0
        if not agreeing:
            found["elsewhere"] = self._elsewhere(candidate)
        return found

    @cached_property
    def _knowledge(self) -> float:
        """0..1: how much of the schema the embedded engine knows something of: only then silence tells."""
        singles = {path for path, field in self._fields.items() if field.kind != "boolean"}
        told = {template(o.path) for o in self._others} & singles
        return min(1.0, 2 * len(told) / len(singles)) if singles else 0.0

    def _find_rivals(self, candidate: Candidate, about: Sequence[Claim]) -> dict[str, float]:
        """Log odds of the second opinion's best other value: `nearly` the same (one of them misread, or cut
        at another border), or `against` this one."""
        field, found = candidate.field, dict[str, float]()
        for other in about:
            if same_value(field.kind, other.value, candidate.value):
                continue
            near = field.kind in _TEXTS and _alike(candidate.value, other.value) >= _NEAR
            name = "nearly" if near else "against"
            found[name] = max(found.get(name, -9.0), log_odds(other.score or 0.0))
        return found

    def _elsewhere(self, candidate: Candidate) -> float:
        """How sure the second opinion is that the value (a clause: the passage) is another field's."""
        best = 0.0
        for other in self._others:
            home = self._fields.get(template(other.path))
            if home is None or home.path == candidate.field.path or home.kind != candidate.field.kind:
                continue
            if home.kind == "boolean":
                same = other.value is True and any(_overlap(c.quote, other.quote) for c in candidate.said)
            else:
                same = same_value(home.kind, other.value, candidate.value)
            if same:
                best = max(best, other.score or 0.0)
        return best

    def _measure_words(self, place: Place | None) -> dict[str, float]:
        """How badly the words were read: on the average, and the worst that has digits."""
        index = self._indexes.get(place.page) if place is not None else None
        if index is None or place is None:
            return {}
        words = [index.page.words[n] for n in place.words]
        digits = [
            w.confidence for w in words if w.confidence is not None and any(c.isdigit() for c in w.text)
        ]
        return {
            "doubtful_words": 1 - index.confidence(place.words),
            "doubtful_digits": 1 - min(digits, default=1.0),
        }

    def _measure_position(self, field: Field, place: Place | None) -> dict[str, float]:
        """Names, titles and addresses: whether they stand where documents begin, and look like names."""
        kind = _group(field.kind)
        index = self._indexes.get(place.page) if place is not None else None
        if index is None or place is None or kind not in ("name", "title", "address") or field.group:
            return {}
        share = place.words[0] / len(index.page.words) if place.words else 1.0
        found = {f"late:{kind}": share if place.page == self._indexes.numbers[0] else 1.0}
        if kind == "name":
            found["looks_name"] = float(bool(find_organizations(place.text) or find_persons(place.text)))
        return found

    def _measure_label(self, field: Field, value: Scalar, place: Place) -> dict[str, float]:
        index = self._indexes.get(place.page)
        if index is None:
            return {}
        before = index.reading.text[max(0, place.start - 70) : place.start] if place.end else ""
        own, other = self._labels.find(field, before, place.text, value)
        return {"label": float(own), "label_other": float(other)}

    def _measure_flag(self, candidate: Candidate) -> dict[str, float]:
        """A clause: whether its words name the field, and whether a "no" has words that deny."""
        yes = candidate.value is True
        quotes = [c.quote for c in candidate.said if c.quote]
        if not quotes:
            return {"absent": float(not yes)}
        named = max(self._labels.share_named(candidate.field, quote) for quote in quotes)
        same_place = any(
            _overlap(quote, o.quote)
            for quote in quotes
            for o in self._others
            if o.path == candidate.field.path and o.value is True
        )
        return {
            "yes": float(yes),
            "yes_named": named * yes,
            "yes_same_place": float(yes and same_place),
            "no_quoted": float(not yes),
            "no_denied": float(not yes and any(denies(quote) for quote in quotes)),
            "no_named": named * (not yes),
        }

    def _count_values(self, kind: str) -> int:
        if kind not in self._counts:
            values = {
                str(found.value)
                for number in self._indexes.numbers
                if (index := self._indexes.get(number)) is not None
                for found in index.found(kind, self._day_first)
            }
            self._counts[kind] = len(values)
        return self._counts[kind]


def _measure_proof(proof: Proof, places: int) -> dict[str, float]:
    features = proof.features
    return {
        f"status={features.status}": 1.0,
        f"match={features.match}": 1.0,
        f"agreement={features.agreement}": 1.0,
        "match_score": features.match_score,
        "places": math.log1p(places),
        "distinct": math.log(max(1, features.distinct)),
        "length": math.log1p(features.length) / 4,
        "rule": float(proof.derivation is not None and proof.derivation.rule not in ("clause", "absence")),
    }


def _group(kind: str) -> str:
    if kind in _AMOUNTS:
        return "amount"
    return "name" if kind in _NAMES else kind


def _alike(one: Scalar, other: Scalar) -> float:
    """0..1: how much two texts have in common, borders apart."""
    a, b = fold(str(one)), fold(str(other))
    return fuzz.ratio(a, b) / 100 if a and b else 0.0


def _overlap(one: str, other: str) -> bool:
    a, b = fold(one), fold(other)
    return bool(a and b) and (a in b or b in a)


def list_candidates(
    said: Iterable[Claim], others: Iterable[Claim], fields: Mapping[str, Field]
) -> list[Candidate]:
    """Values of single fields and list values, equal claims together; cells of rows stand each alone."""
    groups: list[tuple[Field, list[Claim], list[Claim]]] = []
    by_path: dict[str, list[int]] = {}
    for claim, own in [*((c, True) for c in said), *((c, False) for c in others)]:
        field = fields[template(claim.path)]
        key = claim.path if field.group is not None else field.path
        for at in by_path.get(key, ()):
            known = (groups[at][1] or groups[at][2])[0]
            if same_value(field.kind, known.value, claim.value):
                (groups[at][1] if own else groups[at][2]).append(claim)
                break
        else:
            by_path.setdefault(key, []).append(len(groups))
            groups.append((field, [claim], []) if own else (field, [], [claim]))
    return [Candidate(field, tuple(mine), tuple(theirs)) for field, mine, theirs in groups]
