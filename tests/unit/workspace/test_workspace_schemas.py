"""Schemas kept by content: what a run was given is found again, of every version."""

from __future__ import annotations

from pathlib import Path

from docai.schema import load_schema
from docai.workspace import open_workspace

FIRST = {"title": "Slip", "type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "number"}}}
SECOND = {**FIRST, "properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "integer"}}}


def test_every_version_is_found_by_its_content(tmp_path: Path) -> None:
    first, second = load_schema(FIRST), load_schema(SECOND)
    assert (first.id, first.hash) != (second.id, second.hash)
    with open_workspace(tmp_path) as stores:
        stores.schemas.put([first])
        stores.schemas.put([first, second])
    with open_workspace(tmp_path) as stores:
        assert stores.schemas.get("slip", first.hash) == first
        assert stores.schemas.get("slip", second.hash) == second
        assert [field.path for field in first.fields] == ["/b", "/a"], "in their own order"
        assert stores.schemas.get("other", first.hash) is None
        assert stores.schemas.get("slip", "sha256:0") is None


def test_shipped_schemas_are_kept_as_they_are(tmp_path: Path) -> None:
    shipped = load_schema("contract")
    with open_workspace(tmp_path) as stores:
        stores.schemas.put([shipped])
        assert stores.schemas.get(shipped.id, shipped.hash) == shipped
