"""Claims of pages to fields of a record."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.extraction.merge import coerce, merge_claims, merge_with_features
from docai.schema import Field, Kind, Schema, assemble_values, load_schema
from docai.types import Box, Claim, FieldValue, Page, Scalar, Word

DEFINITION = """
title: Deal
type: object
properties:
  signed: {type: string, format: date}
  total: {type: number, x-docai-kind: money}
  term: {type: string, x-docai-kind: duration}
  exclusive: {type: boolean}
  parties: {type: array, items: {type: string, x-docai-kind: party}}
  items:
    type: array
    items:
      type: object
      properties:
        name: {type: string, x-docai-kind: text}
        price: {type: number, x-docai-kind: money}
"""


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    path: Path = tmp_path_factory.mktemp("schemas") / "deal.yaml"
    path.write_text(DEFINITION, "utf-8")
    return load_schema(str(path))


def page(text: str, number: int = 1) -> Page:
    words: list[Word] = []
    for line, content in enumerate(text.split("\n")):
        for at, token in enumerate(content.split()):
            words.append(
                Word(token, Box(50 + 60 * at, 20 * line, 85 + 60 * at, 20 * line + 9), 0.9, "ocr", line)
            )
    return Page("sha256:x", number, 600, 800, 200, 200, "native", words=tuple(words), reader="test")


PAGES = (
    page("signed 5 May 2020 by Alpha Inc. and Beta Ltd.\nscrew 2.00\nnut 1.00\nscrew 2.00\ntotal $5.00", 1),
    page("Alpha Inc. signed 6 May 2020\nbolt 3.00\nthis is exclusive\n$8.00 or $9.00", 2),
)


def claim(path: str, quote: str, value: Scalar = None, number: int = 1, **more: object) -> Claim:
    return Claim(path, quote, value, number, str(more.pop("engine", "test")), **more)  # type: ignore[arg-type]


def merge(schema: Schema, claims: Sequence[Claim], *, complete: bool = True) -> dict[str, FieldValue]:
    return {f.path: f for f in merge_claims(claims, PAGES, schema, complete=complete)}


def test_every_leaf_without_a_value_is_missing_with_its_reason(schema: Schema) -> None:
    fields = merge(schema, [])
    assert set(fields) == {f.path for f in schema.fields}
    assert {f.reason for f in fields.values()} == {"not_found"}
    assert {f.reason for f in merge(schema, [], complete=False).values()} == {"not_read"}
    assert assemble_values(schema, list(fields.values()))["parties"] == []


def test_the_better_proved_value_stands_and_the_other_is_an_alternative(schema: Schema) -> None:
    fields = merge(
        schema,
        [
            claim("/signed", "6 May 2020", "2020-05-06", 2, score=0.4),
            claim("/signed", "5 May 2020", "2020-05-05", 1, score=0.9),
            claim("/signed", "7 May 2020", "2020-05-07", 1, score=0.99),
        ],
    )
    signed = fields["/signed"]
    assert (signed.value, signed.status) == ("2020-05-05", "grounded")
    assert [a.value for a in signed.alternatives] == ["2020-05-06", "2020-05-07"]
    assert signed.confidence > signed.alternatives[0].confidence > 0
    assert signed.alternatives[0].evidence[0].page == 2


def test_agreement_of_claims_adds_confidence_and_evidence(schema: Schema) -> None:
    one = claim("/total", "$5.00", Decimal("5.00"), 1, score=0.6)
    alone = merge(schema, [one])["/total"]
    again = merge(schema, [one, claim("/total", "total $5.00", Decimal(5), 1, score=0.6, engine="other")])[
        "/total"
    ]
    assert again.confidence > alone.confidence
    assert (again.value, again.unit) == (5, "USD")
    assert again.alternatives == ()


def test_what_no_page_shows_stays_out_of_the_values(schema: Schema) -> None:
    fields = merge(schema, [claim("/total", "$7.00", Decimal(7))])
    assert fields["/total"].status == "unsupported"
    assert fields["/total"].confidence < 0.5
    assert assemble_values(schema, list(fields.values()))["total"] is None


def test_list_items_are_numbered_in_document_order_and_doubles_joined(schema: Schema) -> None:
    fields = merge(
        schema,
        [
            claim("/parties/3", "Beta Ltd.", "Beta Ltd.", words=(8, 9)),
            claim("/parties/0", "Gamma LLC", "Gamma LLC"),
            claim("/parties/7", "Alpha Inc.", "Alpha, Inc", 2, words=(0, 1)),
            claim("/parties/1", "Alpha Inc.", "Alpha Inc.", words=(5, 6)),
        ],
    )
    parties = [f for path, f in fields.items() if path.startswith("/parties")]
    assert [f.path for f in parties] == ["/parties/0", "/parties/1", "/parties/2"]
    assert [f.value for f in parties] == ["Alpha Inc.", "Beta Ltd.", "Gamma LLC"]
    assert parties[2].status == "unsupported"
    assert {e.page for e in parties[0].evidence} == {1, 2}


def test_rows_stay_together_over_pages_and_equal_lines_are_kept(schema: Schema) -> None:
    claims = []
    for number, (name, price, where, words) in enumerate(
        [("screw", "2.00", 1, (10, 11)), ("nut", "1.00", 1, (12, 13)), ("screw", "2.00", 1, (14, 15))]
    ):
        claims.append(claim(f"/items/{number}/price", price, Decimal(price), where, words=words[1:]))
        claims.append(claim(f"/items/{number}/name", name, name, where, words=words[:1]))
    # A page-wise engine counts again from 0 on the next page.
    claims.append(claim("/items/0/name", "bolt", "bolt", 2, words=(6,)))
    claims.append(claim("/items/0/price", "3.00", Decimal(3), 2, words=(7,)))
    fields = merge(schema, claims)
    values = assemble_values(schema, list(fields.values()))["items"]
    assert values == [
        {"name": "screw", "price": 2.0},
        {"name": "nut", "price": 1.0},
        {"name": "screw", "price": 2.0},
        {"name": "bolt", "price": 3.0},
    ]
    assert fields["/items/2/name"].evidence[0].boxes[0].y0 == 60


def test_two_engines_that_agree_mean_one_row(schema: Schema) -> None:
    claims = [
        claim("/items/0/name", "nut", "nut", words=(12,)),
        claim("/items/0/price", "1.00", Decimal(1), words=(13,)),
        claim("/items/4/name", "nut", "nut", engine="other"),
        claim("/items/4/price", "1.00", Decimal(1), engine="other"),
        claim("/items/5/name", "nut", "nut", engine="other"),
        claim("/items/5/price", "2.00", Decimal(2), engine="other"),
    ]
    values = assemble_values(schema, list(merge(schema, claims).values()))["items"]
    assert sorted(row["price"] for row in values) == [1.0, 2.0]


def test_a_row_with_a_gap_says_so(schema: Schema) -> None:
    fields = merge(schema, [claim("/items/0/name", "nut", "nut", words=(12,))])
    assert (fields["/items/0/price"].status, fields["/items/0/price"].reason) == ("missing", "not_found")


def test_a_proved_yes_is_never_outvoted(schema: Schema) -> None:
    no = claim("/exclusive", "", False, 1, score=0.99)
    yes = claim("/exclusive", "this is exclusive", True, 2, score=0.3)
    field = merge(schema, [no, yes])["/exclusive"]
    assert (field.value, field.status) == (True, "inferred")
    assert merge(schema, [no])["/exclusive"].value is False
    unread = merge(schema, [no], complete=False)["/exclusive"]
    assert (unread.value, unread.status, unread.reason) == (None, "missing", "not_read")


def test_an_open_place_gives_its_reason_unless_a_value_stands(schema: Schema) -> None:
    blank = claim("/signed", "signed", None, absent="blank")
    field = merge(schema, [blank])["/signed"]
    assert (field.status, field.reason, field.evidence[0].match) == ("missing", "blank", "region")
    assert (
        merge(schema, [blank, claim("/signed", "5 May 2020", "2020-05-05")])["/signed"].status == "grounded"
    )


def test_the_document_decides_ambiguous_dates(schema: Schema) -> None:
    pages = [page("signed 03/04/2020 due 25/04/2020")]
    fields = merge_claims([claim("/signed", "03/04/2020", None)], pages, schema, complete=True)
    signed = next(f for f in fields if f.path == "/signed")
    assert signed.value == "2020-04-03"
    assert [a.value for a in signed.alternatives] == ["2020-03-04"]


def test_claims_for_unknown_paths_are_dropped(schema: Schema) -> None:
    assert set(merge(schema, [claim("/nothing/0/here", "nut", "nut")])) == set(merge(schema, []))


def test_features_come_with_the_fields(schema: Schema) -> None:
    merged = merge_with_features([claim("/total", "$5.00", Decimal(5))], PAGES, schema, complete=True)
    features = {m.field.path: m.features for m in merged}
    total = features["/total"]
    assert total is not None
    assert (total.match, total.places, total.rivals) == ("exact", 1, 0)
    assert features["/signed"] is None


@pytest.mark.parametrize(
    ("value", "json_type", "kind", "expected"),
    [
        (Decimal("5.00"), "string", "money", "5.00"),
        ("RM 5.50", "number", "money", Decimal("5.50")),
        ("3", "integer", "integer", 3),
        (Decimal("3.5"), "integer", "integer", None),
        (Decimal("NaN"), "number", "number", None),
        ("five", "number", "number", None),
        (True, "boolean", "boolean", True),
        ("maybe", "boolean", "boolean", None),
        (4711, "string", "identifier", "4711"),
    ],
)
def test_values_take_the_type_of_the_schema(
    value: Scalar, json_type: str, kind: Kind, expected: Scalar
) -> None:
    field = Field(path="/x", name="x", kind=kind, json_type=json_type)
    result = coerce(value, field)
    assert result == expected
    assert type(result) is type(expected)


PATHS = st.sampled_from(
    ["/signed", "/total", "/term", "/exclusive", "/parties/#", "/items/#/name", "/items/#/price"]
)
QUOTES = st.sampled_from(
    ["5 May 2020", "$5.00", "Alpha Inc.", "screw", "2.00", "this is exclusive", "absent", ""]
)
VALUES = st.sampled_from(
    ["2020-05-05", Decimal(5), Decimal(2), "Alpha Inc.", "screw", True, False, None, "1 year"]
)


@given(
    st.lists(st.tuples(PATHS, st.integers(0, 4), QUOTES, VALUES, st.integers(1, 3)), max_size=12),
    st.booleans(),
)
def test_any_claims_give_a_valid_record(
    schema: Schema, raw: list[tuple[str, int, str, Scalar, int]], complete: bool
) -> None:
    claims = [claim(p.replace("#", str(n)), q, v, number) for p, n, q, v, number in raw]
    fields = merge_claims(claims, PAGES, schema, complete=complete)
    paths = [f.path for f in fields]
    assert len(paths) == len(set(paths))
    for field in fields:
        assert (field.value is None) == (field.status == "missing")
        assert (field.reason is not None) == (field.status == "missing")
        assert 0.0 <= field.confidence <= 1.0
        if field.status == "grounded":
            assert field.evidence
            assert all(e.boxes for e in field.evidence)
    assert fields == merge_claims(claims, PAGES, schema, complete=complete)
