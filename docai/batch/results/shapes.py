"""The columns of the data sets: fixed by a schema and never by the data, so that all parts of one fit.

records    one row a record; a column for each property of its schema (lists as lists, objects as structs),
           `values` with all of them as JSON, and what the record says about itself
fields     one row a field of a record, with its status, confidence and evidence
failures   one row a document that has no record
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from docai.schema import Schema
from docai.schema.resolve import core_of
from docai.types import Failure, FieldValue, Record
from docai.values.surrogates import replace_surrogates

# A property's own name comes first; what docai adds steps aside.
_OWN = ("document_id", "uri", "page_count", "first_page", "last_page", "complete", "schema_hash", "engine")
_OWN_LAST = ("model", "tokens", "seconds", "values", "issues")


def shape_records(schema: Schema) -> Any:
    """A pyarrow schema for records of `schema`."""
    import pyarrow as pa

    text, whole = pa.string(), pa.int64()
    kinds = dict.fromkeys((*_OWN, *_OWN_LAST), text)
    kinds |= dict.fromkeys(("page_count", "first_page", "last_page", "tokens"), whole)
    kinds |= {"complete": pa.bool_(), "seconds": pa.float64()}
    kinds["issues"] = pa.list_(
        pa.struct([("stage", text), ("code", text), ("message", text), ("page", whole)])
    )
    names = own_names(schema)
    return pa.schema(
        [
            *((names[own], kinds[own]) for own in _OWN),
            *((name, _arrow_type(node)) for name, node in _properties(schema)),
            *((names[own], kinds[own]) for own in _OWN_LAST),
        ]
    )


def shape_fields() -> Any:
    import pyarrow as pa

    text, number, whole = pa.string(), pa.float64(), pa.int64()
    evidence = pa.struct(
        [
            ("page", whole),
            ("quote", text),
            ("match", text),
            ("score", number),
            ("role", text),
            ("boxes", pa.list_(pa.list_(number))),
        ]
    )
    other = pa.struct([("value", text), ("confidence", number)])
    return pa.schema(
        [
            *((name, text) for name in ("document_id", "uri")),
            ("first_page", whole),
            *((name, text) for name in ("schema", "path", "value", "unit", "status", "reason")),
            ("confidence", number),
            ("rule", text),
            ("evidence", pa.list_(evidence)),
            ("alternatives", pa.list_(other)),
        ]
    )


def shape_failures() -> Any:
    import pyarrow as pa

    names = ("document_id", "uri", "code", "message", "stage", "hint")
    return pa.schema([*((name, pa.string()) for name in names), ("page", pa.int64())])


def own_names(schema: Schema) -> dict[str, str]:
    """The columns that docai adds, by what they hold; one that the schema has too gets `docai_` before it."""
    taken = {name for name, _ in _properties(schema)}
    return {own: f"docai_{own}" if own in taken else own for own in (*_OWN, *_OWN_LAST)}


def record_row(record: Record, schema: Schema) -> dict[str, Any]:
    segment = record.segment
    own = {
        "document_id": record.document.id,
        "uri": record.document.uri,
        "page_count": record.document.page_count,
        "first_page": segment.first if segment else 1,
        "last_page": segment.last if segment else record.document.page_count,
        "complete": record.complete,
        "schema_hash": record.schema_ref.hash,
        "engine": record.run.engine,
        "model": record.run.model,
        "tokens": record.run.tokens,
        "seconds": record.run.seconds,
        "values": json.dumps(record.values, ensure_ascii=False),
        "issues": [issue.model_dump() for issue in record.issues],
    }
    names = own_names(schema)
    values = {name: _fit(record.values.get(name), node) for name, node in _properties(schema)}
    return scrub({**{names[key]: value for key, value in own.items()}, **values})


def field_row(record: Record, field: FieldValue) -> dict[str, Any]:
    row = {
        "document_id": record.document.id,
        "uri": record.document.uri,
        "first_page": record.segment.first if record.segment else 1,
        "schema": record.schema_ref.id,
        "path": field.path,
        "value": _as_text(field.value),
        "unit": field.unit,
        "status": field.status,
        "reason": field.reason,
        "confidence": field.confidence,
        "rule": field.derivation.rule if field.derivation else None,
        "evidence": [evidence.model_dump(mode="json") for evidence in field.evidence],
        "alternatives": [
            {"value": _as_text(other.value), "confidence": other.confidence} for other in field.alternatives
        ],
    }
    return scrub(row)


def failure_row(failure: Failure) -> dict[str, Any]:
    error = failure.error.model_dump()
    return scrub({"document_id": failure.document.id, "uri": failure.document.uri, **error})


def scrub(row: dict[str, Any]) -> dict[str, Any]:
    """All its texts as UTF-8 takes them."""
    return {key: _scrub(value) for key, value in row.items()}


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, dict):
        return scrub(value)
    return [_scrub(item) for item in value] if isinstance(value, list) else value


def _properties(schema: Schema) -> list[tuple[str, Any]]:
    return _children(core_of(schema.definition)[0])


def _children(node: Any) -> list[tuple[str, Any]]:
    return [(name, core_of(child)[0]) for name, child in node.get("properties", {}).items()]


def _kind(node: Any) -> str:
    """The type of a plain node; that of text for one that no single type stands for."""
    return "string" if "x-unsupported" in node else str(node["type"])


def _arrow_type(node: Any) -> Any:
    """What JSON values of a node are in Arrow; text (JSON where it is no string) for what has no one type."""
    import pyarrow as pa

    match _kind(node):
        case "boolean":
            return pa.bool_()
        case "integer":
            return pa.int64()
        case "number":
            return pa.float64()
        case "array" if isinstance(node.get("items"), dict):
            return pa.list_(_arrow_type(core_of(node["items"])[0]))
        case "object" if node.get("properties"):
            return pa.struct([(name, _arrow_type(child)) for name, child in _children(node)])
    return pa.string()


def _fit(value: Any, node: Any) -> Any:
    """A value as its column takes it; None for one that is not of the schema's type."""
    if value is None:
        return None
    kind = _kind(node)
    if kind == "array" and isinstance(node.get("items"), dict):
        item = core_of(node["items"])[0]
        return [_fit(part, item) for part in value] if isinstance(value, list) else None
    if kind == "object" and node.get("properties"):
        if not isinstance(value, dict):
            return None
        return {name: _fit(value.get(name), child) for name, child in _children(node)}
    convert: _Convert = _SCALARS.get(kind, _as_text)
    return convert(value)


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _as_whole(value: Any) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    return value if fits else None


_Convert: TypeAlias = Callable[[Any], Any]
_SCALARS: dict[str, _Convert] = {
    "boolean": lambda value: value if isinstance(value, bool) else None,
    "integer": _as_whole,
    "number": lambda v: float(v) if isinstance(v, int | float) and not isinstance(v, bool) else None,
}
