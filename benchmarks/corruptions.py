"""Ways of being wrong, in equal shares as far as a document's fields allow them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from corrupted_cases import Case, Truth

from docai.extraction.vlm.claims import TERM_RULE, find_cell
from docai.types import Claim, Operand
from docai.values.compare import find, fold, same_value
from docai.values.dates import add_term
from docai.values.durations import parse_duration

SHARE = 0.3
OMITTED = 0.1
"""How many of a document's clauses a model is taken to overlook: what absence is worth depends on it."""
_TEXTS = ("organization", "party", "title", "address", "text", "identifier")


@dataclass(frozen=True)
class Told:
    """One claim of the model. `spoiled`: how it was made wrong, or empty; `value`: as claimed (a computed
    date: what the claim comes to)."""

    truth: Truth
    spoiled: str
    value: Any
    claims: tuple[Claim, ...]


def tell(case: Case, others: Sequence[Case], seed: int, share: float = SHARE) -> Iterator[Told]:
    """What a model says about a document, `share` of it wrong (of 0 nothing is overlooked either); the ways
    that were used least come first.
    """
    omitted = OMITTED if share else 0.0
    chance = random.Random(f"{seed} {case.name}")
    used: Counter[str] = Counter()
    for truth in case.truths:
        wrong = spoil(truth, case, others, chance, used) if chance.random() < share else None
        if wrong is not None:
            yield wrong
        elif truth.field.kind != "boolean" or chance.random() >= omitted:
            yield Told(truth, "", truth.value, (make_claim(truth),))
    for leaf in case.silent:
        # A clause that is not there, with a passage that states another: as often as a true one is denied.
        if case.lines and chance.random() < share / 2:
            quote = chance.choice(case.lines)
            truth = Truth(leaf, False, quote, find_page(case, quote), leaf.path)
            wrong_claim = Claim(leaf.path, quote, True, truth.page, "vlm")
            yield Told(truth, "flag invented", True, (wrong_claim,))


def make_claim(truth: Truth) -> Claim:
    if not truth.term:
        return Claim(truth.path, truth.quote, truth.value, truth.page, "vlm")
    operands = (
        Operand(truth.quote, truth.page, truth.term),
        Operand(truth.start, truth.page, role="definition"),
    )
    return Claim(truth.path, truth.quote, None, truth.page, "vlm", rule=TERM_RULE, operands=operands)


def find_page(case: Case, quote: str) -> int:
    folded = fold(quote)[:60]
    for page in case.pages:
        if folded in fold(" ".join(word.text for word in page.words)):
            return page.number
    return 1


def spoil(
    truth: Truth, case: Case, others: Sequence[Case], chance: random.Random, used: Counter[str]
) -> Told | None:
    """One way of being wrong, of those that this field can have that which was used least."""
    if truth.term:
        return compute_wrongly(truth, case, chance)
    ways = {
        "digit": change_digit(truth, chance),
        "other role": take_other_role(truth, case, chance),
        "other document": take_other_document(truth, others, chance),
        "month": move_month(truth, chance),
        "invented": invent(truth, chance),
        "flipped": replace(truth, value=not truth.value) if truth.field.kind == "boolean" else None,
    }
    possible = [
        (used[way], chance.random(), way, wrong)
        for way, wrong in ways.items()
        if wrong is not None and not same_value(truth.field.kind, wrong.value, truth.value)
    ]
    if not possible:
        return None
    _, _, way, wrong = min(possible)
    used[way] += 1
    if truth.row:
        wrong = replace(wrong, quote=find_cell(truth.field, wrong.value, truth.row))
    return Told(truth, way, wrong.value, (make_claim(wrong),))


def compute_wrongly(truth: Truth, case: Case, chance: random.Random) -> Told | None:
    """The sum done by the model and wrong, another period, or another start."""
    way = "computed date"
    choice = chance.choice(("sum", "term", "start"))
    if choice == "term":
        found = [(f, line) for line in case.lines for f in find("duration", line)]
        wrong = [(f, q) for f, q in found if not same_value("duration", str(f.value), truth.term)]
        if wrong:
            period, quote = chance.choice(wrong)
            claim = make_claim(replace(truth, term=period.text, quote=quote, page=find_page(case, quote)))
            return Told(truth, way, "", (claim,))
    if choice == "start":
        dates = [(f.value, line) for line in case.lines for f in find("date", line)]
        duration = parse_duration(truth.term)
        wrong_dates = [
            (d, q) for d, q in dates if duration and not same_value("date", _end(d, truth.term), truth.value)
        ]
        if wrong_dates and duration is not None:
            start, quote = chance.choice(wrong_dates)
            claim = make_claim(truth)
            operands = (claim.operands[0], Operand(quote, find_page(case, quote), start))
            end = _end(start, truth.term)
            return Told(truth, way, end, (replace(claim, value=end, operands=operands),))
    days = chance.choice((-365, 365, -30, 31, 1827))
    end = (date.fromisoformat(str(truth.value)) + timedelta(days=days)).isoformat()
    return Told(truth, way, end, (Claim(truth.path, truth.quote, end, truth.page, "vlm"),))


def _end(start: Any, term: str) -> str:
    duration = parse_duration(term)
    try:
        return str(add_term(str(start), duration)) if duration else ""
    except ValueError:
        return ""


def change_digit(truth: Truth, chance: random.Random) -> Truth | None:
    text = str(truth.value)
    places = [i for i, c in enumerate(text) if c.isdigit()]
    if not places or truth.field.kind == "boolean":
        return None
    at = chance.choice(places)
    changed = text[:at] + chance.choice("123456789".replace(text[at], "")) + text[at + 1 :]
    return replace(truth, value=type(truth.value)(changed))


def take_other_role(truth: Truth, case: Case, chance: random.Random) -> Truth | None:
    """A value of the same kind that the document prints elsewhere, quoted where it stands."""
    kind = truth.field.kind
    if kind in ("place", "boolean"):
        return None
    if truth.row:
        found = [(f.value, truth.row) for f in find("number", truth.row)] if kind not in _TEXTS else []
    elif kind in _TEXTS:
        found = [(line, line) for line in case.lines if sum(c.isalpha() for c in line) > 8]
    else:
        found = [(f.value, line) for line in case.lines for f in find(kind, line, day_first=True)]
    wrong = [(v, q) for v, q in found if v and not same_value(kind, v, truth.value)]
    if kind in _TEXTS:
        wrong = [(v, q) for v, q in wrong if fold(str(v)) not in fold(str(truth.value))]
        wrong = [(v, q) for v, q in wrong if fold(str(truth.value)) not in fold(str(v))]
    if not wrong:
        return None
    value, quote = chance.choice(wrong)
    return replace(truth, value=value, quote=quote, page=truth.page if truth.row else find_page(case, quote))


def take_other_document(truth: Truth, others: Sequence[Case], chance: random.Random) -> Truth | None:
    values = [t.value for c in others for t in c.truths if t.field.path == truth.field.path]
    return replace(truth, value=chance.choice(values)) if values and truth.field.kind != "boolean" else None


def move_month(truth: Truth, chance: random.Random) -> Truth | None:
    if truth.field.kind != "date":
        return None
    day = date.fromisoformat(str(truth.value)) + timedelta(days=chance.choice((-30, 30, 31)))
    return replace(truth, value=day.isoformat())


def invent(truth: Truth, chance: random.Random) -> Truth | None:
    amount = Decimal(f"{chance.randint(1, 999)}.{chance.randint(10, 99)}")
    made: dict[str, Any] = {
        "date": f"20{chance.randint(10, 24)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}",
        "money": amount,
        "number": amount,
        "organization": "GOLDEN HARBOUR TRADING",
        "party": "Golden Harbour Trading Ltd",
        "duration": f"{chance.randint(2, 80)} days",
        "place": "Wyoming",
        "title": "Aircraft Lease Agreement",
        "address": "17 Orchard Lane, Springfield",
        "text": "Brass fittings, set of four",
        "identifier": f"GH-{chance.randint(1000, 99999)}",
        "currency": "NZD",
    }
    value = made.get(truth.field.kind)
    return None if value is None else replace(truth, value=value)
