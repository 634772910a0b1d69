"""Whether a table's rows add up to what the document says: a row that is missing shows there first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from docai.grounding.text_index import PageIndexes
from docai.schema import Field, Schema, template
from docai.schema.kinds import name_tokens
from docai.types import FieldValue, Page
from docai.values.compare import as_decimal

_CENTS = Decimal("0.05")
"""Sums of rounded amounts differ by some cents."""
_MOST_TAX = Decimal("1.35")
"""Where only a total with tax is known, rows without tax come to no less than this share of it."""
_FOUND = frozenset(("grounded", "inferred", "corrected"))
_ROW_TOTALS = frozenset(("total", "amount", "sum", "betrag", "summe", "gesamt", "montant", "net", "netto"))
_EACH = frozenset(("unit", "price", "rate", "each", "preis", "einzelpreis", "prix", "unitaire", "tax", "vat"))
_COUNTS = frozenset(("quantity", "qty", "count", "menge", "anzahl", "quantite", "pieces", "units", "spots"))
_TAXES = frozenset(("tax", "vat", "gst", "mwst", "ust", "umsatzsteuer", "tva", "steuer"))
_ADDED = frozenset(
    ("shipping", "freight", "delivery", "handling", "tip", "versand", "fracht", "porto", "port")
)
_TAKEN = frozenset(("discount", "rebate", "allowance", "rabatt", "nachlass", "skonto", "remise"))
_NO_SUMS = frozenset(
    ("paid", "due", "change", "balance", "deposit", "cash", "price", "fee", "cap", "limit", "rounding")
)
_NET = frozenset(("net", "netto", "subtotal", "zwischensumme", "ht"))
_COUNT = re.compile(
    r"\b(?:(?:number|no\.|nr\.|count)\s{1,3}of|total)\s{1,3}(?:line\s?)?(?:items|lines|positions|articles)"
    r"\s{0,3}[:.]?\s{0,3}(\d{1,4})(?![\d.,%])"
    r"|\banzahl\s{1,3}(?:der\s{1,3})?(?:positionen|artikel|posten)\s{0,3}[:.]?\s{0,3}(\d{1,4})(?![\d.,%])"
    r"|\bnombre\s{1,3}(?:total\s{1,3})?(?:d.{1,3}articles|de\s{1,3}lignes)\s{0,3}[:.]?\s{0,3}(\d{1,4})(?![\d.,%])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RowCheck:
    """A list's rows against the document, where they do not agree.

    `sum` of the rows and the `total` that they should come to (None: the sum is not in doubt), which is the
    value of `path`; `exact`: rows come to just that, not to it less some tax. `printed`: the document prints
    the rows' sum, so that a charge may explain the rest as well as a missing row. `count`: how many rows a
    page says there are (None: not in doubt).
    """

    group: str
    rows: int
    sum: Decimal
    total: Decimal | None = None
    path: str = ""
    exact: bool = False
    printed: bool = False
    count: int | None = None

    @property
    def lacks(self) -> bool:
        """Whether rows seem to be missing, rather than to be too many or misread."""
        fewer = self.count is not None and self.rows < self.count
        return fewer or (self.total is not None and abs(self.sum) < abs(self.total))

    @property
    def difference(self) -> Decimal | None:
        """What the missing rows should come to, where that is known."""
        return self.total - self.sum if self.total is not None and self.exact else None


@dataclass(frozen=True, slots=True)
class _Totals:
    """Amounts of the document that say something of its rows: (path, value) each."""

    plain: tuple[tuple[str, Decimal], ...]
    taxes: tuple[Decimal, ...]
    added: tuple[Decimal, ...]
    taken: tuple[Decimal, ...]

    def list_sums(self) -> Iterator[tuple[str, Decimal, bool]]:
        """(path, what rows may come to, whether rows without tax do so exactly), the likeliest first."""
        net = [(p, v) for p, v in self.plain if set(name_tokens(p)) & _NET]
        gross = [(p, v) for p, v in self.plain if (p, v) not in net]
        tax, extra = sum(self.taxes, Decimal(0)), sum(self.added, Decimal(0)) - sum(self.taken, Decimal(0))
        for path, value in net:
            yield path, value - extra, True
        for path, value in gross:
            yield path, value - tax - extra, bool(self.taxes)
        for path, value in gross:
            yield path, value - extra, False
        for path, value in self.plain:
            yield path, value, False


def check_rows(schema: Schema, fields: Sequence[FieldValue], pages: Sequence[Page]) -> list[RowCheck]:
    """Every list with an amount a row whose rows come to nothing that the document says, or that are not as
    many as a page says. Lists about which the document says nothing are not in doubt.
    """
    found = {f.path: f for f in fields if f.status in _FOUND}
    values = {path: _to_decimal(f) for path, f in found.items()}
    totals = _list_totals(schema, values)
    indexes = PageIndexes(pages)
    checks = []
    for group in dict.fromkeys(f.group for f in schema.fields if f.group is not None):
        members = [f for f in schema.fields if f.group == group]
        numbers = {int(path.removeprefix(f"{group}/").split("/")[0]) for path in found if _is_in(path, group)}
        leaf = find_row_total(members)
        if not numbers or leaf is None:
            continue
        check = _check_sum(RowCheck(group, len(numbers), Decimal(0)), leaf, values, totals, indexes)
        count = _find_count(indexes, len(numbers), _sum_counts(members, values))
        check = replace(check, count=count)
        if check.total is not None or check.count is not None:
            checks.append(check)
    return checks


def find_row_total(members: Sequence[Field]) -> Field | None:
    """The column of a row's total, told by its name; None where there is none or several."""
    found = [
        field
        for field in members
        if field.kind == "money"
        and (words := set(name_tokens(field.name))) & _ROW_TOTALS
        and not words & _EACH
    ]
    return found[0] if len(found) == 1 else None


def describe_check(check: RowCheck) -> str | None:
    """What does not add up, in words; None where something may explain it."""
    told = []
    if check.total is not None and not check.printed:
        about = "is" if check.exact else "would be about"
        told.append(
            f"the {check.rows} rows of {check.group} come to {check.sum}, by {check.path} it {about} "
            f"{check.total}"
        )
    if check.count is not None:
        told.append(f"{check.group} has {check.rows} rows, a page says {check.count}")
    return "; ".join(told) or None


def _is_in(path: str, group: str) -> bool:
    return path.startswith(f"{group}/") and path.removeprefix(f"{group}/").split("/")[0].isdigit()


def _to_decimal(field: FieldValue) -> Decimal | None:
    """Numbers stand in records as they leave the program: JSON numbers."""
    value = field.value
    return None if value is None or isinstance(value, bool) else as_decimal(str(value))


def _list_totals(schema: Schema, values: Mapping[str, Decimal | None]) -> _Totals:
    sorted_out: dict[str, list[tuple[str, Decimal]]] = {"plain": [], "tax": [], "added": [], "taken": []}
    for field in schema.fields:
        value = values.get(field.path)
        if value is None or field.kind != "money" or field.group is not None or field.many:
            continue
        words = set(name_tokens(field.name))
        if words & _NO_SUMS:
            continue
        parts = (("tax", _TAXES), ("added", _ADDED), ("taken", _TAKEN))
        kind = next((name for name, known in parts if words & known), "plain")
        sorted_out[kind].append((field.path, value if kind == "plain" else abs(value)))
    signless = {kind: tuple(v for _, v in pairs) for kind, pairs in sorted_out.items()}
    return _Totals(tuple(sorted_out["plain"]), signless["tax"], signless["added"], signless["taken"])


def _check_sum(
    check: RowCheck, leaf: Field, values: Mapping[str, Decimal | None], totals: _Totals, indexes: PageIndexes
) -> RowCheck:
    """The check with the total that the rows fail to come to; as it is where they come to one."""
    amounts = [v for path, v in values.items() if v is not None and template(path) == leaf.path]
    found = sum(amounts, Decimal(0))
    sums = list(totals.list_sums())
    slack = max(_CENTS, Decimal("0.01") * len(amounts))
    if not amounts or not sums or any(abs(abs(total) - abs(found)) <= slack for _, total, _ in sums):
        return check
    path, total, exact = sums[0]
    if not exact and abs(total) / _MOST_TAX <= abs(found) <= abs(total) * _MOST_TAX:
        return check  # tax, a discount, a shipping charge that the schema does not ask for
    # Documents print the sum of their rows before charges, discounts and tax: no field may be about it.
    printed = _count_printed(found, indexes) > (found in amounts)
    if printed and not (exact and abs(found) < abs(total) and _count_printed(total - found, indexes)):
        return check
    return replace(check, sum=found, total=total, path=path, exact=exact, printed=printed)


def _count_printed(amount: Decimal, indexes: PageIndexes) -> int:
    """How often the document prints an amount."""
    places = {
        (number, found.start)
        for number in indexes.numbers
        if (index := indexes.get(number)) is not None
        for kind in ("number", "money")
        for found in index.found(kind)
        if as_decimal(found.value) == amount
    }
    return len(places)


def _sum_counts(members: Sequence[Field], values: Mapping[str, Decimal | None]) -> Decimal | None:
    """All rows' quantities together: some documents count pieces where they say items."""
    counts = [f for f in members if set(name_tokens(f.name)) & _COUNTS]
    if len(counts) != 1:
        return None
    return sum((v for p, v in values.items() if v is not None and template(p) == counts[0].path), Decimal(0))


def _find_count(indexes: PageIndexes, rows: int, pieces: Decimal | None) -> int | None:
    """How many rows a page says there are, where it is neither their number nor that of their pieces."""
    told = [
        int(next(filter(None, match.groups()))) for text in indexes.texts() for match in _COUNT.finditer(text)
    ]
    if not told or any(count in (rows, pieces) for count in told):
        return None
    return max(told)
