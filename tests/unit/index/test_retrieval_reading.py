"""Phrases over words, the table of concepts, and the close reading of passages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.index.concepts import load_concepts
from docai.index.phrases import PhraseSet, split_words
from docai.index.ranking import Candidate, PageScores, Signals, Weights, find_window, level, read_passage
from docai.types import Passage

TABLE = load_concepts()


def make_passage(text: str, page: int = 1, ordinal: int = 0, heading: str = "") -> Passage:
    return Passage(f"{page}-{ordinal}", "d", page, ordinal, text, heading=heading)


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("govern* ... law*", "This paper is governed in all respects by the laws of Kent.", True),
        ("govern* ... law*", "The laws of Kent govern.", False),
        ("day* prior|before", "sixty (60) days prior to the end", True),
        ("day* prior|before", "days on end, and much longer than that, before", False),
        ("successive", "for successive terms", True),
        ("verlanger*", "Der Vertrag verlängert sich", True),
        ("$*", "pays $5", True),
    ],
)
def test_a_phrase_is_met_in_order_and_within_reach(phrase: str, text: str, found: bool) -> None:
    assert bool(PhraseSet([phrase]).find(split_words(text))) is found


@given(st.lists(st.sampled_from(["a", "b", "c", "x"]), max_size=30))
def test_phrases_found_are_those_that_a_naive_search_finds(words: list[str]) -> None:
    found = PhraseSet(["a b", "a ... c", "x|b"]).find(words)
    expected = []
    for at, word in enumerate(words):
        if word == "a" and "b" in words[at + 1 : at + 4]:
            expected.append((at, 0))
        if word == "a" and "c" in words[at + 1 : at + 16]:
            expected.append((at, 1))
        if word in "xb":
            expected.append((at, 2))
    assert found == expected


@pytest.mark.parametrize(
    ("question", "concept"),
    [
        ("Under what law would we litigate?", "governing_law"),
        ("Until when are we bound to it?", "term"),
        ("How long does it last?", "term"),
        ("From when is our deal in force?", "effective_date"),
        ("When did we sign with it?", "agreement_date"),
        ("Does it roll over?", "renewal"),
        ("How many days before renewal must notice be given?", "renewal_notice"),
        ("Can a party end it without cause?", "termination_for_convenience"),
        ("May we hand it over to a subsidiary?", "assignment"),
        ("Is liability capped?", "liability_cap"),
        ("What do we pay per month?", "price"),
        ("By when must invoices be paid?", "payment_terms"),
        ("Who signed it?", "signatory"),
        ("Welches Recht gilt?", "governing_law"),
    ],
)
def test_a_question_asks_for_a_concept(question: str, concept: str) -> None:
    assert concept in {found.name for found in TABLE.find(split_words(question))}


def test_every_concept_speaks_of_itself() -> None:
    silent = [c.name for c in TABLE.concepts if find_window(split_words(c.gist), c)[0] < 0.3]
    assert silent == []


def test_phrases_count_where_they_stand_together() -> None:
    (renewal,) = TABLE.find(split_words("Does it roll over?"))
    close = "shall automatically renew for successive one year terms unless"
    apart = "renew " + "and so on " * 60 + "for successive one year terms"
    assert find_window(split_words(close), renewal)[0] > find_window(split_words(apart), renewal)[0]


def test_a_value_of_the_kind_asked_for_counts_beside_the_phrases() -> None:
    concepts = TABLE.find(split_words("Until when are we bound to it?"))
    clause = "The initial term of this agreement shall expire"
    dated = read_passage(make_passage(f"{clause} on March 3, 2014."), concepts, 5)
    bare = read_passage(make_passage(f"{clause} as agreed."), concepts, 5)
    far = read_passage(make_passage(f"{clause}. " + "More is said. " * 30 + "March 3, 2014"), concepts, 5)
    assert dated.answer > 0
    assert bare.answer == far.answer == 0


def test_headings_and_places_count() -> None:
    law = TABLE.find(split_words("Which law governs it?"))
    made = TABLE.find(split_words("When did we sign it?"))
    assert read_passage(make_passage("Kent.", heading="12 Governing Law"), law, 5).heading > 0
    first, third, last = (read_passage(make_passage("Kent.", page), made, 5).place for page in (1, 3, 5))
    assert first > last > third > 0


def test_a_question_without_concepts_is_read_without_them() -> None:
    assert read_passage(make_passage("Anything at all."), (), 3) == Signals()


def test_the_best_passage_decides_and_the_next_ones_help() -> None:
    scores = PageScores(Weights(lexical=1.0, more=0.1))
    for page, ordinal, lexical in ((1, 0, 0.8), (2, 1, 0.8), (2, 2, 0.5), (3, 3, 0.9)):
        scores.add(Candidate(make_passage("x", page, ordinal), lexical=lexical), Signals())
    pages = scores.ranked()
    assert [page.number for page in pages] == [3, 2, 1]
    assert [passage.ordinal for passage in pages[1].passages] == [1, 2]
    assert pages[1].score == pytest.approx(0.85)


@given(st.dictionaries(st.text(max_size=3), st.floats(-100, 100), max_size=8))
def test_levelled_scores_keep_their_order(scores: dict[str, float]) -> None:
    levelled = level(scores)
    assert all(0.0 <= value <= 1.0 for value in levelled.values())
    by_score = sorted(scores, key=lambda key: scores[key])
    assert [levelled[key] for key in by_score] == sorted(levelled.values())
