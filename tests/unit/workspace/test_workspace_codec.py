"""Pages and outcomes as bytes."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workspace_samples import make_failure, make_invoice, make_page, make_record

from docai.types import Box, Page, Word
from docai.workspace.codec import decode_outcome, decode_page, decode_texts, encode_outcome, encode_page

coordinates = st.floats(-20_000.0, 20_000.0)
words = st.builds(
    Word,
    text=st.text(min_size=1, max_size=12),
    box=st.builds(Box, coordinates, coordinates, coordinates, coordinates),
    confidence=st.none() | st.floats(0.0, 1.0),
    origin=st.sampled_from(["text-layer", "ocr"]),
    line=st.integers(0, 100_000),
)


@settings(max_examples=40)
@given(st.lists(words, max_size=40))
def test_a_page_comes_back_with_boxes_to_a_hundredth_point(found: list[Word]) -> None:
    page = dataclasses.replace(make_page(words=0), words=tuple(found))
    back = decode_page(encode_page(page))
    assert dataclasses.replace(back, words=()) == dataclasses.replace(page, words=())
    assert [(w.text, w.origin, w.line) for w in back.words] == [(w.text, w.origin, w.line) for w in found]
    for before, after in zip(found, back.words, strict=True):
        assert after.box == pytest.approx(before.box, abs=0.00501)
        assert (after.confidence is None) == (before.confidence is None)
        assert (after.confidence or 0.0) == pytest.approx(before.confidence or 0.0, abs=0.000051)


@settings(max_examples=40)
@given(st.lists(words, max_size=20))
def test_storing_a_stored_page_changes_nothing(found: list[Word]) -> None:
    once = decode_page(encode_page(dataclasses.replace(make_page(words=0), words=tuple(found))))
    assert decode_page(encode_page(once)) == once
    assert decode_texts(encode_page(once)) == [word.text for word in once.words]


def test_a_dense_page_takes_less_than_ten_kilobytes() -> None:
    page = make_page(words=0)
    dense = [
        Word(
            f"w{i * 7919 % 9973}",
            Box(i % 12 * 41.7, i // 12 * 15.03, i % 12 * 41.7 + 35.91, i // 12 * 15.03 + 11.2),
            (i * 31 % 97) / 97,
            "ocr",
            i // 12,
        )
        for i in range(500)
    ]
    assert len(encode_page(dataclasses.replace(page, words=tuple(dense)))) < 10_000


def test_text_that_is_no_text_survives() -> None:
    odd = (Word("\udc80\x00\u2028\U0001f600", Box(0, 0, 1, 1), None, "text-layer"),)
    page = dataclasses.replace(make_page(words=0), words=odd)
    assert decode_page(encode_page(page)).words == odd


def test_other_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="not a page"):
        decode_page(b"\x07nothing")


def test_a_word_at_the_end_of_the_world_is_refused() -> None:
    page: Page = dataclasses.replace(
        make_page(words=0), words=(Word("x", Box(0, 0, 1e12, 1), None, "text-layer"),)
    )
    with pytest.raises(ValueError, match="too far"):
        encode_page(page)


@pytest.mark.parametrize(
    "outcome", [make_record(), make_invoice(), make_failure()], ids=["record", "rows", "failure"]
)
def test_an_outcome_comes_back_equal(outcome: object) -> None:
    assert decode_outcome(encode_outcome(outcome)) == outcome  # type: ignore[arg-type]
