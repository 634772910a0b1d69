import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.evaluation.annotations import AnnotatedWord, load_annotations
from docai.evaluation.boxes import find_quote, score_boxes
from docai.types import Box, Evidence

TEXT = "This Agreement is made on May 1 , 2019 by Acme Inc and on May 1 , 2019 signed"
WORDS = [AnnotatedWord(w, Box(n * 10, 0, n * 10 + 9, 10)) for n, w in enumerate(TEXT.split())]


def evidence(quote: str, *boxes: Box) -> Evidence:
    return Evidence(page=1, quote=quote, match="exact", score=1.0, boxes=boxes)


def test_every_occurrence_of_a_quote_is_found() -> None:
    assert list(find_quote("May 1, 2019", WORDS)) == [{5, 6, 8}, {14, 15, 17}]


def test_a_slipped_reading_finds_the_place_it_resembles() -> None:
    assert list(find_quote("Agreemcnt is made on", WORDS)) == [{1, 2, 3, 4}]
    assert list(find_quote("Zebra crossing", WORDS)) == []


def test_boxes_on_any_occurrence_count_and_ink_height_is_enough() -> None:
    assert score_boxes(evidence("May 1, 2019", Box(140, 3, 179, 10)), WORDS) == 1.0


def test_boxes_elsewhere_or_too_wide_do_not_count() -> None:
    assert score_boxes(evidence("May 1, 2019", Box(0, 0, 29, 10)), WORDS) == 0.0
    assert score_boxes(evidence("Acme", Box(100, 0, 119, 10)), WORDS) == pytest.approx(2 / 3)
    assert score_boxes(evidence("Zebra crossing", Box(100, 0, 119, 10)), WORDS) == 0.0


@given(st.integers(0, len(WORDS) - 1), st.integers(1, 6))
def test_the_words_own_boxes_always_hit(start: int, count: int) -> None:
    run = [w for w in WORDS[start : start + count] if w.text.isalnum()]
    if run:
        assert score_boxes(evidence(" ".join(w.text for w in run), *(w.box for w in run)), WORDS) == 1.0


@pytest.mark.parametrize(
    ("turned", "box"),
    [
        (0, (10, 20, 40, 30)),
        (90, (20, 160, 30, 190)),
        (180, (160, 70, 190, 80)),
        (270, (70, 10, 80, 40)),
    ],
)
def test_scan_words_turn_with_their_page(tmp_path: Path, turned: int, box: tuple[float, ...]) -> None:
    # The upright page measures 200 × 100 pixels at 72 dpi; a counterclockwise turn takes its
    # right edge to the top.
    folder = tmp_path / "scan-words"
    folder.mkdir()
    row = {
        "page": 2,
        "width_px": 200,
        "height_px": 100,
        "dpi": 72,
        "turned_degrees_counterclockwise": turned,
        "words": [["Deal", 10, 20, 40, 30]],
    }
    (folder / "a.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    pages = load_annotations(tmp_path, "scans/a.pdf", lambda number: (0.0, 0.0))
    assert pages == {2: (AnnotatedWord("Deal", Box(*box)),)}


def test_lines_share_their_width_by_characters(tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    folder.mkdir()
    text = "0,10,100,10,100,20,0,20,TOTAL, 9.50\nno line at all\n"
    (folder / "7.csv").write_text(text, encoding="utf-8")
    words = load_annotations(tmp_path, "images/7.jpg", lambda number: (144.0, 144.0))[1]
    assert [w.text for w in words] == ["TOTAL,", "9.50"]
    assert words[0].box == pytest.approx((0, 5, 50 * 6 / 11, 10))
    assert words[1].box == pytest.approx((50 * 7 / 11, 5, 50, 10))
    assert load_annotations(tmp_path, "images/8.jpg", lambda number: (144.0, 144.0)) == {}
