"""Records against their schema: the relaxed record schema, assembling values, the user's own model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

from docai.schema.model import Field, JsonDict, Schema, escape, unescape
from docai.schema.resolve import core_of
from docai.types import FieldValue, Record

if TYPE_CHECKING:
    from pydantic import BaseModel

_ModelT = TypeVar("_ModelT", bound="BaseModel")
# What the document says stands even where the schema wishes otherwise; `to_model` reports such wishes.
_LENGTH_WISHES = ("minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "minProperties")
_VALUE_WISHES = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern")
_LIST_WISHES = ("contains", "minContains", "maxContains", "maxProperties", "propertyNames", "required")
_CROSS_WISHES = (
    "dependentRequired",
    "dependentSchemas",
    "if",
    "then",
    "else",
    "not",
    "unevaluatedProperties",
)
_NO_WORD_OF_VALUES = ("default", "$schema", "$id")
_DROPPED = frozenset((*_LENGTH_WISHES, *_VALUE_WISHES, *_LIST_WISHES, *_CROSS_WISHES, *_NO_WORD_OF_VALUES))
_ENTERING = frozenset(("grounded", "inferred", "corrected"))


@dataclass(frozen=True, slots=True)
class Gap:
    """A place (JSON Pointer) where a record is not what the schema wants, and why."""

    path: str
    reason: str


def record_schema(schema: Schema) -> JsonDict:
    """The user's schema with every leaf nullable and its wishes (required, lengths, bounds …) dropped.

    Types, enums and formats of dates stay. `Record.values` validates against it.
    """
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_relax(schema.definition)}


def _relax(node: Any) -> JsonDict:
    core, _ = core_of(node)
    kept = {key: value for key, value in core.items() if key not in _DROPPED}
    if core["type"] == "object":
        kept["properties"] = {name: _relax(child) for name, child in core["properties"].items()}
        return kept
    if core["type"] == "array":
        kept["items"] = _relax(core["items"])
        return kept
    if "enum" in kept:
        kept["enum"] = [*kept["enum"], None]
    # A union of formats (date or date-time) has lost its format in `core_of`: any text is right then.
    kept["type"] = [core["type"], "null"]
    return kept


def validate_values(schema: Schema, values: Mapping[str, Any]) -> tuple[Gap, ...]:
    """Where `values` break the record schema, in document order; empty if nowhere."""
    return _validation_gaps(record_schema(schema), values)


def _validation_gaps(definition: JsonDict, values: Mapping[str, Any]) -> tuple[Gap, ...]:
    from jsonschema import Draft202012Validator, FormatChecker

    validator = Draft202012Validator(definition, format_checker=FormatChecker(("date",)))
    errors = sorted(validator.iter_errors(values), key=lambda error: [str(p) for p in error.absolute_path])
    return tuple(
        Gap("".join(f"/{escape(str(part))}" for part in error.absolute_path), error.message[:300])
        for error in errors
    )


def assemble_values(
    schema: Schema,
    fields: Sequence[FieldValue],
    *,
    keep_unsupported: bool = False,
    keep_seen: bool = False,
) -> JsonDict:
    """Nested values in the schema's order: null for a missing leaf, [] for an empty list.

    Rows and list items without a value that enters are left out, so callers number those that enter
    first. A value that the record schema refuses becomes null; `assemble` tells which and why.
    """
    return assemble(schema, fields, keep_unsupported=keep_unsupported, keep_seen=keep_seen)[0]


def assemble(
    schema: Schema,
    fields: Sequence[FieldValue],
    *,
    keep_unsupported: bool = False,
    keep_seen: bool = False,
) -> tuple[JsonDict, tuple[Gap, ...]]:
    """As `assemble_values`, with the values that were refused."""
    entering = (
        _ENTERING | ({"unsupported"} if keep_unsupported else set()) | ({"seen"} if keep_seen else set())
    )
    flat: dict[str, Any] = {}
    gaps: list[Gap] = []
    for item in fields:
        if item.status not in entering or item.value is None:
            continue
        try:
            leaf = schema.field(item.path)
        except KeyError:
            gaps.append(Gap(item.path, "the schema has no such field"))
            continue
        try:
            flat.setdefault(item.path, coerce_value(leaf, item.value))
        except ValueError as error:
            gaps.append(Gap(item.path, str(error)))
    values = _build(schema.definition, "", flat, _list_indices(flat))
    return values, tuple(gaps)


def _list_indices(paths: Iterable[str]) -> dict[str, list[int]]:
    """For each list path, the indices under which something stands, ascending."""
    found: dict[str, set[int]] = {}
    for path in paths:
        parts = path.split("/")
        for i, part in enumerate(parts):
            if part.isdecimal():
                found.setdefault("/".join(parts[:i]), set()).add(int(part))
    return {path: sorted(indices) for path, indices in found.items()}


def _build(node: Any, path: str, flat: Mapping[str, Any], indices: Mapping[str, list[int]]) -> Any:
    core, _ = core_of(node)
    if core["type"] == "object":
        return {
            name: _build(child, f"{path}/{escape(name)}", flat, indices)
            for name, child in core["properties"].items()
        }
    if core["type"] == "array":
        return [_build(core["items"], f"{path}/{i}", flat, indices) for i in indices.get(path, [])]
    return flat.get(path)


def coerce_value(field: Field, value: Any) -> Any:
    """A value in the JSON type of its field; ValueError with the reason if it has no such form."""
    coerced = _COERCIONS[field.json_type](value)
    if field.enum:
        return _member(field, coerced)
    if field.format == "date" and isinstance(coerced, str):
        try:
            return date.fromisoformat(coerced[:10]).isoformat()
        except ValueError:
            raise ValueError(f"{coerced!r} is not a date (YYYY-MM-DD)") from None
    if field.format == "date-time" and isinstance(coerced, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", coerced):
        return f"{coerced}T00:00:00"
    return coerced


def _member(field: Field, value: Any) -> Any:
    text = str(value)
    for member in field.enum:
        if member.casefold() == text.casefold():
            return member if field.json_type == "string" else value
    raise ValueError(f"{text!r} is none of {', '.join(field.enum)}")


def _to_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _to_number(value: Any) -> int | float:
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is not a number")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number")
    return int(number) if number == number.to_integral_value() else float(number)


def _to_integer(value: Any) -> int:
    number = _to_number(value)
    if not isinstance(number, int):
        raise ValueError(f"{value!r} is not a whole number")
    return number


def _to_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


_COERCIONS: dict[str, Callable[[Any], Any]] = {
    "string": _to_text,
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
}


def to_model(record: Record, model: type[_ModelT]) -> tuple[_ModelT | None, tuple[Gap, ...]]:
    """The record as the user's own pydantic model, or None and the gaps that keep it from being one.

    A null that the model refuses is left to the field's default where it has one.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(record.values), ()
    except ValidationError as error:
        refused = {problem["loc"] for problem in error.errors(include_url=False) if problem["input"] is None}
    reasons = {item.path: item.reason or item.status for item in record.fields}
    gaps: list[Gap] = []
    try:
        return model.model_validate(_without(record.values, refused)), ()
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            path = "".join(f"/{escape(str(part))}" for part in problem["loc"])
            gaps.append(Gap(path, problem["msg"] + (f" ({reasons[path]})" if path in reasons else "")))
    return None, tuple(gaps)


def _without(value: Any, refused: set[tuple[int | str, ...]], at: tuple[int | str, ...] = ()) -> Any:
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if item is not None or (*at, key) not in refused}
        return {key: _without(item, refused, (*at, key)) for key, item in kept.items()}
    if isinstance(value, list):
        return [_without(item, refused, (*at, i)) for i, item in enumerate(value)]
    return value


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """The value at a JSON Pointer of assembled values; None if nothing stands there."""
    node: Any = values
    for segment in path.split("/")[1:]:
        if isinstance(node, Mapping):
            node = node.get(unescape(segment))
        elif isinstance(node, list) and segment.isdecimal() and int(segment) < len(node):
            node = node[int(segment)]
        else:
            return None
    return node
