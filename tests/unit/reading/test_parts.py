"""The reader's small parts, each by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_pages import PROSE, draw_page
from hypothesis import given
from hypothesis import strategies as st

from docai.reading.alphabet import allowed_letters, knows_language
from docai.reading.columns import has_columns
from docai.reading.coverage import group_boxes, merge_words, without_overlap
from docai.reading.detector import TextDetector
from docai.reading.engines import Engines
from docai.reading.ppocr import find_weights, order_corners
from docai.reading.printed import split_cells
from docai.reading.recogniser import LineRecogniser
from docai.reading.recognition import read_strong
from docai.reading.repair import choose_reading
from docai.reading.rows import sort_rows
from docai.reading.sheet import lay_sheet
from docai.reading.tesseract import find_tessdata
from docai.reading.tokens import Line, Token, line_of
from docai.reading.vocabulary import trim_vocabulary
from docai.types import Box, Word


def make_token(text: str, x: float, y: float = 0.0, confidence: float = 0.9) -> Token:
    return Token(text, (x, y, x + 10 * len(text), y + 20), confidence)


def make_line(text: str, x: float, y: float) -> Line:
    return line_of([make_token(text, x, y)])


def test_rows_are_read_from_left_to_right() -> None:
    lines = [
        make_line("12.50", 400, 103),
        make_line("CASH", 10, 130),
        make_line("TOTAL", 10, 98),
        make_line("20.00", 400, 128),
    ]
    assert [line.text for line in sort_rows(lines)] == ["TOTAL", "12.50", "CASH", "20.00"]


def test_wide_gaps_make_cells_and_rules_are_no_words() -> None:
    row = line_of([make_token("Gross", 0), make_token("|", 70, confidence=0.1), make_token("12.50", 300)])
    assert [cell.text for cell in split_cells(row)] == ["Gross", "12.50"]


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        (("tne", 0.5), ("the", 0.99), "the"),
        (("tapes,", 0.7), ("tapes.", 0.99), "tapes,"),
        (("written", 0.7), ("Written", 0.95), "written"),
        (("the", 0.7), ("tne", 0.4), "the"),
        (("Agreement", 0.3), ("Ag", 0.99), "Agreement"),
    ],
)
def test_the_likelier_reading_wins(first: tuple[str, float], second: tuple[str, float], chosen: str) -> None:
    box = (0.0, 0.0, 30.0, 20.0)
    token = choose_reading(Token(first[0], box, first[1]), Token(second[0], box, second[1]))
    assert token.text == chosen
    assert token.box == box


def test_two_readers_that_agree_are_surer_than_one() -> None:
    token = choose_reading(make_token("the", 0, confidence=0.5), make_token("the", 0, confidence=0.95))
    assert token.confidence == 0.95


def test_prose_columns_are_columns_and_form_rows_are_not() -> None:
    prose = [
        (50 + 380 * side, 40 + 20 * i, 400 + 380 * side, 55 + 20 * i) for i in range(30) for side in (0, 1)
    ]
    form = [
        (50 + 500 * side, 40 + 20 * i, 130 + 500 * side, 55 + 20 * i) for i in range(30) for side in (0, 1)
    ]
    single = [(50, 40 + 20 * i, 780, 55 + 20 * i) for i in range(30)]
    assert has_columns(np.array(prose, np.int32), 830)
    assert not has_columns(np.array(form, np.int32), 830)
    assert not has_columns(np.array(single, np.int32), 830)


def test_near_boxes_are_grouped_and_far_ones_are_not() -> None:
    boxes = np.array([[0, 0, 10, 10], [100, 100, 120, 110], [12, 0, 20, 10], [0, 12, 5, 20]], np.int32)
    assert group_boxes(boxes, 3) == [(0, 0, 20, 20), (100, 100, 120, 110)]


coordinate = st.floats(0, 500, allow_nan=False)


@given(st.lists(st.tuples(st.integers(0, 6), coordinate, coordinate), max_size=12), st.integers(0, 12))
def test_merging_keeps_every_word_and_the_layers_order(
    places: list[tuple[int, float, float]], cut: int
) -> None:
    words = [Word(f"w{i}", Box(x, y, x + 5, y + 5), None, "ocr", n) for i, (n, x, y) in enumerate(places)]
    layer, added = sorted(words[:cut], key=lambda w: w.line), words[cut:]
    merged = merge_words(layer, added)
    assert sorted(w.text for w in merged) == sorted(w.text for w in words)
    assert [w.line for w in merged] == sorted(w.line for w in merged)
    kept = [w.text for w in merged if w.text in {w.text for w in layer}]
    assert kept == [w.text for w in layer]


def test_words_inside_others_are_left_out() -> None:
    outer = Word("a", Box(0, 0, 50, 20), None, "text-layer")
    words = [Word("b", Box(10, 5, 20, 15), 0.9, "ocr"), Word("c", Box(60, 5, 70, 15), 0.9, "ocr")]
    assert [w.text for w in without_overlap(words, [outer])] == ["c"]


@given(st.permutations([(0.0, 0.0), (90.0, 6.0), (88.0, 26.0), (-2.0, 20.0)]))
def test_corners_go_clockwise_from_the_top_left(corners: list[tuple[float, float]]) -> None:
    ordered = order_corners(np.array(corners, np.float32)).tolist()
    assert ordered == [[0.0, 0.0], [90.0, 6.0], [88.0, 26.0], [-2.0, 20.0]]


def test_letters_follow_the_languages() -> None:
    letters = allowed_letters(("eng",))
    assert letters is not None
    assert {"a", "ä", "€", "7"} <= letters
    assert not {"θ", "買", "ı"} & letters
    assert allowed_letters(("eng", "jpn")) is None
    assert knows_language("fra", "Ÿÿ")
    assert not knows_language("rus", "abc")
    assert not knows_language("klingon", "abc")


@pytest.fixture(scope="module")
def weights() -> Path:
    folder = find_weights()
    if folder is None:
        pytest.skip("rapidocr has no wheel for this platform")
    return folder


def test_a_trimmed_recogniser_reads_like_the_whole_one(weights: Path) -> None:
    _, image, words = draw_page(PROSE[:2])
    quads = TextDetector(weights).find_lines(image.pixels, 0.6)
    assert len(quads) == 2
    trimmed, whole = LineRecogniser(weights, ("eng",)), LineRecogniser(weights)
    texts = [[line.text for line in r.read_lines(image.pixels, quads) if line] for r in (trimmed, whole)]
    assert texts[0] == texts[1]
    said = sorted(" ".join(texts[0]).split())
    assert said == sorted(word.text for word in words)


def test_words_of_a_line_get_boxes_of_their_own(weights: Path) -> None:
    page, image, words = draw_page(PROSE[:3])
    lines = read_strong(Engines(("eng",), None), lay_sheet(page, image.pixels, 150, 0, 0.0))
    tokens = [token for line in lines for token in line.tokens]
    assert [token.text for token in tokens] == [word.text for word in words]
    for token, word in zip(tokens, words, strict=True):
        middle = (token.box[0] + token.box[2]) / 2 * 72 / 150
        assert word.box.x0 - 2 < middle < word.box.x1 + 2


def test_a_model_without_the_expected_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="output layer"):
        trim_vocabulary(b"", 100, [0, 1])


def test_language_data_is_searched_where_it_was_said_to_be(tmp_path: Path) -> None:
    assert find_tessdata(tmp_path) is None
    (tmp_path / "eng.traineddata").write_bytes(b"")
    assert find_tessdata(tmp_path) == tmp_path
