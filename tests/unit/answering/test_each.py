"""One question to every document, and its rows as a field of the records."""

from __future__ import annotations

from answering_shelves import make_library, make_shelf, stands_at_boxes

from docai.answering.each import answer_each, to_field_values
from docai.answering.fixed import Shelf

BAN = "Neither party may assign this Agreement without the prior written consent of the other party."


def three() -> tuple[Shelf, ...]:
    return (
        make_shelf(
            "a", (BAN,), {"/clauses/anti_assignment": (True, "Neither party may assign this Agreement")}
        ),
        make_shelf("b", ("The parties like each other.",), {"/clauses/anti_assignment": (False, "")}),
        make_shelf("c", (BAN, "lost"), None, unread=(2,)),
        make_shelf("d", ("The parties like each other.", "lost"), None, unread=(2,)),
    )


def test_yes_no_and_unknown_with_its_reason() -> None:
    seen = []
    shelves = three()
    answer = answer_each(
        "Which contracts forbid assignment?", make_library(*shelves), progress=lambda *p: seen.append(p)
    )
    assert [(row.uri, row.verdict, row.reason) for row in answer.rows] == [
        ("a.pdf", "yes", None),
        ("b.pdf", "no", None),
        ("c.pdf", "yes", None),
        ("d.pdf", "unknown", "not_read"),
    ]
    assert answer.status == "partial"
    assert answer.route == "each"
    assert seen[-1] == (4, 4)
    assert answer.scope.documents == 4
    assert {u.uri for u in answer.scope.unread} == {"c.pdf", "d.pdf"}
    cited = [answer.citations[n] for row in answer.rows for n in row.citations]
    assert len(cited) == 2
    assert all(stands_at_boxes(citation, shelves) for citation in cited)


def test_a_value_for_each() -> None:
    shelves = (
        make_shelf("a", ("This Agreement is governed by the laws of the State of Ohio.",), None),
        make_shelf("b", ("Nothing of the kind.",), None),
    )
    answer = answer_each("What is the governing law of each contract?", make_library(*shelves))
    assert [(row.value, row.reason) for row in answer.rows] == [("Ohio", None), (None, "not_found")]


def test_nothing_known_is_not_found() -> None:
    answer = answer_each(
        "What is the governing law of each contract?", make_library(make_shelf("a", ("Hi there.",)))
    )
    assert answer.status == "not_found"


def test_rows_become_values_with_their_evidence() -> None:
    answer = answer_each("Which contracts forbid assignment?", make_library(*three()))
    values = to_field_values(answer, "/bans_assignment")
    assert set(values) == {"a", "b", "c", "d"}
    assert (values["a"].value, values["a"].status) == (True, "inferred")
    assert values["a"].evidence[0].quote == "Neither party may assign this Agreement"
    assert values["a"].path == "/bans_assignment"
    assert values["b"].value is False
    assert values["b"].derivation is not None
    assert values["b"].derivation.rule == "absence"
    assert (values["d"].value, values["d"].status, values["d"].reason) == (None, "missing", "not_read")


def test_values_of_sentences_are_grounded() -> None:
    shelf = make_shelf("a", ("This Agreement is governed by the laws of the State of Ohio.",), None)
    answer = answer_each("What is the governing law of each contract?", make_library(shelf))
    value = to_field_values(answer, "/law")["a"]
    assert (value.value, value.status) == ("Ohio", "grounded")
    assert value.evidence[0].boxes
