"""Records as rows: columns by JSON Pointer, list items under `*`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from docai.schema import template
from docai.types import FieldValue, Outcome, Record

LEADING = ("document_id", "uri", "pages", "schema", "complete", "error")
SEPARATOR = "; "


@dataclass(slots=True)
class Columns:
    """The columns of all rows, in order of first appearance: the kinds of value seen in each, and which of
    them belong to lists."""

    kinds: dict[str, set[type]] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)

    def add(self, outcome: Outcome) -> None:
        if not isinstance(outcome, Record):
            return
        for item in outcome.fields:
            self.kinds.setdefault(column_of(item.path), set())
            self._note_list(item.path)
        for column, path, value in leaves(outcome.values):
            kinds = self.kinds.setdefault(column, set())
            self._note_list(path)
            if value is not None:
                kinds.add(type(value))

    def _note_list(self, path: str) -> None:
        if template(path) != path:
            self.lists.add(column_of(path))

    def names(self) -> list[str]:
        """Columns that hold values; `/line_items` goes where `/line_items/*/total` is there."""
        return [c for c in self.kinds if not any(other.startswith(c + "/") for other in self.kinds)]


def column_of(path: str) -> str:
    """`/line_items/3/total` -> `/line_items/*/total`, `/parties/0` -> `/parties`."""
    return template(path).removesuffix("/*")


def leaves(values: Any, column: str = "", path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Column, JSON Pointer and value of every leaf; nothing for an empty list."""
    if isinstance(values, dict):
        for key, value in values.items():
            step = "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from leaves(value, column + step, path + step)
    elif isinstance(values, list | tuple):
        for index, value in enumerate(values):
            nested = isinstance(value, dict | list | tuple)
            yield from leaves(value, column + "/*" if nested else column, f"{path}/{index}")
    else:
        yield column, path, values


def leading_cells(outcome: Outcome) -> dict[str, Any]:
    """The columns that every outcome has."""
    if not isinstance(outcome, Record):
        text = f"{outcome.error.code}: {outcome.error.message}"
        return {"document_id": outcome.document.id, "uri": outcome.document.uri, "error": text}
    segment = outcome.segment
    pages = f"{segment.first}-{segment.last}" if segment else f"1-{outcome.document.page_count}"
    return {
        "document_id": outcome.document.id,
        "uri": outcome.document.uri,
        "pages": pages,
        "schema": outcome.schema_ref.id,
        "complete": outcome.complete,
        "error": None,
    }


def value_cells(outcome: Outcome) -> dict[str, list[tuple[str, Any]]]:
    """Pointer and value of every leaf by column; several in a column that belongs to a list."""
    cells: dict[str, list[tuple[str, Any]]] = {}
    if isinstance(outcome, Record):
        for column, path, value in leaves(outcome.values):
            cells.setdefault(column, []).append((path, value))
    return cells


def joined(pairs: Iterable[tuple[str, Any]]) -> str:
    """Values of a list in one cell; an item without the value keeps its place."""
    return SEPARATOR.join("" if value is None else text_of(value) for _, value in pairs)


def text_of(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def fields_by_path(record: Record) -> dict[str, FieldValue]:
    return {item.path: item for item in record.fields}
