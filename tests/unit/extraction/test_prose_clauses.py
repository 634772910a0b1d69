"""Clauses, governing law, titles, signatures, amended agreements, other fields."""

from __future__ import annotations

import re

import pytest
from prose_maker import SERVICES, make_prose, make_view

from docai.extraction.prose.amended import find_amended
from docai.extraction.prose.clause_cues import choose_concept, load_concepts
from docai.extraction.prose.clauses import claim_clause
from docai.extraction.prose.facts import Facts
from docai.extraction.prose.generic import claim_generic
from docai.extraction.prose.labels import read_label
from docai.extraction.prose.places import claim_places, find_law
from docai.extraction.prose.signatures import claim_signatures
from docai.extraction.prose.titles import find_title
from docai.schema import Field

FLAGS = {
    "no_transfer": ("The contract may not be assigned without consent", True),
    "ceiling": ("Liability is limited to an amount", True),
    "inspection": ("One party may audit the other's records", True),
    "free_exit": ("A party may terminate without cause", True),
    "must_insure": ("A party must carry insurance", False),
    "licence": ("One party grants a licence", False),
    "no_rivals": ("A party may not compete", False),
    "only_us": ("The parties deal exclusively with each other", False),
}


def _flag(name: str, description: str, aliases: tuple[str, ...] = ()) -> Field:
    return Field(f"/{name}", name, "boolean", "boolean", description=description, aliases=aliases)


@pytest.mark.parametrize("name", FLAGS)
def test_flags_by_the_words_of_their_description(name: str) -> None:
    description, present = FLAGS[name]
    claims = claim_clause(make_prose(SERVICES), read_label(_flag(name, description)))
    assert claims[0].value is present
    if present:
        assert claims[0].quote
        assert claims[0].rule == "clause"
    else:
        assert (claims[0].quote, claims[0].rule) == ("", "absence")


@pytest.mark.parametrize(
    ("sentence", "flag", "present"),
    [
        ("Upon termination of this Agreement for any reason all sums fall due.", "free_exit", False),
        (
            "Either party may terminate if the other is in material breach and fails to cure it within "
            "thirty days of notice.",
            "free_exit",
            False,
        ),
        (
            "The courts of Ohio have exclusive jurisdiction over all disputes of the parties.",
            "only_us",
            False,
        ),
        ("The Agency shall be the exclusive distributor of the Products in the Territory.", "only_us", True),
        (
            "Nothing herein shall be deemed to grant the other party a license under any patent.",
            "licence",
            False,
        ),
        ("Owner hereby grants to User a non-exclusive license to use the Marks.", "licence", True),
        ("The Contractor will maintain general liability insurance at its own cost.", "must_insure", True),
        ("The Executive shall not engage in any business that competes with the Company.", "no_rivals", True),
    ],
)
def test_what_speaks_for_a_clause_and_what_only_sounds_like_it(
    sentence: str, flag: str, present: bool
) -> None:
    label = read_label(_flag(flag, FLAGS[flag][0]))
    claims = claim_clause(make_prose(f"1. General. {sentence}"), label)
    assert claims[0].value is present


def test_a_clause_nobody_knows_is_found_by_the_schemas_own_phrases() -> None:
    prose = make_prose(
        "1. Catering. The landlord shall provide fresh coffee on every working day of the year."
    )
    known = read_label(_flag("coffee", "Whether there is coffee", ("provide fresh coffee", "coffee machine")))
    assert choose_concept("coffee") is None
    assert claim_clause(prose, known)[0].value is True
    other = read_label(_flag("tea", "Whether there is tea", ("provide fresh tea",)))
    assert claim_clause(prose, other)[0].value is False


def test_cues_are_bounded() -> None:
    for concept in load_concepts():
        for _, pattern in concept.cues:
            assert not re.search(r"(?<!\\)[+*][+*]|\)[+*]\)?[+*]|(?<!\\)\.[*+]", pattern.pattern), (
                pattern.pattern
            )


@pytest.mark.parametrize(
    ("sentence", "law"),
    [
        ("This Agreement is governed by the laws of the State of New York.", "New York"),
        ("THIS AGREEMENT SHALL BE GOVERNED BY THE LAWS OF THE STATE OF COLORADO, UNITED STATES.", "Colorado"),
        ("This Agreement shall be construed under Texas law.", "Texas"),
        ("This Agreement is subject to the laws of England and Wales.", "England and Wales"),
        (
            "This Agreement was entered into in the State of New Jersey, "
            "and shall be construed in accordance with "
            "the laws of that State.",
            "New Jersey",
        ),
        ("The Supplier is a corporation organized under the laws of the State of Delaware.", None),
    ],
)
def test_governing_law(sentence: str, law: str | None) -> None:
    prose = make_prose(f"9. Miscellaneous. {sentence}")
    label = read_label(Field("/law_that_applies", "law_that_applies", "place", "string"))
    claims = claim_places(prose, label, find_law(prose))
    assert (claims[0].value if claims else None) == law


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (SERVICES, "MASTER SERVICES AGREEMENT"),
        (
            "EXHIBIT 10.4 MARKETING AGREEMENT\n\nThis Marketing Agreement is made today.",
            "MARKETING AGREEMENT",
        ),
        (
            "Heron, Inc.\n\nUnder this Web Hosting Agreement between Heron, Inc. and Crane LLC we will host.",
            "Web Hosting Agreement",
        ),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert find_title(make_prose(text))[0][2] == title


def test_signature_blocks() -> None:
    facts = Facts(make_prose(SERVICES))
    fields = [
        Field("/signers/*/party", "party", "party", "string", group="/signers"),
        Field("/signers/*/signed", "signed", "boolean", "boolean", group="/signers"),
        Field("/signers/*/who", "who", "person", "string", group="/signers"),
        Field("/signers/*/when", "when", "date", "string", group="/signers"),
    ]
    got = {c.path: c.value for c in claim_signatures(facts.signatures, fields)}
    assert got == {
        "/signers/0/party": "QUARTZ ANALYTICS, INC.",
        "/signers/0/signed": True,
        "/signers/0/who": "Nora Field",
        "/signers/0/when": "2015-03-03",
        "/signers/1/party": "BELMONT FOODS LLC",
        "/signers/1/signed": False,
        "/signers/1/who": "Omar Hale",
    }


def test_the_amended_agreement() -> None:
    amends = find_amended(
        make_view(
            """FIRST AMENDMENT TO SERVICES AGREEMENT

This First Amendment (the "Amendment") is made as of July 7, 2014, by and between Delta Air, LLC \
("Delta") and Echo Freight Company ("Echo"), and amends that certain Services Agreement dated as of \
March 1, 2012 by and between Delta and Echo.

WHEREAS, the parties wish to change it."""
        )
    )
    assert amends is not None
    assert (amends.title, amends.date) == ("Services Agreement", "2012-03-01")
    assert amends.parties == ("Delta Air, LLC", "Echo Freight Company")
    assert find_amended(make_view(SERVICES)) is None


def test_other_fields_take_the_candidate_next_to_their_label() -> None:
    prose = make_prose(
        "3. Fees. The monthly service fee is $4,500.00 and the late payment charge is $75.00.\n\n"
        "4. Purpose. The consultant shall improve the packing line. Other work is not covered."
    )
    fee = read_label(
        Field("/monthly_fee", "monthly_fee", "money", "number", aliases=("monthly service fee",))
    )
    claims = claim_generic(prose, fee)
    assert str(claims[0].value) == "4500.00"
    late = read_label(Field("/late", "late", "money", "number", aliases=("late payment charge",)))
    assert str(claim_generic(prose, late)[0].value) == "75.00"
    nothing = read_label(Field("/deposit", "deposit", "money", "number", aliases=("security deposit",)))
    assert claim_generic(prose, nothing) == []
