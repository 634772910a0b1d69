"""What can be scored: a schema's leaves grouped into scalars, lists of scalars and lists of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from docai.schema import Kind, Schema, template
from docai.values.compare import fold

Shape: TypeAlias = Literal["scalar", "list", "rows"]


@dataclass(frozen=True, slots=True)
class Target:
    """One thing with its own F1. `key` is its JSON Pointer (`/parties`, `/line_items`, `/clauses/insurance`).

    `kind` is that of the scalar or of the list's items; `columns` (rows only) the kinds by the column's
    path inside a row (`total`).
    """

    key: str
    shape: Shape
    kind: Kind
    columns: Mapping[str, Kind]


def list_targets(schema: Schema) -> dict[str, Target]:
    """All targets of a schema by key, in the schema's order."""
    found: dict[str, Target] = {}
    rows: dict[str, dict[str, Kind]] = {}
    for leaf in schema.fields:
        list_path, star, column = leaf.path.partition("/*/")
        if star:
            rows.setdefault(list_path, {})[column] = leaf.kind
            found[list_path] = Target(list_path, "rows", "text", rows[list_path])
            continue
        key = leaf.path.removesuffix("/*")
        is_list = leaf.many or leaf.path.endswith("/*")
        found[key] = Target(key, "list" if is_list else "scalar", leaf.kind, {})
    return found


def target_key(path: str) -> tuple[str, int | None, str]:
    """A leaf's concrete path -> its target's key, the item's index, the column (`""` if no row).

    `/line_items/3/total` -> (`/line_items`, 3, `total`); `/date` -> (`/date`, None, ``). A list that is
    missing as a whole has `*` for its index: None.
    """
    head, star, column = template(path).partition("/*")
    place = path[len(head) + 1 :].split("/", 1)[0] if star else ""
    return head, int(place) if place.isdigit() else None, column.removeprefix("/")


def fold_path(path: str) -> tuple[str, ...]:
    """A pointer as comparable names: `/clauses/anti_assignment` and `clauses/Anti-Assignment` agree."""
    return tuple(fold(part) for part in path.split("/") if part)


def find_value(values: Mapping[str, Any], key: str) -> Any:
    """The value at a JSON Pointer without list indices; None where the way ends."""
    node: Any = values
    for part in key.strip("/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, Mapping) or name not in node:
            return None
        node = node[name]
    return node


def flatten_row(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A row's columns by path inside the row: `{"price": {"net": 1}}` -> `{"price/net": 1}`."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat |= flatten_row(value, f"{prefix}{name}/")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
