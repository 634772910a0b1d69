"""A tax printed in parts ("CGST" and "SGST", 19 % and 7 %): the tax is their sum, and no part of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from docai.extraction.forms.candidates import Candidate
from docai.extraction.forms.claims import ENGINE, make_claim
from docai.extraction.forms.features import amount_role
from docai.extraction.forms.labels import LabelMatcher
from docai.extraction.forms.ranking import Ranked
from docai.extraction.layout import overlap
from docai.schema import Field
from docai.types import Claim, Operand

# Words that make an amount with a tax's label another one: "total incl. GST", "net of VAT".
_OTHER_SUMS = frozenset(["total", "sub", "net", "gross", "exclusive", "inclusive", "due", "id", "number"])
MAX_PARTS = 4
# Rows from one part to the next: a line between them may name the rate.
MAX_ROWS_APART = 3
MAX_SHARE = Decimal("0.35")


def settle_taxes(
    ranked: Sequence[Ranked], made: Sequence[list[Claim]], matcher: LabelMatcher, indices: Sequence[int]
) -> list[list[Claim]]:
    """The claims of all fields, those of taxes in parts made anew; all arguments run over the fields."""
    out = list(made)
    money = [k for k, r in enumerate(ranked) if r.field.kind == "money" and not r.field.many and r.candidates]
    roles = {k: amount_role(matcher, indices[k]) for k in money}
    best = {k: ranked[k].candidates[0] for k in money if made[k]}
    sums = [best[k] for k in best if roles[k] == "sum"]
    nets = [best[k] for k in best if roles[k] == "net"]
    for k in money:
        if roles[k] == "tax":
            candidates = ranked[k].candidates
            net = nets[0] if len(nets) == 1 else None
            out[k] = settle_tax(ranked[k].field, matcher, made[k], best.get(k), candidates, sums, net)
    return out


def settle_tax(
    field: Field,
    matcher: LabelMatcher,
    claims: Sequence[Claim],
    chosen: Candidate | None,
    candidates: Sequence[Candidate],
    sums: Sequence[Candidate],
    net: Candidate | None,
) -> list[Claim]:
    """Claims for a tax whose best value may be one of several parts.

    `sums`: what the document's fields of sums took, `net`: its sum before tax. The sum of the parts is
    claimed when it and a printed amount make such a sum, or that sum less `net`; else nothing.
    """
    parts = sorted((c for c in candidates if is_tax(c, matcher)), key=lambda c: (c.page, c.cell.row))
    runs = [run for run in _runs(parts) if chosen is None or chosen in run]
    totals = {as_amount(c) for c in sums} or {max((as_amount(c) for c in candidates), default=Decimal(0))}
    printed = {as_amount(c) for c in candidates}
    if not runs or any(_adds_up(as_amount(c), printed, totals) for c in ([chosen] if chosen else parts)):
        return list(claims)
    score = max([0.7, *(c.score or 0.0 for c in claims[:1])])
    for run in sorted(runs, key=len, reverse=True):
        total = sum((as_amount(c) for c in run), Decimal(0))
        if _adds_up(total, printed, totals):
            same = next((c for c in candidates if as_amount(c) == total), None)
            return [
                make_claim(same, field, field.path, score)
                if same
                else _derived(field, run, total, score, "sum")
            ]
    if chosen is None or all(as_amount(c) == as_amount(chosen) for run in runs for c in run):
        return list(claims)
    for gross in sums:
        tax = as_amount(gross) - as_amount(net) if net is not None else Decimal(0)
        if net is not None and as_amount(chosen) < tax <= MAX_SHARE * as_amount(net):
            return [_derived(field, [gross, net], tax, score, "difference")]
    return []


def as_amount(candidate: Candidate) -> Decimal:
    return Decimal(str(candidate.value))


def is_tax(candidate: Candidate, matcher: LabelMatcher) -> bool:
    """Whether the nearest label speaks of a tax and of no other sum."""
    near = next((words for t in candidate.context.labels() if (words := matcher.tokens(t))), ())
    return "tax" in near and not _OTHER_SUMS & set(near)


def _runs(parts: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    """Parts that stand one below the other, two to four of them."""
    for start in range(len(parts)):
        run = [parts[start]]
        for other in parts[start + 1 :]:
            last = run[-1]
            below = 0 < other.cell.row - last.cell.row <= MAX_ROWS_APART and other.page == last.page
            if not below or overlap(other.cell.box, last.cell.box) < 0.3:
                continue
            run.append(other)
            if len(run) > MAX_PARTS:
                break
            yield list(run)


def _adds_up(tax: Decimal, printed: set[Decimal], totals: set[Decimal]) -> bool:
    """Whether a printed amount and the tax make one of the totals."""
    nets = (total - tax for total in totals)
    return tax != 0 and any(net in printed and abs(tax) <= MAX_SHARE * abs(net) for net in nets)


def _operand(candidate: Candidate) -> Operand:
    return Operand(candidate.text, candidate.cell.page, candidate.value, candidate.words)


def _derived(field: Field, operands: Sequence[Candidate], value: Decimal, score: float, rule: str) -> Claim:
    first = operands[0]
    return Claim(
        path=field.path,
        quote=first.text,
        value=value,
        page=first.cell.page,
        engine=ENGINE,
        score=round(min(1.0, score), 4),
        words=first.words,
        rule=rule,
        operands=tuple(_operand(c) for c in operands),
        unit=first.unit,
    )
