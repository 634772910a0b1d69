"""Which documents are meant: those whose records fulfil conditions on values, amounts and dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from docai.errors import ConfigError
from docai.types import Record
from docai.values.compare import as_boolean, as_decimal, fold
from docai.values.dates import parse_date
from docai.workspace.export.table import column_of, leaves
from docai.workspace.outcomes import SqliteOutcomeStore

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]
_CONDITION = re.compile(r"\s*/?([\w./*-]{1,120}?)\s*(<=|>=|!=|=|<|>)\s*(.{0,300})", re.DOTALL)
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """`field` as a path without its slash: `governing_law`, `line_items/*/total` or just `total`. An empty
    `value` with `=` means that there is none."""

    field: str
    operator: Operator
    value: str

    def holds(self, record: Record) -> bool:
        """Whether some value of the field fulfils it; `!=`: whether none is equal."""
        values = [
            value
            for _, path, value in leaves(record.values)
            if value is not None and _names(column_of(path), self.field)
        ]
        if self.operator == "!=":
            return not any(_equals(value, self.value) for value in values)
        if self.operator == "=":
            return any(_equals(v, self.value) for v in values) if self.value else not values
        return any(_compare(value, self.operator, self.value) for value in values)


def parse_condition(text: str) -> Condition:
    """`governing_law=Delaware`, `total>=1000`, `expiration_date<2027`. ConfigError `bad-condition` for what
    is none."""
    found = _CONDITION.fullmatch(text)
    if found is None or (found[2] not in ("=", "!=") and not found[3].strip()):
        raise ConfigError(
            "bad-condition",
            f"{text!r} is no condition on a field",
            hint="such as governing_law=Delaware, total>=1000 or expiration_date<2027-01-01",
        )
    return Condition(found[1].strip(), cast(Operator, found[2]), found[3].strip())


def find_documents(
    outcomes: SqliteOutcomeStore, *, schema_id: str | None = None, conditions: Sequence[Condition] = ()
) -> frozenset[str]:
    """Ids of documents with a record of the schema for which all conditions hold."""
    return frozenset(
        record.document.id
        for record in _list_records(outcomes, schema_id)
        if all(condition.holds(record) for condition in conditions)
    )


def _list_records(outcomes: SqliteOutcomeStore, schema_id: str | None) -> Iterable[Record]:
    for stored in outcomes.records(schema_id=schema_id):
        if isinstance(stored.outcome, Record):
            yield stored.outcome


def _names(column: str, field: str) -> bool:
    return column == f"/{field}" or column.endswith(f"/{field}")


def _equals(value: Any, wanted: str) -> bool:
    """Dates and amounts by value, texts by their letters and digits."""
    if isinstance(value, bool):
        return value is as_boolean(wanted)
    if isinstance(value, int | float):
        number = as_decimal(wanted)
        return number is not None and as_decimal(str(value)) == number
    if (date := parse_date(str(value))) is not None:
        return date.startswith(_as_date(wanted) or "-")
    return fold(str(value)) == fold(wanted) and bool(fold(wanted))


def _compare(value: Any, operator: str, wanted: str) -> bool:
    date, limit = (parse_date(value) if isinstance(value, str) else None), _as_date(wanted)
    if date is not None and limit is not None:
        # `<= 2026` is to the end of that year, `> 2026` after it.
        return _ORDERS[operator](date[: len(limit)], limit)
    number, bound = (None if isinstance(value, bool) else as_decimal(str(value))), as_decimal(wanted)
    return number is not None and bound is not None and _ORDERS[operator](number, bound)


def _as_date(text: str) -> str | None:
    """A day, month or year in ISO form, as far as it is given."""
    if re.fullmatch(r"\d{4}(?:-\d{2})?", text):
        return text
    return parse_date(text)
