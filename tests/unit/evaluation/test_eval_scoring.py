from decimal import Decimal
from typing import Any

import pytest

from docai.evaluation.scoring import Score, judge_document, score_target
from docai.evaluation.targets import Target, list_targets, target_key
from docai.evaluation.truth import Truth
from docai.schema import Schema
from docai.types import FieldValue, Record

SCALAR = Target("/title", "scalar", "title", {})
FLAG = Target("/clauses/non_compete", "scalar", "boolean", {})
LIST = Target("/parties", "list", "party", {})
ROWS = Target("/line_items", "rows", "text", {"description": "text", "amount": "money"})


@pytest.mark.parametrize(
    ("target", "truth", "value", "score"),
    [
        (SCALAR, "Deal", "DEAL.", Score(1, 0, 0)),
        (SCALAR, "Deal", "Other", Score(0, 1, 1)),
        (SCALAR, None, "Other", Score(0, 1, 0)),
        (SCALAR, "Deal", None, Score(0, 0, 1)),
        (SCALAR, None, None, Score()),
        (FLAG, True, True, Score(1, 0, 0)),
        (FLAG, True, False, Score(0, 0, 1)),
        (FLAG, True, None, Score(0, 0, 1)),
        (FLAG, False, True, Score(0, 1, 0)),
        (FLAG, False, False, Score()),
        (LIST, ["Acme Inc", "Bolt LLC"], ["BOLT, LLC", "Cog Ltd"], Score(1, 1, 1)),
        (LIST, ["Acme Inc"], ["Acme Inc", "ACME INC"], Score(1, 1, 0)),
        (LIST, ["Acme Inc"], None, Score(0, 0, 1)),
        (LIST, [], [], Score()),
        (ROWS, [{"description": "Pens"}], [{"description": "pens", "amount": 3}], Score(1, 0, 0)),
        (ROWS, [{"amount": Decimal("1.50")}], [{"description": "Pens", "amount": None}], Score(0, 1, 1)),
        (ROWS, [{"amount": Decimal(2)}] * 2, [{"amount": 2.0}], Score(1, 0, 1)),
        (ROWS, [{"amount": Decimal(2)}], [{"description": None, "amount": None}], Score(0, 0, 1)),
    ],
)
def test_counts(target: Target, truth: Any, value: Any, score: Score) -> None:
    assert score_target(target, truth, value) == score


def test_f1_is_micro_and_undefined_for_nothing() -> None:
    total = Score(1, 0, 0) + Score(0, 1, 1)
    assert (total.precision, total.recall, total.f1) == (0.5, 0.5, 0.5)
    assert (Score().precision, Score().recall, Score().f1) == (None, None, None)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/date", ("/date", None, "")),
        ("/parties/1", ("/parties", 1, "")),
        ("/line_items/3/price/net", ("/line_items", 3, "price/net")),
        ("/line_items/*/total", ("/line_items", None, "total")),
        ("/parties/*", ("/parties", None, "")),
    ],
)
def test_target_key(path: str, parts: tuple[str, int | None, str]) -> None:
    assert target_key(path) == parts


def leaf(path: str, value: Any, status: str = "grounded") -> FieldValue:
    return FieldValue.model_validate({"path": path, "value": value, "status": status, "confidence": 0.9})


def test_leaves_are_judged_one_by_one(schema: Schema, make_record: Any) -> None:
    truth = Truth(
        "a.pdf",
        "",
        {
            "/signed_on": None,
            "/parties": ["Acme Inc"],
            "/line_items": [{"description": "Pens", "amount": Decimal(3)}, {"description": "Ink"}],
        },
    )
    record: Record = make_record(
        "a.pdf",
        {
            "parties": ["Acme, Inc."],
            "line_items": [{"description": "Pens", "amount": 4}, {"description": "Ink"}],
        },
        (
            leaf("/signed_on", None, "missing"),
            leaf("/parties/0", "Cog Ltd", "unsupported"),
            leaf("/parties/1", "Acme, Inc."),
            leaf("/line_items/0/description", "Pens"),
            leaf("/line_items/0/amount", 4),
            leaf("/line_items/1/description", "Ink"),
            leaf("/line_items/1/amount", 9),
        ),
    )
    judged = {j.target.key: j for j in judge_document(truth, record, list_targets(schema))}
    rights = {f.field.path: f.right for j in judged.values() for f in j.fields}
    assert rights == {
        "/signed_on": True,
        "/parties/0": False,
        "/parties/1": True,
        "/line_items/0/description": True,
        "/line_items/0/amount": False,
        "/line_items/1/description": True,  # nobody labelled the second amount: it is not judged
    }
    assert [judged[k].verdict for k in ("/signed_on", "/parties", "/line_items")] == [
        "none",
        "right",
        "partial",
    ]


def test_a_document_without_a_record_misses_its_truths(schema: Schema) -> None:
    truth = Truth("a.pdf", "", {"/title": "Deal", "/parties": ["A", "B"], "/signed_on": None})
    scores = [j.score for j in judge_document(truth, None, list_targets(schema))]
    assert scores == [Score(fn=1), Score(fn=2), Score()]
