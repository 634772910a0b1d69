"""Answers from a contract that another document amends."""

from __future__ import annotations

from answering_shelves import make_library, make_shelf, stands_at_boxes

from docai.answering.asking import answer_question
from docai.answering.fixed import FixedLibrary, Shelf, WordFinder
from docai.answering.library import Amendment
from docai.schema import load_schema
from docai.types import Answer

BASE = make_shelf(
    "supply",
    ["Supply Agreement between Acme Corp and Beta LLC\nThis agreement is governed by the laws of Ohio.\n"
     "It expires on May 31, 2024.\nNeither party may assign this agreement."],
    {
        "/governing_law": ("Ohio", "laws of Ohio"),
        "/expiration_date": ("2024-05-31", "May 31, 2024"),
        "/clauses/anti_assignment": (True, "Neither party may assign this agreement"),
    },
)  # fmt: skip
FIRST = make_shelf(
    "first-amendment",
    ["First Amendment\nThe agreement now expires on May 31, 2027."],
    {"/expiration_date": ("2027-05-31", "May 31, 2027"), "/clauses/anti_assignment": (False, "")},
)
SECOND = make_shelf(
    "second-amendment",
    ["Second Amendment\nThe agreement now expires on December 31, 2030."],
    {"/expiration_date": ("2030-12-31", "December 31, 2030")},
)
BY_FIRST = Amendment("first-amendment", "first-amendment.pdf", "2023-02-01")
BY_SECOND = Amendment("second-amendment", "second-amendment.pdf", "2025-02-01")


def ask(question: str, shelves: tuple[Shelf, ...], *amendments: Amendment) -> Answer:
    library = FixedLibrary(shelves, {"contract": load_schema("contract").fields}, {"supply": amendments})
    return answer_question(question, library, WordFinder(library))


ENDS = "When does the Supply Agreement between Acme Corp and Beta LLC expire?"


def test_the_last_amendment_counts_and_all_are_shown() -> None:
    shelves = (BASE, FIRST, SECOND)
    answer = ask(ENDS, shelves, BY_FIRST, BY_SECOND)
    assert (answer.status, answer.value) == ("conflict", "2030-12-31")
    assert [row.value for row in answer.rows] == ["2024-05-31", "2027-05-31", "2030-12-31"]
    told = answer.sentences[-1]
    assert told.text.startswith("Amended by second-amendment.pdf of 2025-02-01")
    assert [answer.citations[n].document_id for n in told.citations] == ["second-amendment"]
    assert all(stands_at_boxes(citation, shelves) for citation in answer.citations)
    assert [issue.code for issue in answer.issues] == ["amended"]


def test_as_of_a_day_between_them() -> None:
    """The library knows no amendment of a later day."""
    answer = ask(ENDS, (BASE, FIRST, SECOND), BY_FIRST)
    assert (answer.status, answer.value) == ("conflict", "2027-05-31")


def test_an_amendment_that_is_silent_is_mentioned() -> None:
    answer = ask("Which law governs the Supply Agreement with Acme Corp?", (BASE, FIRST), BY_FIRST)
    assert (answer.status, answer.value) == ("answered", "Ohio")
    assert "amended by first-amendment.pdf of 2023-02-01, which has no field" in answer.issues[0].message


def test_a_clause_flag_that_is_no_by_silence_changes_nothing() -> None:
    answer = ask("Does the Supply Agreement with Acme Corp forbid assignment?", (BASE, FIRST), BY_FIRST)
    assert (answer.status, answer.value) == ("answered", True)


def test_an_amendment_that_says_the_same() -> None:
    same = make_shelf(
        "first-amendment", ["Amendment\nIt expires on May 31, 2024."],
        {"/expiration_date": ("2024-05-31", "May 31, 2024")},
    )  # fmt: skip
    answer = ask(ENDS, (BASE, same), BY_FIRST)
    assert (answer.status, answer.value) == ("answered", "2024-05-31")
    assert answer.issues[0].code == "amended"


def test_what_only_the_amendment_says() -> None:
    added = make_shelf(
        "first-amendment", ["Amendment\nNotice of renewal is ninety (90) days."],
        {"/notice_period_to_terminate_renewal": ("90 days", "ninety (90) days")},
    )  # fmt: skip
    question = "How long is the notice period of the Supply Agreement with Acme Corp?"
    answer = ask(question, (BASE, added), BY_FIRST)
    assert (answer.status, answer.value) == ("answered", "90 days")
    assert "Amended by first-amendment.pdf" in answer.text


def test_comparisons_are_made_anew() -> None:
    answer = ask("Does the Supply Agreement with Acme Corp expire before 2026?", (BASE, FIRST), BY_FIRST)
    assert (answer.status, answer.value) == ("conflict", False)


def test_one_out_of_scope_is_named() -> None:
    answer = ask(ENDS, (BASE,), BY_FIRST)
    assert (answer.status, answer.value) == ("answered", "2024-05-31")
    assert "first-amendment.pdf" in answer.issues[0].message


def test_without_amendments_nothing_is_said() -> None:
    library = make_library(BASE)
    assert answer_question(ENDS, library, WordFinder(library)).issues == ()
