"""The grammar of a reply: a sparse list of claims, typed by the fields that may be claimed.

Small and flat, quote before value, no length limits: with those, xgrammar wrote raw control characters and
decoding slowed to a crawl (FACTS: vllm#19732). An empty list is a reply.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from docai.llm.grammar import strict_object
from docai.schema import Field

_STRING = {"type": "string"}
_NULL = {"type": "null"}


def make_reply_schema(fields: Sequence[Field]) -> dict[str, Any]:
    """JSON Schema of the reply to a question about these fields."""
    kinds = list(_list_variants(fields))
    items = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return strict_object({"claims": {"type": "array", "items": items}})


def row_key(field: Field) -> str:
    """How a list item's leaf is named in a row: what stands behind the item's number (`price/net`)."""
    return field.path.removeprefix(f"{field.group}/*/")


def value_type(field: Field) -> str:
    """What a value of the field is in JSON: `number`, `boolean`, `enum` or `string`."""
    if field.json_type == "boolean":
        return "boolean"
    if field.enum:
        return "enum"
    return "number" if field.json_type in ("number", "integer") else "string"


def is_dated(field: Field) -> bool:
    """Whether a value may be claimed as a period from a start."""
    return field.kind == "date" and field.group is None and value_type(field) == "string"


def _list_variants(fields: Sequence[Field]) -> Iterable[dict[str, Any]]:
    singles = [f for f in fields if f.group is None]
    for kind in ("string", "number", "boolean"):
        paths = [f.path for f in singles if value_type(f) == kind]
        if paths:
            value = {"type": kind} if kind == "boolean" else _nullable({"type": kind})
            yield strict_object({"field": {"enum": paths}, "quote": _STRING, "value": value})
    for field in singles:
        if value_type(field) == "enum":
            value = {"enum": _choices(field)}
            yield strict_object({"field": {"enum": [field.path]}, "quote": _STRING, "value": value})
    dated = [f.path for f in singles if is_dated(f)]
    if dated:
        yield strict_object({"field": {"enum": dated}, "quote": _STRING, "term": _STRING, "start": _STRING})
    for group in dict.fromkeys(f.group for f in fields if f.group is not None):
        cells = {row_key(f): _cell(f) for f in fields if f.group == group}
        yield strict_object({"field": {"enum": [group]}, "quote": _STRING, "row": strict_object(cells)})


def _cell(field: Field) -> dict[str, Any]:
    kind = value_type(field)
    return _nullable({"enum": _choices(field)} if kind == "enum" else {"type": kind})


def _choices(field: Field) -> list[str]:
    return [value for value in field.enum if value != "null"]


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, _NULL]}
