"""Checking a JSON Schema and flattening it: references resolved, nested objects and lists to leaves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from docai.errors import ConfigError
from docai.schema.kinds import KINDS, infer_kind
from docai.schema.model import Field, JsonDict, Schema, escape, unescape

_DOCAI_KEYS = ("x-docai-kind", "x-docai-aliases", "x-docai-cues")
_MAX_DEPTH = 12


def build_schema(definition: JsonDict, schema_id: str, where: str) -> Schema:
    """Check and flatten. `where` names the source in messages."""
    _check_metaschema(definition, where)
    resolved = _resolve(definition, definition, "", (), where)
    resolved.pop("$defs", None)
    resolved.pop("definitions", None)
    core, _ = core_of(resolved)
    if core.get("type", "object") != "object":
        raise invalid(where, "", f"the root must be an object with properties, not {core.get('type')!r}")
    fields = tuple(_leaves(resolved, "", (), True, None, where))
    if not fields:
        raise invalid(where, "", "no fields: list what to extract under 'properties'")
    canonical = json.dumps(resolved, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Schema(
        id=schema_id,
        hash="sha256:" + hashlib.sha256(canonical.encode()).hexdigest(),
        definition=resolved,
        fields=fields,
        title=str(resolved.get("title", "")),
        description=str(resolved.get("description", "")),
        cues=_strings(resolved, "x-docai-cues", "", where),
    )


def invalid(where: str, pointer: str, reason: str, hint: str | None = None) -> ConfigError:
    return ConfigError("schema-invalid", f"{where}: at {pointer or '/'}: {reason}", hint=hint)


def _check_metaschema(definition: JsonDict, where: str) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(definition)
    except SchemaError as error:
        pointer = "".join(f"/{escape(str(part))}" for part in error.absolute_path)
        raise invalid(where, pointer, error.message[:300]) from error


def _resolve(node: Any, root: JsonDict, pointer: str, trail: tuple[str, ...], where: str) -> Any:
    """A copy of `node` with every `$ref` replaced by what it names; refuses cycles and outside references."""
    if isinstance(node, list):
        return [_resolve(item, root, f"{pointer}/{i}", trail, where) for i, item in enumerate(node)]
    if not isinstance(node, dict):
        return node
    if pointer.count("/") > 8 * _MAX_DEPTH:
        raise invalid(where, pointer[:80] + "…", "nested too deeply")
    rest = {key: value for key, value in node.items() if key != "$ref"}
    own = {
        key: value
        if key in ("$defs", "definitions")
        else _resolve(value, root, f"{pointer}/{escape(key)}", trail, where)
        for key, value in rest.items()
    }
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return own
    if reference in trail:
        circle = " -> ".join((*trail[trail.index(reference) :], reference))
        raise invalid(where, pointer, f"a schema that contains itself cannot be flattened: {circle}")
    target = _resolve(_follow(reference, root, pointer, where), root, pointer, (*trail, reference), where)
    return {**target, **own} if isinstance(target, dict) else own


def _follow(reference: str, root: JsonDict, pointer: str, where: str) -> Any:
    if not reference.startswith("#"):
        raise invalid(where, pointer, f"$ref {reference!r} leads outside the schema", "copy it under $defs")
    node: Any = root
    for segment in reference[1:].split("/")[1:]:
        key = unescape(segment)
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        else:
            raise invalid(where, pointer, f"$ref {reference!r} names nothing")
    return node


def core_of(node: Any) -> tuple[JsonDict, bool]:
    """The node without its null alternative, and whether it had one. Unites `anyOf` of plain leaves."""
    if not isinstance(node, dict):
        return {}, True
    core = dict(node)
    nullable = False
    for parts in [core.pop("allOf")] if "allOf" in core else []:
        for part in parts:
            inner, _ = core_of(part)
            core = {
                **inner,
                **core,
                "properties": {**inner.get("properties", {}), **core.get("properties", {})},
            }
            if not core["properties"]:
                del core["properties"]
    for key in ("anyOf", "oneOf"):
        if key in core:
            options = core.pop(key)
            branches = [core_of(option)[0] for option in options if not _is_null(option)]
            nullable = nullable or len(branches) < len(options)
            core = {**_unite(branches, key), **core}
    types = core.get("type")
    if isinstance(types, list):
        nullable = nullable or "null" in types
        core["type"] = _widest([t for t in types if t != "null"])
    if "const" in core:
        core["enum"] = [core.pop("const")]
    if "enum" in core:
        nullable = nullable or None in core["enum"]
        core["enum"] = [value for value in core["enum"] if value is not None]
    if "type" not in core:
        core["type"] = _implied_type(core)
    return core, nullable


def _is_null(node: Any) -> bool:
    return isinstance(node, dict) and (node.get("type") == "null" or node.get("const", 0) is None)


def _unite(branches: Sequence[JsonDict], keyword: str) -> JsonDict:
    """One node that stands for all alternatives; marks what docai cannot flatten as `x-unsupported`."""
    if len(branches) == 1:
        return branches[0]
    if any(branch.get("type") in ("object", "array") for branch in branches):
        return {"type": "object", "x-unsupported": f"{keyword} of objects or lists"}
    if branches and all("enum" in branch for branch in branches):
        values = [value for branch in branches for value in branch["enum"]]
        return {"type": _widest([branch["type"] for branch in branches]), "enum": values}
    # Decimal in pydantic: number, or a string with the pattern of a number.
    if any(b["type"] == "number" for b in branches) and all(
        b["type"] != "string" or "pattern" in b for b in branches
    ):
        return {"type": "number"}
    formats = {branch.get("format") for branch in branches}
    merged: JsonDict = {"type": _widest([branch["type"] for branch in branches])}
    if len(formats) == 1 and None not in formats:
        merged["format"] = formats.pop()
    return merged


def _widest(types: Sequence[str]) -> str:
    for wide in ("object", "array", "string", "number", "integer", "boolean"):
        if wide in types:
            return wide
    return "string"


def _implied_type(core: JsonDict) -> str:
    if "properties" in core or "patternProperties" in core:
        return "object"
    if "items" in core or "prefixItems" in core:
        return "array"
    values = core.get("enum", [])
    if values and all(isinstance(value, bool) for value in values):
        return "boolean"
    if values and all(isinstance(value, int) for value in values):
        return "integer"
    if values and all(isinstance(value, int | float) for value in values):
        return "number"
    return "string"


def _leaves(
    node: Any, path: str, names: tuple[str, ...], required: bool, group: str | None, where: str
) -> Iterator[Field]:
    core, nullable = core_of(node)
    if len(names) > _MAX_DEPTH:
        raise invalid(where, path, f"nested deeper than {_MAX_DEPTH} levels")
    if reason := _unsupported(node, core):
        raise invalid(where, path, *reason)
    required = required and not nullable
    if core["type"] == "object":
        listed = core.get("required", [])
        for name, child in core["properties"].items():
            if name in ("", "*"):
                raise invalid(where, path, f"a property cannot be named {name!r}")
            yield from _leaves(
                child, f"{path}/{escape(name)}", (*names, name), required and name in listed, group, where
            )
    elif core["type"] == "array":
        inner, _ = core_of(core["items"])
        if inner["type"] == "array":
            raise invalid(where, path, "lists of lists are not supported", "make the inner list a property")
        if inner["type"] == "object":
            yield from _leaves(core["items"], f"{path}/*", names, required, path, where)
        else:
            yield _leaf(core["items"], core, f"{path}/*", names, required, group, where)
    else:
        yield _leaf(node, {}, path, names, required, group, where)


def _unsupported(node: Any, core: JsonDict) -> tuple[str, str] | None:
    """What docai cannot flatten, with the way out."""
    if node is False:
        return "false allows no value", "remove the property"
    if "x-unsupported" in core:
        return f"{core['x-unsupported']} is not supported", "use one object with optional properties"
    if core["type"] == "object" and not core.get("properties"):
        free = "patternProperties" in core or "additionalProperties" in core
        reason = "an object with free keys is not supported" if free else "an object without properties"
        return reason, "list its keys under 'properties', or use a list of {name, value}"
    if core["type"] == "array" and not isinstance(core.get("items"), dict):
        return "a list must say what its items are", "add 'items' (tuples by prefixItems are not supported)"
    return None


def _leaf(
    node: Any,
    outer: JsonDict,
    path: str,
    names: tuple[str, ...],
    required: bool,
    group: str | None,
    where: str,
) -> Field:
    core, _ = core_of(node)
    description = str(core.get("description") or outer.get("description") or "")
    enum = tuple(json.dumps(v) if not isinstance(v, str) else v for v in core.get("enum", []))
    kind = core.get("x-docai-kind", outer.get("x-docai-kind"))
    if kind is not None and kind not in KINDS:
        close = get_close_matches(str(kind), KINDS, n=1) or sorted(KINDS)
        raise invalid(where, path, f"unknown x-docai-kind {kind!r}", f"one of: {', '.join(close)}")
    if kind is None:
        kind = (
            "enum"
            if enum and core["type"] != "boolean"
            else infer_kind(names, core["type"], core.get("format"), description)
        )
    for key in {**outer, **core}:
        close = get_close_matches(key, _DOCAI_KEYS, n=1, cutoff=0.8)
        if key.startswith("x-docai-") and key not in _DOCAI_KEYS and close:
            raise invalid(where, path, f"unknown keyword {key!r}", f"did you mean {close[0]!r}?")
    aliases = _strings(core, "x-docai-aliases", path, where) or _strings(
        outer, "x-docai-aliases", path, where
    )
    return Field(
        path=path,
        name=names[-1],
        kind=kind,
        json_type=core["type"],
        description=description,
        aliases=aliases,
        enum=enum if core["type"] != "boolean" else (),
        many=bool(outer),
        group=group,
        required=required,
        format=core.get("format"),
    )


def _strings(node: JsonDict, key: str, path: str, where: str) -> tuple[str, ...]:
    value = node.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise invalid(where, path, f"{key} must be a list of phrases")
    return tuple(dict.fromkeys(value))
