"""Quotes on pages: exact, normalised, approximate, refused, over line ends and page breaks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.grounding.location import find_in_document, find_places, find_value_places, locate
from docai.grounding.protected import protected_tokens
from docai.grounding.text_index import PageIndex, PageIndexes, fold_text
from docai.types import Box, Page
from tests.unit.grounding.page_maker import make_page

CLAUSE = """
This Agreement shall be governed by the laws of the
State of Delaware. Either party may terminate this agree-
ment upon thirty (30) days written notice, but may not
assign it without consent of Kubient, Inc. and pays $500.
"""


def words_of(page: Page, quote: str) -> list[str]:
    places = find_places(quote, PageIndex(page))
    return [page.words[n].text for n in places[0].words] if places else []


@pytest.mark.parametrize(
    ("quote", "match"),
    [
        ("the laws of the State of Delaware", "exact"),
        ("State  of\nDelaware.", "exact"),
        ("thelaws of theState", "exact"),
        ("THE LAWS OF THE STATE OF DELAWARE", "normalized"),
        ("this agreement upon thirty (30) days", "normalized"),
        ("“thirty [30] days”", "normalized"),
        ("Kubient, Inc.", "exact"),
        ("Kubient Inc", "normalized"),
        ("Either party may terminate this agreement upon thirty (30) dsys written notice", "fuzzy"),
    ],
)
def test_how_a_quote_matches(quote: str, match: str) -> None:
    (evidence, *_) = locate(quote, make_page(CLAUSE))
    assert evidence.match == match
    assert evidence.score == 1.0 if match == "exact" else 0.8 < evidence.score < 1.0


@pytest.mark.parametrize(
    "quote",
    [
        "Either party may terminate this agreement upon thirty (80) days written notice",
        "Either party may terminate this agreement upon thirty (30) days written notice, but may assign it",
        "Either party may terminate this agreement upon ninety (30) days written notice",
        "without consent of Kubient, LLC and pays $500.",
        "without consent of Kubient, Inc. and pays €500.",
        "with consent of Kubient, Inc. and pays",
        "Either party may terminate this agreement upon thirty (30) days verbal notice",
        "shall be governed by the laws of the State of Nebraska. Either party may terminate",
        "$50",
        "500.5",
        "aware",
        "",
        "...",
        "a sentence that this page does not say anywhere",
    ],
)
def test_what_the_page_does_not_say(quote: str) -> None:
    assert locate(quote, make_page(CLAUSE)) == ()


def test_a_quote_over_two_lines_has_a_box_for_each() -> None:
    page = make_page(CLAUSE)
    (evidence,) = locate("laws of the State of", page)
    assert evidence.boxes == (
        Box(40 + 40 * 6, 50, 40 + 51 * 6 - 2, 58),
        Box(40, 64, 40 + 8 * 6 - 2, 72),
    )


def test_every_place_is_listed_and_the_hinted_first() -> None:
    page = make_page("Total 5.00\nTax 1.00\nTotal 5.00")
    assert [e.boxes[0].y0 for e in locate("5.00", page)] == [50, 78]
    assert [e.boxes[0].y0 for e in locate("5.00", page, hint_words=(5,))] == [78, 50]


def test_words_that_the_reader_split_or_merged() -> None:
    assert words_of(make_page("The Agree ment ofParties"), "The Agreement of Parties") == [
        "The",
        "Agree",
        "ment",
        "ofParties",
    ]


def test_a_number_is_not_part_of_a_longer_one() -> None:
    page = make_page("No. 1130 and 30% and 1.30 and 2018-30")
    assert [p.text for p in find_places("30", PageIndex(page))] == ["30"]
    assert find_places("130", PageIndex(page)) == []


def test_columns_are_not_one_number_but_a_split_number_is() -> None:
    assert locate("1100.00", make_page("qty 1          100.00")) == ()
    tight = make_page("qty 1100.00")
    word = tight.words[1]
    parts = (
        replace(word, text="11", box=word.box._replace(x1=word.box.x0 + 12)),
        replace(word, text="00.00", box=word.box._replace(x0=word.box.x0 + 14)),
    )
    split = replace(tight, words=(tight.words[0], *parts))
    assert len(locate("1100.00", split)) == 1


def test_negated_words_are_other_words() -> None:
    page = make_page("a non-exclusive license and a non- exclusive right")
    assert locate("exclusive license", page) == ()
    assert len(locate("non-exclusive license", page)) == 1


def test_a_minus_belongs_to_its_number() -> None:
    (place,) = find_places("5.00", PageIndex(make_page("Credit -5.00 EUR")))
    assert place.text == "-5.00"


ADDRESS = """
Muster GmbH               Invoice 4711
Hauptstrasse 12           Date 5 May 2020
80331 Muenchen            Customer 99
"""


def test_a_block_beside_another_is_found_down_its_column() -> None:
    page = make_page(ADDRESS)
    (evidence,) = locate("Muster GmbH Hauptstrasse 12 80331 Muenchen", page)
    assert len(evidence.boxes) == 3
    assert max(b.x1 for b in evidence.boxes) < 200


def test_hint_words_are_a_text_of_their_own() -> None:
    page = make_page("alpha x beta y gamma z")
    assert locate("alpha beta gamma", page) == ()
    (evidence,) = locate("alpha beta gamma", page, hint_words=(0, 2, 4))
    assert evidence.match == "exact"
    assert locate("alpha delta", page, hint_words=(0, 2, 999)) == ()


def test_a_quote_over_a_page_break_has_evidence_on_both() -> None:
    first = make_page("The term of this Agreement shall be five\n3", 1)
    second = make_page("Page 2\nyears from the Effective Date.", 2)
    quote = "term of this Agreement shall be five years from the Effective Date"
    for page in (1, 2):
        places = find_in_document(quote, page, PageIndexes([first, second]))
        assert [p.page for p in places] == [1, 2]
        assert places[0].text == "term of this Agreement shall be five"
        assert places[1].text == "years from the Effective Date"
    assert find_in_document(quote, 1, PageIndexes([first])) == []
    assert find_in_document(quote, 7, PageIndexes([first, second])) == []


def test_another_format_of_the_same_value() -> None:
    index = PageIndex(make_page("effective as of Feb. 5, 2020 for EUR 1.234,50"))
    (place,) = find_value_places("date", "2020-02-05", index)
    assert (place.text, place.match) == ("Feb. 5, 2020", "normalized")
    (place,) = find_value_places("money", "1,234.50", index)
    assert place.text == "EUR 1.234,50"
    assert find_value_places("money", "$1,234.50", index) == []
    assert find_value_places("date", "on or about the date of 2020-02-05 or so", index) == []
    assert find_value_places("text", "2020-02-05", index) == []


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("thirty (30) days", ["count:thirty", "30"]),
        ("the 5th of February", ["5", "month:2"]),
        ("shall not be non-exclusive, unless", ["not:not", "not:nonexclusive", "not:unless"]),
        ("Kubient, Inc. and Beta L.L.C.", ["form:inc", "form:llc"]),
        ("$5 or € 5 or 5 %", ["currency:USD", "5", "currency:EUR", "5", "5", "%"]),
        ("can't be unlimited", ["not:can't", "not:unlimited"]),
        ("a house under the hill", []),
    ],
)
def test_protected_tokens(text: str, tokens: list[str]) -> None:
    assert protected_tokens(text) == tokens


def test_folding_keeps_what_numbers_mean() -> None:
    assert fold_text("1,234.56")[0] == fold_text("1.234,56")[0]
    assert fold_text("1.5")[0] != fold_text("15")[0]
    assert fold_text("ﬁnal Müller–Straße")[0] == "finalmullerstrasse"


LINES = st.lists(
    st.text(alphabet="abcdefgh0123456789.,-()$", min_size=1, max_size=9), min_size=3, max_size=25
)


@given(LINES, st.data())
def test_what_a_page_says_is_found_where_it_says_it(tokens: list[str], data: st.DataObject) -> None:
    lines = [" ".join(tokens[i : i + 5]) for i in range(0, len(tokens), 5)]
    page = make_page("\n".join(lines))
    first = data.draw(st.integers(0, len(page.words) - 1))
    last = data.draw(st.integers(first, len(page.words) - 1))
    chosen = tuple(range(first, last + 1))
    quote = " ".join(page.words[n].text for n in chosen)
    if not any(c.isalnum() for c in page.words[first].text) or not any(
        c.isalnum() for c in page.words[last].text
    ):
        return
    places = find_places(quote, PageIndex(page), hint_words=chosen)
    assert places, quote
    assert set(chosen) & set(places[0].words)
    assert places[0].match in ("exact", "normalized")


@given(LINES, st.text(alphabet="abcdefgh0123456789.,-()$ ", max_size=40))
def test_boxes_lie_on_the_page_and_texts_say_the_quote(tokens: list[str], quote: str) -> None:
    page = make_page(" ".join(tokens))
    for evidence in locate(quote, page):
        assert evidence.boxes
        assert all(0 <= b.x0 < b.x1 and 0 <= b.y0 < b.y1 for b in evidence.boxes)
        if evidence.match != "fuzzy":
            digits = [c for c in evidence.quote if c.isdigit()]
            assert digits == [c for c in quote if c.isdigit()]
