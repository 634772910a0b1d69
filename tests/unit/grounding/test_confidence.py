"""Confidence from features and a calibration file."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.grounding.confidence import Calibration, shipped_calibration
from docai.grounding.features import Features, to_vector

SURE = Features(
    kind="date", status="grounded", match="exact", match_score=1.0, agreement="equal", score=0.95, places=2
)
SCORES = st.one_of(st.none(), st.floats(0, 1))


def test_better_proof_gives_more_confidence() -> None:
    model = shipped_calibration()
    sure = model.confidence(SURE)
    assert sure > 0.8
    assert model.confidence(replace(SURE, status="unsupported", match=None, match_score=0.0)) < 0.5
    assert model.confidence(replace(SURE, status="missing")) == 0.0
    assert model.confidence(replace(SURE, score=0.2)) < sure


@given(
    SCORES,
    st.sampled_from(["grounded", "inferred", "unsupported", "missing"]),
    st.floats(0, 1),
    st.integers(0, 50),
    st.integers(0, 9),
)
def test_confidence_is_a_probability(
    score: float | None, status: str, word: float, places: int, rivals: int
) -> None:
    features = replace(SURE, score=score, status=status, word_confidence=word, places=places, rivals=rivals)
    assert 0.0 <= shipped_calibration().confidence(features) <= 1.0


def test_the_table_is_read_between_its_points() -> None:
    model = Calibration(0.0, {}, (0.2, 0.6), (0.1, 0.9))
    assert [model.lookup(p) for p in (0.0, 0.2, 0.6, 1.0)] == [0.1, 0.1, 0.9, 0.9]
    assert model.lookup(0.4) == pytest.approx(0.5)


def test_a_calibration_survives_its_file() -> None:
    text = json.dumps({"intercept": -1, "weights": {"score": 2}, "table": {"x": [0, 1], "y": [0, 1]}})
    model = Calibration.from_json(text)
    assert model.weights == {"score": 2.0}
    assert model.probability({"score": 0.5}) == pytest.approx(0.5)


@pytest.mark.parametrize("text", ["{}", "[]", '{"intercept": 1, "weights": 3}', "no json"])
def test_a_foreign_file_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"calibration|Expecting"):
        Calibration.from_json(text)


def test_the_vector_names_what_it_is() -> None:
    vector = to_vector(SURE)
    assert vector["status=grounded"] == vector["match=exact"] == vector["kind=date"] == 1.0
    assert "rivals" not in vector
