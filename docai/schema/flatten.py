"""Checking a JSON Schema and flattening it: nested objects and lists to typed leaves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from docai.errors import ConfigError
from docai.schema.kinds import KINDS, Kind, infer_kind
from docai.schema.model import Field, JsonDict, Schema, escape
from docai.schema.resolve import check_metaschema, core_of, invalid, resolve

_DOCAI_KEYS = ("x-docai-kind", "x-docai-aliases", "x-docai-cues")
_MAX_DEPTH = 12


def build_schema(definition: JsonDict, schema_id: str, where: str) -> Schema:
    """Check and flatten. `where` names the source in messages; raises ConfigError `schema-invalid`."""
    try:
        return _build(definition, schema_id, where)
    except RecursionError:
        raise invalid(where, "", "nested too deeply") from None


def _build(definition: JsonDict, schema_id: str, where: str) -> Schema:
    check_metaschema(definition, where)
    resolved = resolve(definition, where)
    core, _ = core_of(resolved)
    if core.get("type") != "object" and "type" in resolved:
        raise invalid(where, "", f"the root must be an object with properties, not {core['type']!r}")
    if not core.get("properties"):
        raise invalid(where, "", "no fields: list what to extract under 'properties'")
    fields = tuple(_leaves(resolved, _Place(where, "", (), True, None)))
    canonical = json.dumps(resolved, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Schema(
        id=schema_id,
        hash="sha256:" + hashlib.sha256(canonical.encode()).hexdigest(),
        definition=resolved,
        fields=fields,
        title=str(resolved.get("title", "")),
        description=str(resolved.get("description", "")),
        cues=_phrases(resolved, "x-docai-cues", _Place(where, "", (), True, None)),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk stands: the leaf path so far, its property names, the list that it lies in."""

    where: str
    path: str
    names: tuple[str, ...]
    required: bool
    group: str | None

    def refuse(self, reason: str, hint: str | None = None) -> ConfigError:
        where = f"{self.where}: field {self.path}" if self.path else f"{self.where}: at /"
        return ConfigError("schema-invalid", f"{where}: {reason}", hint=hint)


def _leaves(node: Any, place: _Place) -> Iterator[Field]:
    core, nullable = core_of(node)
    if len(place.names) > _MAX_DEPTH:
        raise place.refuse(f"nested deeper than {_MAX_DEPTH} levels")
    if unsupported := _unsupported(node, core):
        raise place.refuse(*unsupported)
    _check_keywords(core, place)
    place = replace(place, required=place.required and not nullable)
    if core["type"] == "object":
        for name, child in core["properties"].items():
            yield from _leaves(child, _child_place(place, name, name in core.get("required", ())))
    elif core["type"] == "array":
        yield from _items(core, place)
    else:
        yield _leaf(core, {}, place)


def _child_place(place: _Place, name: str, listed: bool) -> _Place:
    if name in ("", "*"):
        raise place.refuse(f"a property cannot be named {name!r}")
    path = f"{place.path}/{escape(name)}"
    return replace(place, path=path, names=(*place.names, name), required=place.required and listed)


def _items(core: JsonDict, place: _Place) -> Iterator[Field]:
    inner, _ = core_of(core["items"])
    inside = replace(place, path=f"{place.path}/*")
    if inner["type"] == "array":
        raise place.refuse("a list of lists is not supported", "make the inner list a property")
    if inner["type"] == "object":
        yield from _leaves(core["items"], replace(inside, group=place.path))
        return
    _check_keywords(inner, inside)
    yield _leaf(inner, core, inside)


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
        return "a list must say what its items are", "add 'items'; tuples by 'prefixItems' are not supported"
    return None


def _check_keywords(core: JsonDict, place: _Place) -> None:
    """A misspelt `x-docai-…` would be ignored in silence; other vendors' `x-` keywords are theirs."""
    for key in core:
        if key.startswith("x-docai-") and key not in _DOCAI_KEYS:
            close = get_close_matches(key, _DOCAI_KEYS, n=1, cutoff=0.8)
            if close:
                raise place.refuse(f"unknown keyword {key!r}", f"did you mean {close[0]!r}?")


def _leaf(core: JsonDict, outer: JsonDict, place: _Place) -> Field:
    """`outer` is the list around a leaf that is a list's item, else empty."""
    description = str(core.get("description") or outer.get("description") or "")
    enum: tuple[str, ...] = ()
    if core["type"] != "boolean":
        enum = tuple(v if isinstance(v, str) else json.dumps(v) for v in core.get("enum", ()))
    aliases = _phrases(core, "x-docai-aliases", place) or _phrases(outer, "x-docai-aliases", place)
    return Field(
        path=place.path,
        name=place.names[-1],
        kind=_kind(core, outer, enum, description, place),
        json_type=core["type"],
        description=description,
        aliases=aliases,
        enum=enum,
        many=bool(outer),
        group=place.group,
        required=place.required,
        format=core.get("format"),
    )


def _kind(core: JsonDict, outer: JsonDict, enum: tuple[str, ...], description: str, place: _Place) -> Kind:
    explicit = core.get("x-docai-kind", outer.get("x-docai-kind"))
    if explicit is None:
        if enum:
            return "enum"
        return infer_kind(place.names, core["type"], core.get("format"), description)
    for kind in KINDS:
        if kind == explicit:
            return kind
    close = get_close_matches(str(explicit), KINDS, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"one of: {', '.join(sorted(KINDS))}"
    raise place.refuse(f"unknown x-docai-kind {explicit!r}", hint)


def _phrases(node: JsonDict, key: str, place: _Place) -> tuple[str, ...]:
    value = node.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise place.refuse(f"{key} must be a list of phrases")
    return tuple(dict.fromkeys(value))
