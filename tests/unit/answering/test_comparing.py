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
