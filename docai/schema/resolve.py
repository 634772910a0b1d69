"""JSON Schema nodes without references: what `$ref` names put in its place, alternatives united."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docai.errors import ConfigError
from docai.schema.model import JsonDict, escape, unescape

# References multiply: twenty levels of two each would be a million nodes.
_MAX_NODES = 20_000
_DEFINITIONS = ("$defs", "definitions")


def invalid(where: str, pointer: str, reason: str, hint: str | None = None) -> ConfigError:
    """`where` names the source, `pointer` the place in it (JSON Pointer)."""
    return ConfigError("schema-invalid", f"{where}: at {pointer or '/'}: {reason}", hint=hint)


def check_metaschema(definition: JsonDict, where: str) -> None:
    """Raise ConfigError with the place if this is not JSON Schema 2020-12."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(definition))
    if error is None:
        return
    pointer = "".join(f"/{escape(str(part))}" for part in error.absolute_path)
    reason = error.message[:300]
    if pointer.endswith("/type"):
        reason = f"{error.instance!r} is no JSON type (string, number, integer, boolean, object, array, null)"
    raise invalid(where, pointer, reason)


def resolve(definition: JsonDict, where: str) -> JsonDict:
    """A copy with what each `$ref` names in its place; ConfigError for cycles and outside references."""
    resolver = _Resolver(definition, where)
    resolved: JsonDict = resolver.resolve(definition, "", ())
    return {key: value for key, value in resolved.items() if key not in _DEFINITIONS}


class _Resolver:
    def __init__(self, root: JsonDict, where: str) -> None:
        self._root = root
        self._where = where
        self._nodes = 0

    def resolve(self, node: Any, pointer: str, trail: tuple[str, ...]) -> Any:
        self._nodes += 1
        if self._nodes > _MAX_NODES or len(pointer) > 2000:
            raise invalid(self._where, pointer[:80], "too large once its references are resolved")
        if isinstance(node, list):
            return [self.resolve(item, f"{pointer}/{i}", trail) for i, item in enumerate(node)]
        if not isinstance(node, dict):
            return node
        own = {
            key: value if key in _DEFINITIONS else self.resolve(value, f"{pointer}/{escape(key)}", trail)
            for key, value in node.items()
            if key != "$ref"
        }
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return own
        if reference in trail:
            circle = " -> ".join((*trail[trail.index(reference) :], reference))
            reason = f"a schema that contains itself cannot be flattened: {circle}"
            raise invalid(self._where, pointer, reason)
        target = self.resolve(self._follow(reference, pointer), pointer, (*trail, reference))
        return {**target, **own} if isinstance(target, dict) else own

    def _follow(self, reference: str, pointer: str) -> Any:
        if not reference.startswith("#"):
            reason = f"$ref {reference!r} leads outside the schema"
            raise invalid(self._where, pointer, reason, "copy it under $defs")
        node: Any = self._root
        for segment in reference[1:].split("/")[1:]:
            key = unescape(segment)
            if isinstance(node, dict) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            else:
                raise invalid(self._where, pointer, f"$ref {reference!r} names nothing")
        return node


def core_of(node: Any) -> tuple[JsonDict, bool]:
    """A resolved node as one plain type, and whether it may be null.

    `anyOf` with null becomes the other alternative, `const` an enum of one, a list of types the widest.
    `type` is always set; alternatives that no single node can stand for are marked `x-unsupported`.
    """
    if not isinstance(node, dict):
        return {"type": "string"}, True
    core = {key: value for key, value in node.items() if key not in ("allOf", "anyOf", "oneOf", "const")}
    nullable = False
    for part in node.get("allOf", ()):
        inner, _ = core_of(part)
        properties = {**inner.get("properties", {}), **core.get("properties", {})}
        core = {**inner, **core, **({"properties": properties} if properties else {})}
    for key in ("anyOf", "oneOf"):
        if options := node.get(key):
            branches = [core_of(option)[0] for option in options if not _is_null(option)]
            nullable = nullable or len(branches) < len(options)
            core = {**_unite(branches, key), **core}
    if isinstance(types := core.get("type"), list):
        nullable = nullable or "null" in types
        core["type"] = _widest([t for t in types if t != "null"])
    if "const" in node:
        core["enum"] = [node["const"]]
    if "enum" in core:
        nullable = nullable or None in core["enum"]
        core["enum"] = [value for value in core["enum"] if value is not None]
    core.setdefault("type", _implied_type(core))
    return core, nullable


def _is_null(node: Any) -> bool:
    return isinstance(node, dict) and (node.get("type") == "null" or node.get("const", 0) is None)


def _unite(branches: Sequence[JsonDict], keyword: str) -> JsonDict:
    if len(branches) == 1:
        return branches[0]
    types = {branch["type"] for branch in branches}
    if types & {"object", "array"}:
        return {"type": "object", "x-unsupported": f"{keyword} of objects or lists"}
    if branches and all("enum" in branch for branch in branches):
        values = [value for branch in branches for value in branch["enum"]]
        return {"type": _widest(list(types)), "enum": values}
    formats = {branch.get("format") for branch in branches}
    if types == {"number", "string"} and formats == {None}:
        return {"type": "number"}  # How pydantic says Decimal.
    united: JsonDict = {"type": _widest(list(types))}
    return united | ({"format": formats.pop()} if len(formats) == 1 and None not in formats else {})


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
