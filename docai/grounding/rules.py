"""Named rules that derive a value from located operands; each is computed again here, never believed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from docai.grounding.location import Place, find_in_document
from docai.grounding.text_index import PageIndexes
from docai.types import Operand, Scalar
from docai.values.compare import as_decimal, find, fold, same_value
from docai.values.dates import add_term
from docai.values.durations import parse_duration

_CENT = Decimal("0.01")
_RUNS_ON = re.compile(
    r"\b(?:continu\w{0,4}|remain|renew\w{0,5}|effect|force|term)\b[^.;]{0,200}\b(?:until|unless)\b[^.;]{0,80}\bterminat"
    r"|\b(?:perpetual|indefinite)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Located:
    """An operand with the places where pages print it."""

    operand: Operand
    places: tuple[Place, ...]

    @property
    def text(self) -> str:
        """The page's own words; parts over a page break are joined."""
        if len({p.page for p in self.places}) > 1:
            return " ".join(p.text for p in self.places)
        return self.places[0].text


def locate_operands(operands: Sequence[Operand], indexes: PageIndexes) -> list[Located] | None:
    """All operands on their pages; None as soon as one is not printed."""
    located: list[Located] = []
    for operand in operands:
        places = find_in_document(operand.quote, operand.page, indexes, hint_words=operand.words)
        if not places:
            return None
        located.append(Located(operand, tuple(places)))
    return located


def _values(located: Sequence[Located], kind: str, day_first: bool | None) -> list[Scalar]:
    """Values of a kind that the operands print; one that names its value gives that one alone."""
    values: list[Scalar] = []
    for item in located:
        found = find(kind, item.text, day_first=day_first)
        printed = [f.value for f in found] + [f.alternative for f in found if f.alternative is not None]
        stated = item.operand.value
        if stated is None:
            values += printed
        else:
            values += [p for p in printed if same_value(kind, p, stated)]
    return values


def _check_term(value: Scalar, located: Sequence[Located], day_first: bool | None) -> bool:
    """Start date + term, the start counted or not."""
    for start in _values(located, "date", day_first):
        for term in _values(located, "duration", day_first):
            duration = parse_duration(str(term))
            if duration is None:
                continue
            for inclusive in (False, True):
                try:
                    end = add_term(str(start), duration, inclusive=inclusive)
                except ValueError:
                    continue
                if same_value("date", end, value):
                    return True
    return False


def _amounts(located: Sequence[Located]) -> list[Decimal] | None:
    amounts: list[Decimal] = []
    for item in located:
        printed = [as_decimal(f.value) for k in ("money", "number", "percent") for f in find(k, item.text)]
        stated = as_decimal(item.operand.value)
        if stated is not None:
            if stated not in printed and as_decimal(item.text) != stated:
                return None
            amounts.append(stated)
            continue
        distinct = {p for p in printed if p is not None}
        if len(distinct) != 1:
            return None
        amounts.append(distinct.pop())
    return amounts


def _check_sum(value: Scalar, located: Sequence[Located], _: bool | None) -> bool:
    wanted, amounts = as_decimal(value), _amounts(located)
    return wanted is not None and bool(amounts) and sum(amounts or (), Decimal(0)) == wanted


def _check_difference(value: Scalar, located: Sequence[Located], _: bool | None) -> bool:
    wanted, amounts = as_decimal(value), _amounts(located)
    if wanted is None or not amounts or len(amounts) < 2:
        return False
    return amounts[0] - sum(amounts[1:], Decimal(0)) == wanted


def _check_product(value: Scalar, located: Sequence[Located], _: bool | None) -> bool:
    wanted, amounts = as_decimal(value), _amounts(located)
    if wanted is None or not amounts or len(amounts) < 2:
        return False
    product = Decimal(1)
    for amount in amounts:
        product *= amount
    return abs(product - wanted) < _CENT


def _check_definition(value: Scalar, located: Sequence[Located], day_first: bool | None) -> bool:
    """The value is what a definition prints ("the date first above written")."""
    definitions = [item for item in located if item.operand.role == "definition"] or list(located)
    kinds = ("date", "money", "duration", "number")
    return any(same_value(kind, v, value) for kind in kinds for v in _values(definitions, kind, day_first))


def _check_perpetual(value: Scalar, located: Sequence[Located], _: bool | None) -> bool:
    """A clause under which the agreement runs on until somebody ends it."""
    if fold(str(value)) not in ("perpetual", "indefinite", "untilterminated"):
        return False
    return any(_RUNS_ON.search(item.text) is not None for item in located)


_CHECKS: dict[str, Callable[[Scalar, Sequence[Located], bool | None], bool]] = {
    "start+term": _check_term,
    "sum": _check_sum,
    "difference": _check_difference,
    "product": _check_product,
    "definition": _check_definition,
    "perpetual": _check_perpetual,
}


def rule_holds(
    rule: str, value: Scalar, located: Sequence[Located], *, day_first: bool | None = None
) -> bool:
    """Whether the rule gives this value from what the operands print; unknown rules give nothing."""
    check = _CHECKS.get(rule)
    return check is not None and bool(located) and check(value, located, day_first)
