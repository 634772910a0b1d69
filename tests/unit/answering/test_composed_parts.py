"""The parts of composing: replies of all sorts, negations, roles of dates, and what is sent."""

from __future__ import annotations

import json
from typing import get_args

import numpy as np
import pytest
from answering_shelves import make_library, make_shelf
from hypothesis import example, given
from hypothesis import strategies as st

from docai.answering.composing.material import MOST_PAGES, clip_text, gather_material
from docai.answering.composing.pictures import Picture, picture_page
from docai.answering.composing.polarity import find_polarity_fault
from docai.answering.composing.prompt import write_question
from docai.answering.composing.reply import read_said
from docai.answering.composing.request import MOST_IMAGES, choose_pictures, make_request
from docai.answering.composing.roles import find_role_fault, read_role
from docai.answering.composing.stated import all_keys, list_names, list_values
from docai.answering.question import read_question
from docai.answering.sources import open_sources
from docai.imaging.profiles import GEMMA4, GENERIC
from docai.llm.chat import ImagePart
from docai.llm.scripted_answers import read_passages
from docai.types import AnswerStatus, Box, PageImage, Passage, Where

ASSIGN = "Neither party may assign this Agreement without the prior written consent of the other."


def test_a_reply_is_read_whatever_its_names() -> None:
    said = read_said(
        'Sure!\n{"sentences": [{"sentence": "It is so.", "source": "[3]", "quotes": ["it is so"]}]}'
    )
    assert [(q.source, q.words) for q in said.sentences[0].quotes] == [(3, "it is so")]
    assert said.status is None


def test_of_a_reply_that_breaks_off_whole_sentences_stay() -> None:
    whole = {"quotes": [{"source": 1, "words": "so"}], "text": "It is so."}
    text = json.dumps({"sentences": [whole, whole], "answer": "x", "status": "answered"})
    said = read_said(text[: text.rindex("text")], "length")
    assert [s.text for s in said.sentences] == ["It is so."]
    assert said.usable
    assert said.ending == "truncated"


@pytest.mark.parametrize(
    ("text", "usable"),
    [
        ('{"sentences": [], "answer": "", "status": "not_found"}', True),
        ('{"sentences": [], "answer": "", "status": "answered"}', False),
        ('{"sentences": [{"quotes": [], "text": "…"}], "answer": "", "status": "answered"}', False),
        ('{"sentences": [{"quotes": [], "text": 7}]}', False),
        ("no JSON", False),
        ("", False),
    ],
)
def test_a_reply_that_says_nothing_is_not_used(text: str, usable: bool) -> None:
    assert read_said(text).usable is usable


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"M\u00fcller \"A\/B\" GmbH\n& Co", 'Müller "A/B" GmbH & Co'),
        (r"C\x", r"C\x"),
        (r"\ud800", r"\ud800"),
    ],
)
def test_escapes_in_a_short_answer_are_read(written: str, read: str) -> None:
    text = f'{{"sentences": [], "answer": "{written}", "status": "not_found"}}'
    assert read_said(text).answer == read


def test_a_passage_without_a_space_is_cut_at_the_limit() -> None:
    passage = Passage("p", "d", 1, 1, "é" * 5_000)
    assert clip_text(passage) == "é" * 2_400 + " …"


@given(st.text(max_size=300))
@example('{"sentences": [], "status": "answered"}')
@example('{"sentences": [{"quotes": ["…", "so"], "text": "so"}], "answer": "a\\n b", "status": "perhaps"}')
def test_reading_a_reply_never_fails(text: str) -> None:
    for reply in (text, '{"sentences": [' + text):
        said = read_said(reply)
        assert said.usable or said.ending != "complete"
        assert said.status in (None, *get_args(AnswerStatus))
        assert said.answer == " ".join(said.answer.split())
        for words in (w for s in said.sentences for w in (s.text, *(q.words for q in s.quotes))):
            assert any(letter.isalnum() for letter in words)


@given(st.text(max_size=300))
def test_what_a_whole_reply_says_is_read_on_one_line_and_blanks_are_not(text: str) -> None:
    sentence = {"quotes": [{"source": 2, "words": text}], "text": text}
    said = read_said(json.dumps({"sentences": [sentence], "answer": "", "status": "answered"}))
    line = " ".join(text.split())
    read = [(s.text, [(q.source, q.words) for q in s.quotes]) for s in said.sentences]
    assert read == ([(line, [(2, line)])] if any(letter.isalnum() for letter in text) else [])
    assert said.usable is bool(read)


@pytest.mark.parametrize(
    ("sentence", "page"),
    [
        ("Either party may assign this Agreement.", ASSIGN),
        ("The parties may assign it without prior written consent.", ASSIGN),
        ("The Supplier shall deliver the goods.", "The Supplier shall not deliver the goods."),
        ("The Agreement is not governed by Texas law.", "This Agreement is governed by the laws of Texas."),
        ("Utah law does not apply.", "Utah law does apply and is changed only with consent."),
        ("It does not expire on May 1.", "It expires on May 1, unless it is terminated earlier."),
        ("Der Vertrag ist nicht kündbar.", "Der Vertrag ist kündbar."),
    ],
)
def test_a_negation_that_is_dropped_or_added_is_found(sentence: str, page: str) -> None:
    assert find_polarity_fault(sentence, page) is not None


@pytest.mark.parametrize(
    ("sentence", "page"),
    [
        ("Neither party may assign it without consent.", ASSIGN),
        ("Assignment requires the consent of the other party.", ASSIGN),
        ("No: assignment is prohibited without consent.", ASSIGN),
        ("It may be assigned with the other's written consent.", ASSIGN),
        ("The license is non-exclusive.", "Licensor grants a non-exclusive license."),
        ("Texas law governs.", "It is governed by the laws of Texas and not by the Vienna Convention."),
        ("It renews each year.", "It renews each year unless a party gives notice not to renew."),
        ("Liability is capped at $5.", "Liability shall not exceed $5."),
        ("No notice is needed to end it.", "Either may end it without notice."),
    ],
)
def test_the_same_said_otherwise_is_no_fault(sentence: str, page: str) -> None:
    assert find_polarity_fault(sentence, page) is None


@given(st.text(alphabet="abc not,.;unless ", max_size=200), st.text(alphabet="abc not,.;that ", max_size=200))
def test_any_text_has_a_polarity(sentence: str, page: str) -> None:
    find_polarity_fault(sentence, page)
    assert find_polarity_fault(page, page) is None or "not" in page


def test_a_date_has_the_role_that_the_words_before_it_give() -> None:
    text = "It commences on May 1, 2020 and continues until April 30, 2021; dated as of May 3, 2020."
    roles = {v.text: read_role(text, v.start, v.end) for v in list_values(text) if v.kind == "date"}
    assert roles == {"May 1, 2020": "beginning", "April 30, 2021": "end", "May 3, 2020": "beginning"}
    assert find_role_fault("It expires on April 30, 2021.", text) is None
    assert find_role_fault("It expires on May 1, 2020.", text) is not None
    assert find_role_fault("It was made on April 30, 2021.", text) is not None


def test_where_a_party_is_registered_is_not_whose_law_governs() -> None:
    page = "Acme, a corporation organized under the laws of the State of Nevada, signs this."
    assert find_role_fault("The law of Nevada governs the contract.", page) is not None
    assert find_role_fault("Acme is organized in Nevada.", page) is None
    assert find_role_fault("Nevada law governs.", "It is governed by the laws of Nevada.") is None


def test_values_meet_however_they_are_written() -> None:
    page = all_keys(
        "thirty (30) days after May 5th, 2021 pay USD 1,200.50 or 5 percent of two hundred shares"
    )
    for text in ("30 days", "2021-05-05", "$1,200.50", "5 %", "200 shares"):
        assert all(v.keys & page[v.kind] for v in list_values(text)), text
    for text in ("31 days", "2021-05-06", "$1,200.51", "6 %", "201 shares"):
        assert not any(v.keys & page[v.kind] for v in list_values(text)), text


def test_names_are_what_is_written_as_one() -> None:
    text = "In March the Supplier, Karst Mining Ltd., and eBay agree; Acme Corp pays."
    assert [name for _, _, name in list_names(text)] == ["Supplier", "Karst", "Mining", "eBay", "Acme"]


def draw_page(width: int = 1240, height: int = 1754) -> PageImage:
    pixels = np.random.default_rng(7).integers(0, 255, (height, width), dtype=np.uint8)
    return PageImage(1, pixels, "native", 150.0, 150.0)


def test_windows_around_passages_are_the_page_s_own_pixels() -> None:
    import cv2

    image = draw_page(2480, 3508)
    image = PageImage(1, image.pixels, "native", 300.0, 300.0)
    pictures = picture_page(image, 0, [Box(72, 300, 520, 340)], GEMMA4, "document 1, page 1")
    assert [p.native for p in pictures] == [False, True]
    window = cv2.imdecode(np.frombuffer(pictures[1].data, np.uint8), cv2.IMREAD_GRAYSCALE)
    x0, y0 = 72 / 72 * 300, 300 / 72 * 300
    found = [
        (y, x)
        for y in range(int(y0) - window.shape[0], int(y0))
        for x in (max(0, min(int((72 + 520) / 2 / 72 * 300 - window.shape[1] / 2), 2480 - window.shape[1])),)
        if y >= 0 and np.array_equal(image.pixels[y : y + 40, x : x + 40], window[:40, :40])
    ]
    assert len(found) == 1
    top, left = found[0]
    height, width = window.shape
    assert np.array_equal(image.pixels[top : top + height, left : left + width], window[: 3508 - top])
    assert left <= x0
    assert top <= y0
    assert left + width >= 520 / 72 * 300
    assert top + height >= 340 / 72 * 300


def test_a_page_that_one_image_holds_is_sent_as_it_is() -> None:
    pictures = picture_page(draw_page(700, 700), 0, [Box(20, 20, 200, 40)], GENERIC, "document 1, page 1")
    assert [(p.native, p.shows) for p in pictures] == [(True, "document 1, page 1")]


def test_no_more_is_sent_than_the_context_holds() -> None:
    library = make_library(make_shelf("long", [f"Page {n} speaks of law {n}." for n in range(1, 12)]))
    sources = open_sources(library, Where())
    source = sources.get("long")
    assert source is not None
    material = gather_material(read_question("Which law governs?"), [source], [], [])
    assert len(material.pages) == MOST_PAGES
    picture = Picture(b"x", 1122, "it", native=True, dpi=300.0)
    assert len(choose_pictures(material, [picture] * 20, None, MOST_IMAGES)) == MOST_IMAGES
    few = choose_pictures(material, [picture] * 20, 6000, MOST_IMAGES)
    assert 1 <= len(few) <= 4
    request = make_request(material, few, 6000)
    assert sum(isinstance(p, ImagePart) for p in request.messages[1].parts) == len(few)
    assert request.max_tokens <= 1500
    assert [p.number for p in read_passages(request)] == list(range(1, len(material.excerpts) + 1))
    assert write_question(material) == write_question(material)
