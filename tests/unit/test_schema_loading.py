"""Where schemas come from, how they flatten, and what a bad one is told."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic import Field as ModelField

from docai.errors import ConfigError
from docai.schema import Field, Schema, escape, list_shipped, load_schema, unescape


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Line(BaseModel):
    text: str
    price: Decimal


class Order(BaseModel):
    """An order of paint."""

    order_no: str
    placed: date
    color: Color
    mode: Literal["air", "sea"] = "air"
    total: Decimal | None = ModelField(default=None, json_schema_extra={"x-docai-aliases": ["Summe"]})
    lines: list[Line]
    tags: list[str] = []
    paid: bool


def leaf(schema: Schema, path: str) -> Field:
    return next(field for field in schema.fields if field.path == path)


def test_shipped_schemas_are_those_of_the_house() -> None:
    assert set(list_shipped()) >= {"contract", "nda", "invoice", "receipt", "purchase_order", "ad_buy"}


@pytest.mark.parametrize("name", list_shipped())
def test_shipped_schemas_load_with_labels_and_cues(name: str) -> None:
    schema = load_schema(name)
    assert schema.id == name
    assert schema.title
    assert len(schema.cues) >= 10
    assert all(field.description and field.aliases for field in schema.fields)


def test_contract_has_the_fields_that_are_scored() -> None:
    paths = {field.path: field for field in load_schema("contract").fields}
    assert paths["/parties/*"].many
    assert paths["/parties/*"].kind == "party"
    assert paths["/renewal_term"].kind == "duration"
    assert paths["/governing_law"].kind == "place"
    assert sum(path.startswith("/clauses/") for path in paths) == 8
    assert paths["/signatures/*/present"].group == "/signatures"


def test_pydantic_model() -> None:
    schema = load_schema(Order)
    assert schema.id == "order"
    assert schema.description == "An order of paint."
    kinds = {field.path: (field.kind, field.json_type) for field in schema.fields}
    assert kinds == {
        "/order_no": ("identifier", "string"),
        "/placed": ("date", "string"),
        "/color": ("enum", "string"),
        "/mode": ("enum", "string"),
        "/total": ("money", "number"),
        "/lines/*/text": ("text", "string"),
        "/lines/*/price": ("money", "number"),
        "/tags/*": ("text", "string"),
        "/paid": ("boolean", "boolean"),
    }
    assert leaf(schema, "/color").enum == ("red", "blue")
    assert leaf(schema, "/total").aliases == ("Summe",)
    assert leaf(schema, "/placed").required
    assert not leaf(schema, "/total").required
    assert leaf(schema, "/lines/*/price").group == "/lines"


def test_module_reference_is_found_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_models.py").write_text(
        "from pydantic import BaseModel\nclass Bill(BaseModel):\n    amount: float\n"
    )
    monkeypatch.chdir(tmp_path)
    assert load_schema("my_models.py:Bill").fields[0].kind == "money"
    assert load_schema("my_models:Bill").fields[0].path == "/amount"


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".schema.json"])
def test_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"order{suffix}"
    definition = {"properties": {"due": {"type": "string", "format": "date"}}}
    path.write_text(json.dumps(definition))
    schema = load_schema(path)
    assert schema.id == "order"
    assert schema.fields == load_schema(definition).fields
    assert schema.hash == load_schema(str(path)).hash


def test_yaml_dates_in_enums_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("properties:\n  start:\n    enum: [2024-01-01, 2025-01-01]\n")
    assert load_schema(path).fields[0].enum == ("2024-01-01", "2025-01-01")


def test_references_are_resolved_and_keep_their_siblings() -> None:
    definition = {
        "properties": {
            "buyer": {"$ref": "#/$defs/company"},
            "seller": {"$ref": "#/$defs/company", "description": "Who sells."},
        },
        "$defs": {"company": {"type": "object", "properties": {"name": {"$ref": "#/$defs/name"}}}}
        | {"name": {"type": "string", "x-docai-aliases": ["Firma"]}},
    }
    schema = load_schema(definition)
    assert [(f.path, f.kind, f.aliases) for f in schema.fields] == [
        ("/buyer/name", "organization", ("Firma",)),
        ("/seller/name", "organization", ("Firma",)),
    ]
    assert "$ref" not in json.dumps(schema.definition)


def test_names_are_escaped_as_json_pointers() -> None:
    schema = load_schema({"properties": {"net/gross": {"type": "number"}, "a~b": {"type": "string"}}})
    assert [field.path for field in schema.fields] == ["/net~1gross", "/a~0b"]
    assert schema.field("/net~1gross").name == "net/gross"


@settings(deadline=None)
@given(st.text(min_size=1, max_size=20).filter(lambda name: name != "*"))
def test_any_name_makes_a_path_that_finds_it(name: str) -> None:
    schema = load_schema({"properties": {"rows": {"items": {"properties": {name: {"type": "string"}}}}}})
    (field,) = schema.fields
    assert unescape(field.path.split("/")[-1]) == name
    assert schema.field(f"/rows/7/{escape(name)}") == field


def test_field_finds_the_leaf_of_a_concrete_path() -> None:
    schema = load_schema("invoice")
    assert schema.field("/line_items/12/line_total").path == "/line_items/*/line_total"
    with pytest.raises(KeyError):
        schema.field("/line_items/12/nothing")


def test_a_property_may_be_named_by_a_number() -> None:
    schema = load_schema({"properties": {"2023": {"type": "number"}, "2024": {"type": "number"}}})
    assert schema.field("/2024").name == "2024"


@pytest.mark.parametrize(
    ("node", "kind", "json_type", "enum"),
    [
        ({"const": "EUR"}, "enum", "string", ("EUR",)),
        ({"enum": [1, 2, None]}, "enum", "integer", ("1", "2")),
        ({"type": ["string", "null"], "format": "date-time"}, "date", "string", ()),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number", "number", ()),
        ({"anyOf": [{"const": "a"}, {"const": "b"}]}, "enum", "string", ("a", "b")),
        ({"anyOf": [{"format": "date", "type": "string"}, {"type": "integer"}]}, "text", "string", ()),
        ({"allOf": [{"type": "string", "format": "email"}]}, "email", "string", ()),
        (True, "text", "string", ()),
        ({"type": "string", "x-docai-kind": "party"}, "party", "string", ()),
    ],
)
def test_leaves_of_many_forms(node: Any, kind: str, json_type: str, enum: tuple[str, ...]) -> None:
    (field,) = load_schema({"properties": {"x": node}}).fields
    assert (field.kind, field.json_type, field.enum) == (kind, json_type, enum)


BAD = [
    ({"type": "object"}, "no fields"),
    ({"type": "array", "items": {}}, "must be an object"),
    ({"properties": {"a": {"type": "strin"}}}, "/properties/a/type: 'strin' is no JSON type"),
    ({"properties": {"a": {"$ref": "http://x/y"}}}, "/properties/a: $ref 'http://x/y' leads outside"),
    ({"properties": {"a": {"$ref": "#/$defs/b"}}}, "names nothing"),
    ({"properties": {"a": {"type": "array"}}}, "field /a: a list must say"),
    ({"properties": {"a": {"items": {"type": "array", "items": {}}}}}, "field /a: a list of lists"),
    ({"properties": {"a": {"type": "object", "patternProperties": {"b": {}}}}}, "free keys"),
    (
        {"properties": {"a/b": {"oneOf": [{"type": "object"}, {"type": "string"}]}}},
        "field /a~1b: oneOf of objects",
    ),
    ({"properties": {"a": {"x-docai-kind": "dat"}}}, "did you mean 'date'?"),
    ({"properties": {"a": {"x-docai-alias": ["b"]}}}, "did you mean 'x-docai-aliases'?"),
    ({"properties": {"a": {"x-docai-aliases": "b"}}}, "must be a list of phrases"),
    ({"properties": {"*": {}}}, "cannot be named '*'"),
]


@pytest.mark.parametrize(("definition", "message"), BAD)
def test_a_bad_schema_gets_the_path_and_the_reason(definition: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_schema(definition)
    assert message in str(caught.value)
    assert caught.value.code == "schema-invalid"
    assert caught.value.exit_code == 2


def test_a_schema_that_contains_itself_is_refused_with_its_circle() -> None:
    node = {"type": "object", "properties": {"child": {"$ref": "#/$defs/node"}}}
    with pytest.raises(ConfigError, match=r"#/\$defs/node -> #/\$defs/node"):
        load_schema({"properties": {"root": {"$ref": "#/$defs/node"}}, "$defs": {"node": node}})


def test_references_that_multiply_are_refused() -> None:
    def pair(name: str) -> dict[str, Any]:
        return {"type": "object", "properties": {"l": {"$ref": name}, "r": {"$ref": name}}}

    levels = {f"n{i}": pair(f"#/$defs/n{i + 1}") for i in range(30)}
    definition = {
        "properties": {"top": {"$ref": "#/$defs/n0"}},
        "$defs": levels | {"n30": {"type": "string"}},
    }
    with pytest.raises(ConfigError, match="too large"):
        load_schema(definition)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("contrakt", "did you mean 'contract'?"),
        ("nowhere.json", "no schema and no file"),
        ("no_such_module:Model", "cannot import"),
        ("json:JSONDecoder", "no pydantic model"),
    ],
)
def test_a_source_that_is_not_there(source: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_schema(source)


@pytest.mark.parametrize("text", ["{", "[1]", "a: [", "\x00"])
def test_a_file_that_is_no_schema(tmp_path: Path, text: str) -> None:
    for name in ("s.json", "s.yaml"):
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(ConfigError, match=name):
            load_schema(path)


BOMB = "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("deep.json", '{"properties": ' * 5000, "nested too deeply"),
        ("deep.json", '{"properties": {"a": ' * 150 + "{}" + "}}" * 150, "nested"),
        ("deep.yaml", "[" * 5000, "nested too deeply"),
        ("bomb.yaml", BOMB, "too large once its aliases are expanded"),
        ("self.yaml", "a: &a [*a]", "too large once its aliases are expanded"),
    ],
)
def test_a_file_made_to_hurt(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_schema(path)


def test_the_hash_is_of_the_content() -> None:
    one = load_schema({"properties": {"a": {"type": "string"}}, "title": "T"})
    same = load_schema({"title": "T", "properties": {"a": {"type": "string"}}})
    other = load_schema({"title": "T", "properties": {"a": {"type": "number"}}})
    assert one.hash == same.hash != other.hash
    assert one.hash.startswith("sha256:")
