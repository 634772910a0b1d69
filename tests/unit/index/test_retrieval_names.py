"""What a question names, and which documents that is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.index.cards import DocumentCard
from docai.index.concepts import load_concepts
from docai.index.identification import Identification, Identifier
from docai.index.mentions import fold_words, take_apart
from docai.types import Passage

CARDS = [
    DocumentCard("hosting", "Hosting Agreement between Nordwind Systems, Inc. and Pale Harbor L.L.C.", "", 9),
    DocumentCard("reseller", "Reseller Agreement between Nordwind Systems, Inc. and Quill & Co.", "", 4),
    DocumentCard(
        "services", "Master Services Agreement", "by and between Bluecrest Energy and TelMar S.A", 3
    ),
]


def identify(question: str, cards: list[DocumentCard] = CARDS) -> Identification:
    return Identifier(cards).identify(take_apart(question))


@pytest.mark.parametrize(
    ("question", "names", "asked"),
    [
        (
            "Which law governs the Hosting Agreement between Nordwind Systems, Inc and Pale Harbor, L.L.C?",
            ("Hosting Agreement", "Nordwind Systems, Inc and Pale Harbor, L.L.C"),
            "Which law governs it?",
        ),
        ("Until when are we bound to QUILL & CO?", ("QUILL & CO",), "Until when are we bound to it?"),
        ("Does our deal with ebix.com roll over?", ("ebix.com",), "Does our deal with it roll over?"),
        ("Which agreements forbid assignment?", (), "Which agreements forbid assignment?"),
        ("what is the notice period", (), "what is the notice period"),
        ("What is the Initial Term of it?", (), "What is the Initial Term of it?"),
        ("Which License Agreement ends first?", ("License Agreement",), "Which it ends first?"),
        ("", (), ""),
    ],
)
def test_a_question_is_taken_apart(question: str, names: tuple[str, ...], asked: str) -> None:
    mentions = take_apart(question, load_concepts().knows)
    assert mentions.names == names
    assert mentions.asked == asked


def test_initials_are_one_word() -> None:
    assert fold_words("Pale Harbor, L.L.C. and TelMar S.A") == [
        "pale",
        "harbor",
        "llc",
        "and",
        "telmar",
        "sa",
    ]


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("When does the Hosting Agreement with Nordwind Systems end?", "hosting"),
        ("When does the Reseller Agreement with Nordwind Systems end?", "reseller"),
        ("Until when are we bound to Pale Harbor, LLC?", "hosting"),
        ("Until when are we bound to Tel Mar SA?", "services"),  # written apart
        ("Until when are we bound to Bluecrost Energy?", "services"),  # a slip
        ("when does the bluecrest contract end?", "services"),
    ],
)
def test_the_document_that_is_named_comes_first(question: str, document: str) -> None:
    cards = [*CARDS[:2], DocumentCard("services", "Master Services Agreement Bluecrest Energy TelMar", "", 3)]
    identified = identify(question, cards)
    assert identified.named
    assert identified.documents[0][0] == document


def test_a_share_tells_how_much_is_explained() -> None:
    whole = identify("Who signed the Hosting Agreement between Nordwind Systems, Inc and Pale Harbor?")
    other = identify("Who signed the Hosting Agreement between Zephyrine Optics and Marrowdale Foods?")
    assert whole.documents[0][1] > 0.95
    assert other.documents[0][1] < 0.5
    assert set(other.missing) == {"zephyrine", "optics", "marrowdale", "foods"}


def test_a_question_that_names_nothing_is_told_from_one_that_names_the_unknown() -> None:
    nothing = identify("Which agreements forbid assignment?")
    unknown = identify("Are we bound to Zephyrine Optics?")
    assert (nothing.named, nothing.documents) == (False, ())
    assert (unknown.named, unknown.documents) == (True, ())


def test_words_that_documents_write_small_name_nothing() -> None:
    cards = [DocumentCard("a", "Rental Agreement of Marrow", "of the rental space", 1), *CARDS]
    assert not identify("what is the rental space?", cards).named
    assert identify("when does the marrow contract end?", cards).documents[0][0] == "a"


def test_names_beside_each_other_tell_more_than_scattered_ones() -> None:
    cards = [
        DocumentCard("apart", "One Agreement of Tidewater Commerce", "", 1),
        DocumentCard("beside", "Agreement of Commerce One", "", 1),
    ]
    found = identify("Until when are we bound to Commerce One?", cards).documents
    assert [document for document, _ in found] == ["beside", "apart"]
    assert found[0][1] == 1.0 > found[1][1]


def test_a_slip_in_a_name_gives_no_common_word() -> None:
    cards = [DocumentCard("a", "Imaging Agreement", "to use any image of the person", 1), *CARDS]
    assert identify("Until when are we bound to XIMAGE?", cards).documents == ()


def test_a_name_behind_the_opening_is_found_in_passages() -> None:
    mentions = take_apart("Until when are we bound to Radial Spark?")
    signed = Passage("1", "services", 9, 40, "By: Radial Spark LLC", context="")
    stale = Passage("2", "gone", 1, 0, "Radial Spark")
    assert Identifier(CARDS).identify(mentions).documents == ()
    found = Identifier(CARDS).identify(mentions, elsewhere=[signed, stale])
    assert [document for document, _ in found.documents] == ["services"]
    assert found.documents[0][1] > 0.5


def test_only_documents_in_scope_are_identified() -> None:
    mentions = take_apart("When does the agreement with Nordwind Systems end?")
    found = Identifier(CARDS).identify(mentions, among={"reseller"})
    assert [document for document, _ in found.documents] == ["reseller"]


@settings(deadline=None)  # the first example loads rapidfuzz
@given(st.text(max_size=200))
def test_any_text_can_be_taken_apart(text: str) -> None:
    mentions = take_apart(text)
    assert all(name in text for name in mentions.names)
    identified = Identifier(CARDS).identify(mentions)
    assert all(0.0 < share <= 1.0 for _, share in identified.documents)
    assert identified.named or not identified.documents
