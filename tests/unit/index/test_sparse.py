from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.index.sparse import SparseEncoder
from docai.index.terms import Terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Termination", "terminate"),
        ("agreements", "Agreement"),
        ("Verträge", "Vertrag"),
        ("Rechnungen", "RECHNUNG"),
        ("governing", "governed"),
        ("Straße", "strasse"),
    ],
)
def test_forms_of_a_word_are_one_term(one: str, other: str) -> None:
    terms = Terms()
    assert terms.count(one) == terms.count(other)


@pytest.mark.parametrize(("one", "other"), [("Delaware", "Nevada"), ("2019", "2020"), ("10", "100")])
def test_different_words_are_different_terms(one: str, other: str) -> None:
    terms = Terms()
    assert terms.count(one) != terms.count(other)


def test_numbers_count_in_parts_and_whole() -> None:
    terms = Terms()
    assert terms.number("1500.00") in terms.count("a total of 1,500.00 EUR")
    assert terms.number("500") in terms.count("a total of 1,500.00 EUR")


def test_words_that_a_line_end_broke_count_whole() -> None:
    terms = Terms()
    assert set(terms.count("agreement")) <= set(terms.count("this agree- ment ends"))


def test_terms_share_numbers_hardly_ever() -> None:
    terms = Terms()
    words = [f"w{n:x}q" for n in range(100_000)]
    assert len({terms.number(word) for word in words}) >= len(words) - 10


@given(st.text(max_size=300))
def test_vectors_are_sorted_and_positive(text: str) -> None:
    encoder = SparseEncoder()
    for vector in (encoder.encode_passage(text), encoder.encode_question(text)):
        assert vector.indices.dtype == np.uint32
        assert vector.weights.dtype == np.float32
        assert len(vector.indices) == len(vector.weights)
        assert (np.diff(vector.indices.astype(np.int64)) > 0).all()
        assert (vector.weights > 0).all()


def test_weights_are_those_of_bm25() -> None:
    encoder = SparseEncoder()
    (weight,) = encoder.encode_passage("law law law").weights
    level = 1.2 * (1 - 0.75 + 0.75 * 3 / 130)
    assert weight == pytest.approx(3 * 2.2 / (3 + level), rel=1e-5)
    assert list(encoder.encode_question("law law").weights) == [1.0]


def test_a_word_said_often_and_a_short_passage_weigh_more() -> None:
    encoder = SparseEncoder()
    law = encoder.encode_question("law").indices[0]

    def weigh(text: str) -> float:
        vector = encoder.encode_passage(text)
        return float(vector.weights[list(vector.indices).index(law)])

    padding = " ".join(f"word{n}" for n in range(60))
    assert weigh("the law is the law") > weigh("the law is the rule")
    assert weigh("the law") > weigh(f"the law {padding}")
