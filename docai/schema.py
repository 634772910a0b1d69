"""What to extract: a JSON Schema as a flat list of typed fields, and the record schema derived from it.

Sources: JSON Schema 2020-12 (JSON or YAML), a pydantic model (`module:Class`), a shipped schema by name.
`x-docai-kind` names a field's kind where its name does not tell; `x-docai-aliases` are labels and phrases
under which documents print it.
"""

from __future__ import annotations

import copy
import hashlib
import importlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from docai.errors import ConfigError
from docai.types import FieldValue

Kind: TypeAlias = Literal[
    "date",
    "money",
    "number",
    "integer",
    "percent",
    "duration",
    "boolean",
    "enum",
    "identifier",
    "organization",
    "person",
    "party",
    "address",
    "place",
    "currency",
    "email",
    "phone",
    "title",
    "text",
]
KINDS: frozenset[str] = frozenset(Kind.__args__)  # type: ignore[attr-defined]
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
    """A checked schema. `hash` is `sha256:` of its canonical JSON; `cues` are words that name the document kind."""

    id: str
    hash: str
    definition: JsonDict
    fields: tuple[Field, ...]
    title: str = ""
    description: str = ""
    cues: tuple[str, ...] = ()

    def field(self, path: str) -> Field:
        """The leaf that a concrete path (`/line_items/3/total`) belongs to; KeyError if none."""
        wanted = template(path)
        for item in self.fields:
            if item.path == wanted:
                return item
        raise KeyError(path)


def template(path: str) -> str:
    """`/line_items/3/total` -> `/line_items/*/total`."""
    return re.sub(r"/\d+(?=/|$)", "/*", path)
