"""Running text: every character leads back to its word; margins, hyphens, paragraphs and sentences."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from prose_maker import SERVICES, make_prose, make_view

from docai.extraction.prose.phrases import find_phrase
from docai.extraction.prose.sentences import split_sentences, stem
from docai.extraction.prose.text import RunningText


def test_a_span_leads_back_to_its_words() -> None:
    view = make_view(SERVICES)
    running = RunningText(view)
    start = running.text.index("Belmont Foods LLC")
    place = running.place(start, start + len("Belmont Foods LLC"))
    assert place.page == 1
    assert [view.pages[0].words[i].text for i in place.words] == ["Belmont", "Foods", "LLC,"]
    assert place.quote == "Belmont Foods LLC,"


_WORDS = st.lists(st.text(alphabet="abcXYZ.-,;(1)", min_size=1, max_size=9), min_size=1, max_size=60)


@given(_WORDS, st.data())
@settings(max_examples=60, deadline=None)
def test_any_span_of_any_text_is_found_on_its_page(words: list[str], data: st.DataObject) -> None:
    view = make_view("\n".join(" ".join(words[i : i + 7]) for i in range(0, len(words), 7)))
    running = RunningText(view)
    if not running.text.strip():
        return
    start = data.draw(st.integers(0, len(running.text) - 1))
    end = data.draw(st.integers(start + 1, len(running.text)))
    if not running.text[start:end].strip():
        return
    place = running.place(start, end)
    printed = [view.pages[place.page - 1].words[i].text for i in place.words]
    assert place.quote == " ".join(printed)
    first = running.text[start:end].split()[0]
    assert any(first in word or word in first or first in word.rstrip("-") for word in printed)


def test_lines_that_repeat_at_the_edge_of_pages_are_left_out() -> None:
    goods = ["apples", "barrels", "candles", "doors", "eggs", "figs", "grapes"]
    bodies = [
        (f"The supplier shall deliver the {g} in good order to the buyer at his own place.") for g in goods
    ]
    sheets = [f"SUPPLY CONTRACT\n\n{bodies[0]}"]
    sheets += [
        f"Acme Corp. 10-K 6/24/2015\n{bodies[2 * n - 3]}\n\n{bodies[2 * n - 2]}\n\nPage {n} of 4"
        for n in (2, 3, 4)
    ]
    running = RunningText(make_view("\f".join(sheets), form_feed=True))
    assert "6/24/2015" not in running.text
    assert "Page 3" not in running.text
    assert running.text.count("The supplier") == 7


def test_a_word_broken_by_a_hyphen_is_joined_and_a_compound_keeps_it() -> None:
    text = (
        "The agreement ends upon the written notice of one party and the earlier notice of termi-\n"
        "nation by the other; the licence that is granted under this section three is strictly non-\n"
        "exclusive and may be revoked"
    )
    running = RunningText(make_view(text))
    assert "termination by" in running.text
    assert "non-exclusive and" in running.text
    start = running.text.index("termination")
    assert running.place(start, start + 11).quote == "termi- nation"


def test_a_sentence_goes_on_over_a_page_break() -> None:
    running = RunningText(
        make_view(
            "This agreement is governed by the laws of the State in which the seller has his own seat and\f"
            "his main office. It ends in May.",
            form_feed=True,
        )
    )
    texts = [running.text[s.start : s.end] for s in split_sentences(running)]
    assert texts[0].endswith("his main office.")
    assert texts[1] == "It ends in May."


def test_sentences_stand_under_their_headings_and_abbreviations_do_not_end_them() -> None:
    prose = make_prose(SERVICES)
    at = prose.text.index("Neither party may assign")
    assert prose.sentence_at(at).heading == "Assignment"
    at = prose.text.index("Quartz Analytics, Inc., a Delaware")
    sentence = prose.sentence_at(at)
    assert prose.text[sentence.start : sentence.end].rstrip().endswith('("Customer").')


def test_sentences_cover_the_text_without_overlap() -> None:
    prose = make_prose(SERVICES)
    for before, after in zip(prose.sentences, prose.sentences[1:], strict=False):
        assert before.end <= after.start
        assert not prose.text[before.end : after.start].strip()


def test_phrases_are_found_with_gaps_and_stems() -> None:
    prose = make_prose(
        "The tenant shall not assign this lease without the prior written consent of the landlord."
    )
    phrase = [stem("assigned"), stem("without"), stem("consent")]
    assert list(find_phrase(prose.index, phrase, gap=4)) == [(4, 11)] or list(
        find_phrase(prose.index, phrase, gap=4)
    )
    assert not list(find_phrase(prose.index, phrase, gap=1))


def test_an_empty_document_has_no_sentences() -> None:
    view = make_view("")
    running = RunningText(view)
    assert running.text == ""
    assert split_sentences(running) == []
