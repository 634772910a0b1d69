"""A schema as docai sees it: a flat list of typed leaves, each with a JSON Pointer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from docai.schema.kinds import Kind

JsonDict: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One leaf. `path` is a JSON Pointer with `*` for list items: `/line_items/*/total`.

    `json_type` is the schema's own type (`string`, `number`, `integer`, `boolean`); `group` the path of
    the list whose rows this leaf belongs to (`/line_items`), or None.
    """

    path: str
    name: str
    kind: Kind
    json_type: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    enum: tuple[str, ...] = ()
    many: bool = False
    group: str | None = None
    required: bool = False
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """A checked schema. `hash` is `sha256:` of its canonical JSON.

    `definition` is the user's schema with every reference resolved; `cues` are words that name the
    document kind.
    """

    id: str
    hash: str
    definition: JsonDict
    fields: tuple[Field, ...]
    title: str = ""
    description: str = ""
    cues: tuple[str, ...] = ()

    def field(self, path: str) -> Field:
        """The leaf that a concrete path (`/line_items/3/total`) belongs to; KeyError if none."""
        parts = path.split("/")
        for item in self.fields:
            wanted = item.path.split("/")
            if len(wanted) == len(parts) and all(
                w == p or (w == "*" and p.isdecimal()) for w, p in zip(wanted, parts, strict=True)
            ):
                return item
        raise KeyError(path)


def template(path: str) -> str:
    """`/line_items/3/total` -> `/line_items/*/total`."""
    return re.sub(r"/\d+(?=/|$)", "/*", path)


def escape(name: str) -> str:
    """A property name as a JSON Pointer segment."""
    return name.replace("~", "~0").replace("/", "~1")


def unescape(segment: str) -> str:
    return segment.replace("~1", "/").replace("~0", "~")
