"""Values of a record: assembled in the schema's order, always valid, gaps told."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from docai.schema import (
    assemble,
    assemble_values,
    list_shipped,
    load_schema,
    record_schema,
    to_model,
    validate_values,
    value_at,
)
from docai.types import DocumentRef, FieldValue, Record, Run, SchemaRef, Status

DEFINITION: dict[str, Any] = {
    "type": "object",
    "required": ["number", "lines"],
    "additionalProperties": False,
    "properties": {
        "number": {"type": "string", "minLength": 3, "pattern": "^[0-9]+$"},
        "due": {"type": "string", "format": "date"},
        "mode": {"enum": ["cash", "card"]},
        "paid": {"type": "boolean"},
        "pieces": {"type": "integer", "minimum": 10},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2},
        "buyer": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "lines": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {"text": {"type": "string"}, "total": {"type": "number"}},
            },
        },
    },
}


def found(path: str, value: Any, status: Status = "grounded") -> FieldValue:
    return FieldValue(path=path, value=value, status=status)


def test_values_stand_in_schema_order_with_nulls_and_empty_lists() -> None:
    schema = load_schema(DEFINITION)
    values = assemble_values(schema, [found("/lines/0/total", Decimal("3.20")), found("/due", "2024-05-01")])
    assert list(values) == list(DEFINITION["properties"])
    assert values == {
        "number": None,
        "due": "2024-05-01",
        "mode": None,
        "paid": None,
        "pieces": None,
        "tags": [],
        "buyer": {"name": None},
        "lines": [{"text": None, "total": 3.2}],
    }
    assert validate_values(schema, values) == ()


def test_the_record_schema_drops_wishes_and_keeps_types() -> None:
    schema = load_schema(DEFINITION)
    definition = record_schema(schema)
    Draft202012Validator.check_schema(definition)
    assert "required" not in json.dumps(definition)
    assert definition["properties"]["number"] == {"type": ["string", "null"]}
    assert definition["properties"]["mode"]["enum"] == ["cash", "card", None]
    assert definition["properties"]["due"]["format"] == "date"
    broken = validate_values(schema, {"number": 5, "due": "soon", "mode": "gold", "lines": [{"total": "x"}]})
    assert [gap.path for gap in broken] == ["/due", "/lines/0/total", "/mode", "/number"]


def test_only_proven_values_enter_unless_asked() -> None:
    schema = load_schema(DEFINITION)
    fields = [
        found("/number", "123", "unsupported"),
        found("/mode", "card", "seen"),
        found("/paid", True, "inferred"),
        found("/pieces", 12, "corrected"),
        found("/due", None, "missing"),
    ]
    values = assemble_values(schema, fields)
    assert (values["number"], values["mode"], values["paid"], values["pieces"]) == (None, None, True, 12)
    assert assemble_values(schema, fields, keep_unsupported=True)["number"] == "123"
    assert assemble_values(schema, fields, keep_seen=True)["mode"] == "card"


def test_rows_without_a_value_are_left_out() -> None:
    schema = load_schema(DEFINITION)
    fields = [
        found("/tags/0", "a"),
        found("/tags/1", "b", "unsupported"),
        found("/tags/10", "c"),
        found("/tags/2", "d"),
    ]
    assert assemble_values(schema, fields)["tags"] == ["a", "d", "c"]


@pytest.mark.parametrize(
    ("path", "value", "wanted"),
    [
        ("/mode", "CARD", "card"),
        ("/number", 42, "42"),
        ("/pieces", "12", 12),
        ("/lines/0/total", "12.50", 12.5),
        ("/due", "2024-05-01T10:00:00", "2024-05-01"),
    ],
)
def test_values_are_brought_into_the_fields_type(path: str, value: Any, wanted: Any) -> None:
    values, gaps = assemble(load_schema(DEFINITION), [found(path, value)])
    assert value_at(values, path) == wanted
    assert gaps == ()


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("/mode", "gold", "none of cash, card"),
        ("/pieces", "3.5", "not a whole number"),
        ("/lines/0/total", "many", "not a number"),
        ("/due", "May", "not a date"),
        ("/paid", "yes", "neither true nor false"),
        ("/nothing", 1, "no such field"),
    ],
)
def test_a_value_that_does_not_fit_becomes_null_and_is_told(path: str, value: Any, reason: str) -> None:
    values, gaps = assemble(load_schema(DEFINITION), [found(path, value)])
    assert value_at(values, path) is None
    assert [gap.path for gap in gaps] == [path]
    assert reason in gaps[0].reason


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=12),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.sampled_from(["2024-05-01", "card", "12.50"]),
)


SHIPPED = {name: load_schema(name) for name in list_shipped()}


@settings(deadline=None)
@given(st.sampled_from(list_shipped()), st.data())
def test_assembled_values_always_validate(name: str, data: st.DataObject) -> None:
    schema = SHIPPED[name]
    paths = st.sampled_from([field.path for field in schema.fields])
    indices = st.integers(min_value=0, max_value=3).map(str)
    claims = data.draw(st.lists(st.tuples(paths, indices, scalars), max_size=12))
    fields = [found(path.replace("*", index), value) for path, index, value in claims]
    values, gaps = assemble(schema, fields)
    assert validate_values(schema, values) == ()
    assert {gap.path for gap in gaps} <= {field.path for field in fields}


class Line(BaseModel):
    text: str | None
    total: float


class Bill(BaseModel):
    number: str
    mode: str = "cash"
    due: str | None
    lines: list[Line]


def record_of(*fields: FieldValue) -> Record:
    schema = load_schema(Bill)
    return Record(
        document=DocumentRef(id="sha256:0", uri="a.pdf", page_count=1),
        schema_ref=SchemaRef(id=schema.id, hash=schema.hash),
        complete=True,
        values=assemble_values(schema, fields),
        fields=tuple(fields),
        run=Run(docai="0", engine="test"),
    )


def test_a_complete_record_becomes_the_users_model() -> None:
    record = record_of(found("/number", "7"), found("/lines/0/total", "2.5"))
    model, gaps = to_model(record, Bill)
    assert gaps == ()
    assert model == Bill(number="7", mode="cash", due=None, lines=[Line(text=None, total=2.5)])


def test_gaps_are_told_with_their_reason() -> None:
    missing = FieldValue(path="/number", status="missing", reason="redacted")
    model, gaps = to_model(record_of(missing, found("/lines/0/text", "x")), Bill)
    assert model is None
    assert [gap.path for gap in gaps] == ["/number", "/lines/0/total"]
    assert "redacted" in gaps[0].reason
