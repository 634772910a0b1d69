"""Fields that are asked for together: a big schema is several questions, a failed one two smaller ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from docai.schema import Field

MOST_FIELDS = 48
"""Leaves in one question: larger grammars compile for seconds, and models skip fields of long lists."""

Group: TypeAlias = tuple[Field, ...]


def split_fields(fields: Sequence[Field], most: int = MOST_FIELDS) -> list[Group]:
    """Groups of at most `most` leaves, in the schema's order, as even as can be.

    Fields of one object and cells of one list stay together where they fit.
    """
    count = -(-len(fields) // most)
    if count <= 1:
        return [tuple(fields)]
    goal = -(-len(fields) // count)
    groups: list[list[Field]] = [[]]
    for unit in _list_units(fields, goal):
        if groups[-1] and len(groups[-1]) + len(unit) > goal:
            groups.append([])
        groups[-1] += unit
    return [tuple(group) for group in groups]


def halve_fields(fields: Sequence[Field]) -> list[Group]:
    """Two groups of about half the leaves; one where the fields cannot be parted."""
    units = _list_units(fields, max(1, len(fields) // 2))
    if len(units) < 2:
        return [tuple(fields)]
    half = len(fields) / 2
    first: list[Field] = list(units[0])
    rest = units[1:]
    while len(rest) > 1 and len(first) + len(rest[0]) / 2 <= half:
        first += rest.pop(0)
    return [tuple(first), tuple(field for unit in rest for field in unit)]


def _list_units(fields: Sequence[Field], most: int) -> list[list[Field]]:
    """Runs of fields that belong together: a list's cells always, an object's fields up to `most`."""
    units: list[list[Field]] = []
    name: str | None = None
    for field in fields:
        parent = field.group or field.path.rpartition("/")[0] or None
        same = parent is not None and parent == name
        if same and (field.group is not None or len(units[-1]) < most):
            units[-1].append(field)
        else:
            units.append([field])
        name = parent
    return units
