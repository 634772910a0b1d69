"""When a text layer is believed, and what is read besides it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_pages import PROSE, draw_page, page_reader

from docai.reading.layer import agreement, drop_hidden, find_defect, turn_of
from docai.reading.router import PageReader
from docai.types import Box, PageImage, Word


def make_words(texts: list[str]) -> list[Word]:
    return [
        Word(text, Box(10.0 * i, 10, 10.0 * i + 9, 20), None, "text-layer") for i, text in enumerate(texts)
    ]


def shift_letters(text: str) -> str:
    return "".join(chr((ord(c) - 97 + 3) % 26 + 97) if "a" <= c <= "z" else c for c in text.lower())


PLAIN = " ".join(PROSE).split()


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (["\ufffd\ufffd\ufffd", "and"] * 20, "Unicode"),
        (["\ue001\ue002\ue003"] * 20, "Unicode"),
        (["(cid:12)(cid:7)"] * 20, "glyph"),
        ([shift_letters(text) for text in PLAIN], "vowels"),
        (["Agr33ment", "betwe~n", "thE", "part1es", "tHe", "5upplier"] * 20, "poor OCR"),
    ],
)
def test_garbage_is_told_from_text(texts: list[str], says: str) -> None:
    assert says in (find_defect(make_words(texts)) or "")


@pytest.mark.parametrize(
    "text",
    [
        " ".join(PROSE),
        "Die Rechnung ist innerhalb von dreißig Tagen nach Erhalt ohne Abzug zu zahlen. " * 3,
        "La facture est payable dans les trente jours suivant sa réception, sans escompte. " * 3,
        "4711 12.50 3.00 99.90 119.00 7.5 2024-01-31 DE89370400440532013000 " * 8,
        "契約書は双方の合意により締結された。" * 10,
        "X1 A4 B2 INV-0001 CT-55 " * 10,
    ],
)
def test_text_of_other_kinds_is_no_garbage(text: str) -> None:
    assert find_defect(make_words(text.split())) is None


def test_hidden_words_are_dropped() -> None:
    _, image, words = draw_page()
    hidden = Word("SECRET", Box(100, 600, 160, 612), None, "text-layer", 99)
    shown = drop_hidden([*words, hidden], image.pixels, image.dpi_x)
    assert [w.text for w in shown] == [w.text for w in words]


def test_the_turn_comes_from_the_order_of_tall_words() -> None:
    across = [Word("words", Box(20.0 * i, 0, 20.0 * i + 18, 8), None, "text-layer") for i in range(8)]
    down = [Word("words", Box(0, 30.0 * i, 8, 30.0 * i + 28), None, "text-layer") for i in range(8)]
    assert turn_of(across) == 0
    assert turn_of(down) == 270
    assert turn_of(down[::-1]) == 90


def test_a_good_digital_page_is_not_read_again() -> None:
    page, image, words = draw_page(kind="rendered")
    read = page_reader().read(page, image, words)
    assert (read.reader, read.issues) == ("text-layer", ())
    assert read.words == tuple(words)


def test_a_garbled_layer_is_read_by_ocr_and_said_so() -> None:
    page, image, words = draw_page(kind="rendered")
    garbled = [replace(word, text=shift_letters(word.text)) for word in words]
    read = page_reader().read(page, image, garbled)
    assert [issue.code for issue in read.issues] == ["text-layer-distrusted"]
    assert {word.origin for word in read.words} == {"ocr"}
    assert "Delaware," in [word.text for word in read.words]


def test_an_earlier_poor_ocr_of_a_scan_is_read_again() -> None:
    page, image, words = draw_page(kind="native")
    poor = [
        replace(word, text=word.text.replace("e", "c").replace("t", "l").replace("o", "q")) for word in words
    ]
    read = page_reader().read(page, image, poor)
    assert [issue.code for issue in read.issues] == ["text-layer-distrusted"]
    good = page_reader().read(page, image, words)
    assert (good.reader, good.issues) == ("text-layer", ())


def test_what_the_layer_leaves_out_is_read_and_put_in_its_place() -> None:
    page, image, words = draw_page(kind="rendered")
    lines = sorted({word.line for word in words})
    left_out = [word for word in words if word.line == lines[3]]
    read = page_reader().read(page, image, [word for word in words if word.line != lines[3]])
    assert read.reader == "text-layer+ocr"
    added = [word for word in read.words if word.origin == "ocr"]
    assert [word.text for word in added] == [word.text for word in left_out]
    assert [word.text for word in read.words] == [word.text for word in words]
    assert [word.line for word in read.words] == sorted(word.line for word in read.words)


def test_a_stamp_in_the_layer_does_not_stand_for_the_scan() -> None:
    page, image, words = draw_page(kind="rendered")
    first = [word for word in words if word.line == words[0].line]
    read = page_reader().read(page, image, first)
    texts = [word.text for word in read.words]
    assert texts[: len(first)] == [word.text for word in first]
    assert "Delaware," in texts
    assert texts.count(first[0].text) == PLAIN.count(first[0].text)


def test_agreement_is_by_letters_and_digits() -> None:
    assert agreement("The Terms, 30 days", "the terms 30 days.") == 1.0
    assert agreement("abc", "xyz") == 0.0


def test_a_language_that_no_reader_knows_is_said_so() -> None:
    page, image, _ = draw_page(PROSE[:3])
    read = PageReader(("eng", "hin")).read(page, image, ())
    assert [issue.code for issue in read.issues] == ["language-not-covered"]
    assert "hin" in read.issues[0].message
    blank = PageImage(1, np.full_like(image.pixels, 255), "native", 150, 150)
    assert PageReader(("eng", "hin")).read(page, blank, ()).issues == ()
