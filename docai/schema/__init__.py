"""What to extract: a JSON Schema as a flat list of typed fields, and the record schema derived from it.

Sources: JSON Schema 2020-12 (JSON or YAML), a pydantic model (`module:Class`), a shipped schema by name.
`x-docai-kind` names a field's kind where its name does not tell; `x-docai-aliases` are labels and phrases
under which documents print it; `x-docai-cues` (at the root) are words that name the document kind.
"""

from __future__ import annotations

from docai.schema.kinds import KINDS, Kind
from docai.schema.loading import list_shipped, load_schema
from docai.schema.model import Field, JsonDict, Schema, escape, template, unescape
from docai.schema.records import (
    Gap,
    assemble,
    assemble_values,
    coerce_value,
    record_schema,
    to_model,
    validate_values,
    value_at,
)

__all__ = [
    "KINDS",
    "Field",
    "Gap",
    "JsonDict",
    "Kind",
    "Schema",
    "assemble",
    "assemble_values",
    "coerce_value",
    "escape",
    "list_shipped",
    "load_schema",
    "record_schema",
    "template",
    "to_model",
    "unescape",
    "validate_values",
    "value_at",
]
