"""Yes-or-no questions that compare a value: what is compared with what, and what cannot be told."""

from __future__ import annotations

import pytest
from answering_shelves import make_library, make_shelf
from hypothesis import given, settings
from hypothesis import strategies as st

from docai.answering.asking import answer_question
from docai.answering.comparing import read_comparison
from docai.answering.fixed import WordFinder
from docai.answering.question import read_question
from docai.errors import ConfigError
from docai.types import Answer

NOTICE = "Either party may prevent renewal by written notice of sixty (60) days before the term ends."
END = "This agreement expires on May 31, 2026."
CAP = "The liability of either party shall not exceed USD 250,000."


def ask(question: str) -> Answer:
    values = {
        "/notice_period_to_terminate_renewal": ("60 days", "sixty (60) days"),
        "/expiration_date": ("2026-05-31", "May 31, 2026"),
    }
    shelf = make_shelf("services", [f"Services Agreement\n{NOTICE}\n{END}\n{CAP}"], values)
    library = make_library(shelf)
    return answer_question(question, library, WordFinder(library))


@pytest.mark.parametrize(
    ("question", "value", "told"),
    [
        ("Is the notice period to prevent renewal longer than 30 days?", True, "Yes: 60 days."),
        ("Is the notice period to prevent renewal more than ninety (90) days?", False, "No: 60 days."),
        ("Is the notice period to prevent renewal at least 60 days?", True, "Yes: 60 days."),
        ("Is the notice period to prevent renewal 60 days or less?", True, "Yes: 60 days."),
        ("Is the notice period to prevent renewal shorter than three months?", True, "Yes: 60 days."),
        ("Is the notice period to prevent renewal not longer than 30 days?", False, "No: 60 days."),
        ("Is the notice period to prevent renewal 60 days?", True, "Yes: 60 days."),
        ("Is the notice period to prevent renewal 8 weeks?", False, "No: 60 days."),
        ("Does the agreement expire before 2027?", True, "Yes: 2026-05-31."),
        ("Does the agreement expire after June 2026?", False, "No: 2026-05-31."),
        ("Will the agreement expire in 2026?", True, "Yes: 2026-05-31."),
    ],
)
def test_the_value_is_compared_and_shown(question: str, value: bool, told: str) -> None:
    answer = ask(question)
    assert (answer.status, answer.value, answer.sentences[0].text) == ("answered", value, told)
    assert answer.citations
    assert answer.citations[0].quote in (NOTICE, END, "sixty (60) days", "May 31, 2026.", "May 31, 2026")


def test_what_the_calendar_decides_is_unknown() -> None:
    """Two months have 59 to 62 days."""
    answer = ask("Is the notice period to prevent renewal longer than two months?")
    assert (answer.status, answer.value) == ("not_found", None)
    assert "is not clear" in answer.text


def test_what_no_page_says_is_not_a_no() -> None:
    answer = ask("Is the period of confidentiality longer than 5 years?")
    assert (answer.status, answer.value) == ("not_found", None)


def test_other_questions_compare_nothing() -> None:
    for question in (
        "Does the agreement renew automatically?",
        "Can either party terminate on 30 days' notice?",
        "How long is the notice period?",
        "Is there a cap on liability?",
        "Is the agreement dated?",
    ):
        assert read_comparison(read_question(question)) is None, question


@settings(max_examples=60, deadline=None)
@given(days=st.integers(1, 400), word=st.sampled_from(["longer than", "shorter than", "at least", "at most"]))
def test_every_number_of_days_is_decided(days: int, word: str) -> None:
    compared = read_comparison(read_question(f"Is the notice period {word} {days} days?"))
    assert compared is not None
    ((operator, _),) = compared.tests
    answer = ask(f"Is the notice period to prevent renewal {word} {days} days?")
    expected = {">": days < 60, "<": days > 60, ">=": days <= 60, "<=": days >= 60}[operator]
    assert answer.value is expected


def ask_law(question: str) -> Answer:
    shelf = make_shelf(
        "services",
        ["Services Agreement between Harbor Lights Inc, a Delaware corporation, and Oakvale LLC\n"
         "This agreement is governed by the laws of the State of Oregon.\nSigned on March 14, 2022."],
        {"/governing_law": ("Oregon", "Oregon"), "/agreement_date": ("2022-03-14", "March 14, 2022")},
    )  # fmt: skip
    library = make_library(shelf)
    return answer_question(question, library, WordFinder(library))


@pytest.mark.parametrize(
    ("question", "value", "told"),
    [
        ("Is the Services Agreement with Harbor Lights governed by the laws of Texas?", False, "No: Oregon."),
        (
            "Is the Services Agreement with Harbor Lights governed by the laws of Oregon?",
            True,
            "Yes: Oregon.",
        ),
        ("Does Delaware law govern the Services Agreement with Oakvale?", False, "No: Oregon."),
        ("Is the agreement governed by the laws of England and Wales?", False, "No: Oregon."),
        ("Is Oregon the governing law of the agreement?", True, "Yes: Oregon."),
        ("Is the governing law not that of Texas?", True, "Yes: Oregon."),
    ],
)
def test_a_place_is_compared_with_the_one_that_the_page_names(question: str, value: bool, told: str) -> None:
    answer = ask_law(question)
    assert (answer.value, answer.sentences[0].text) == (value, told)
    assert answer.citations


def test_a_yes_is_not_about_somebody_unknown() -> None:
    answer = ask_law("Was the Services Agreement between Harbor Lights and Oakvale signed by John Doe?")
    assert (answer.status, answer.value) == ("not_found", None)
    assert "anything of John Doe" in answer.text


def test_another_language_is_told_where_its_nouns_look_like_names() -> None:
    with pytest.raises(ConfigError, match="the question is in German"):
        ask_law("Welches Recht gilt für den Mietvertrag zwischen den Parteien und wann endet er?")
