"""A small schema, its labels and records as an engine would give them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docai.schema import Schema, load_schema
from docai.types import DocumentRef, FieldValue, Record, Run, SchemaRef

DEFINITION: dict[str, Any] = {
    "title": "Deal",
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "signed_on": {"type": "string", "format": "date"},
        "total": {"type": "number", "x-docai-kind": "money"},
        "parties": {"type": "array", "items": {"type": "string"}, "x-docai-kind": "party"},
        "clauses": {"type": "object", "properties": {"non_compete": {"type": "boolean"}}},
        "line_items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "description": {"type": "string"},
                    "amount": {"type": "number", "x-docai-kind": "money"},
                },
            },
        },
    },
}

MakeRecord = Callable[..., Record]


@pytest.fixture
def schema() -> Schema:
    return load_schema(DEFINITION)


@pytest.fixture
def write_labels(tmp_path: Path) -> Callable[[list[dict[str, Any]]], Path]:
    def write(rows: list[dict[str, Any]]) -> Path:
        path = tmp_path / "labels.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def make_record(schema: Schema) -> MakeRecord:
    def make(
        uri: str, values: dict[str, Any], fields: tuple[FieldValue, ...] = (), complete: bool = True
    ) -> Record:
        return Record(
            document=DocumentRef(id="sha256:00", uri=uri, page_count=1),
            schema_ref=SchemaRef(id=schema.id, hash=schema.hash),
            complete=complete,
            values=values,
            fields=fields,
            run=Run(docai="0.1.0", engine="extractive"),
        )

    return make
