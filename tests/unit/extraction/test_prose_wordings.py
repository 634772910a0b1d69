"""Wordings of other drafters: what denies a clause, how terms end, renew and are stopped, who signs."""

from __future__ import annotations

import pytest
from prose_maker import make_prose

from docai.extraction.prose.clauses import claim_clause
from docai.extraction.prose.facts import Facts
from docai.extraction.prose.labels import read_label
from docai.extraction.prose.parties import claim_parties
from docai.extraction.prose.periods import claim_periods
from docai.extraction.prose.places import claim_places, find_law
from docai.extraction.prose.signatures import find_signatures
from docai.extraction.prose.titles import find_title
from docai.schema import Field, load_schema
from docai.types import Claim

FLAGS = {f.name: read_label(f) for f in load_schema("contract").fields if f.kind == "boolean"}
OPENING = (
    'SERVICE AGREEMENT\n\nThis Agreement is made as of May 4, 2010 (the "Effective Date") by and between '
    "Alder Works Inc. and Birch Mills LLC.\n\nWHEREAS, the parties wish to work together.\n\n"
)


def _best(claims: list[Claim]) -> Claim | None:
    return max(claims, key=lambda c: c.score or 0.0) if claims else None


def _period(name: str, description: str, sentence: str) -> str | None:
    prose = make_prose(f"{OPENING}2. Term. {sentence}")
    label = read_label(Field(f"/{name}", name, "duration", "string", description=description))
    claim = _best(claim_periods(prose, Facts(prose), label))
    return str(claim.value) if claim else None


@pytest.mark.parametrize(
    ("flag", "sentence", "present"),
    [
        ("termination_for_convenience", "No Party may terminate this Agreement for convenience.", False),
        (
            "termination_for_convenience",
            "Neither party may terminate this Agreement for convenience, except that Customer may do so on "
            "thirty days notice.",
            True,
        ),
        (
            "termination_for_convenience",
            "Either of us may end this engagement at any time, without cause, by telling the other.",
            True,
        ),
        ("audit_rights", "Supplier has no right to inspect or audit the books of Distributor.", False),
        ("insurance", "Neither party is obliged to take out liability insurance.", False),
        (
            "exclusivity",
            "Franchisor shall not operate or license anyone else to operate a Store within the Territory.",
            True,
        ),
    ],
)
def test_a_sentence_that_denies_a_right_is_not_its_clause(flag: str, sentence: str, present: bool) -> None:
    assert claim_clause(make_prose(f"5. General. {sentence}"), FLAGS[flag])[0].value is present


def test_the_end_that_would_have_been_loses() -> None:
    prose = make_prose(
        f"{OPENING}A. The lease would expire on December 31, 2018.\n\n"
        "1. Term. This Agreement shall expire on December 31, 2021."
    )
    assert Facts(prose).ends[0].value == "2021-12-31"


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("This Agreement continues for like terms of five years unless stopped.", "successive 5 years"),
        ("This Agreement shall continue in force for successive periods of one year.", "successive 1 year"),
    ],
)
def test_to_continue_is_to_renew(sentence: str, wanted: str) -> None:
    assert _period("rollover", "How long the contract is extended", sentence) == wanted


@pytest.mark.parametrize(
    "sentence",
    [
        "It renews for successive one year terms unless a party elects otherwise by telling the other at "
        "least 60 days ahead of the end of the term.",
        "It renews for successive one year terms unless one party advises the other at least 60 days before "
        "the term runs out.",
    ],
)
def test_notices_that_are_not_called_so(sentence: str) -> None:
    assert _period("notice", "Notice that stops the renewal", sentence) == "60 days"


def test_the_agreement_runs_as_well_as_this_agreement() -> None:
    assert (
        _period(
            "term", "Length of the initial term", "The contract runs for 12 months from the Effective Date."
        )
        == "12 months"
    )


def test_parties_behind_made_by_and_after_the_names_of_their_roles() -> None:
    made = make_prose(
        'This Undertaking is executed on 3 May 2012 by Alder Works GmbH (the "Discloser") and Birch Mills '
        'LLC (the "Recipient").\n\nWHEREAS, they wish to talk.'
    )
    assert [p.name for p in Facts(made).parties] == ["Alder Works GmbH", "Birch Mills LLC"]
    lines = make_prose(
        "MAINTENANCE AGREEMENT\n\nOwner: Alder Works Inc.\n\nVendor: Birch Mills LLC\n\n1. Vendor shall keep "
        "the lifts in order and Owner shall pay."
    )
    assert [p.name for p in Facts(lines).parties] == ["Alder Works Inc.", "Birch Mills LLC"]


def test_an_article_is_no_part_of_a_partys_name() -> None:
    prose = make_prose(
        "This Agreement is made on 3 May 2012 by and between the University of Alder Foundation "
        '("Discloser") and Birch Mills LLC ("Recipient").\n\nWHEREAS, they wish to talk.'
    )
    label = read_label(Field("/parties/*", "parties", "party", "string", many=True))
    values = [c.value for c in claim_parties(prose, label, Facts(prose).parties)]
    assert values == ["University of Alder Foundation", "Birch Mills LLC"]


def test_confidential_belongs_to_some_titles() -> None:
    prose = make_prose("CONFIDENTIAL DISCLOSURE AGREEMENT\n\nThis Agreement is made by A Co. and B Co.")
    assert find_title(prose)[0][2] == "CONFIDENTIAL DISCLOSURE AGREEMENT"


def test_an_open_day_is_filled_by_who_signed_in_that_month() -> None:
    signed = (
        "IN WITNESS WHEREOF\n\nBy: /s/ Ann Lee\nName: Ann Lee\nDate: {}\n\nBy: /s/ Bo Ray\nName: Bo Ray\n"
    )
    opening = (
        "ENDORSEMENT AGREEMENT\n\nThis Agreement is made this ____ day of March, 2016 by and between Alder "
        "Works Inc. and Birch Mills LLC.\n\nWHEREAS, the parties wish to work together.\n\n"
    )
    label = read_label(Field("/agreement_date", "agreement_date", "date", "string"))
    filled = Facts(make_prose(opening + signed.format("March 14, 2016"))).claim_made(label)
    assert [(c.value, c.absent) for c in filled] == [("2016-03-14", None)]
    other = Facts(make_prose(opening + signed.format("June 14, 2016"))).claim_made(label)
    assert [c.absent for c in other] == ["blank"]


@pytest.mark.parametrize(
    ("sentences", "end"),
    [
        (
            "The term of this Agreement begins on January 1, 2011 and continues for five (5) years. It may "
            "be renewed for a further period that shall begin on January 1, 2016.",
            "2015-12-31",
        ),
        (
            "The initial term of this Agreement is two years from the Effective Date. Either party may end "
            "this Agreement at once when a breach of this Agreement by the other remains uncured 30 days.",
            "2012-05-04",
        ),
    ],
)
def test_the_last_day_of_a_term(sentences: str, end: str) -> None:
    assert Facts(make_prose(f"{OPENING}2. Term. {sentences}")).ends[0].value == end


@pytest.mark.parametrize(
    ("sentence", "law", "quote"),
    [
        ("This agreement is subject to Dutch law.", "Netherlands", "Dutch law."),
        ("This Deed shall be governed by English law.", "England", "English law."),
        ("This undertaking shall be governed by Delaware law.", "Delaware", "Delaware"),
        ("Auf diesen Vertrag findet deutsches Recht Anwendung.", "Germany", "deutsches Recht"),
        ("Le contrat est régi par le droit suisse.", "Switzerland", "droit suisse."),
    ],
)
def test_law_named_by_its_people(sentence: str, law: str, quote: str) -> None:
    prose = make_prose(f"{OPENING}8. {sentence}")
    label = read_label(Field("/law", "governing_law", "place", "string"))
    claim = claim_places(prose, label, find_law(prose))[0]
    assert (claim.value, claim.quote) == (law, quote)


@pytest.mark.parametrize("lead", ["Signed for", "For and on behalf of", "Executed by"])
def test_for_whom_one_signs_is_no_part_of_the_name(lead: str) -> None:
    prose = make_prose(
        f"LETTER\n\nWe will keep the data secret.\n\n{lead} Alder & Birch LLP\n\nBy: /s/ Ann Lee\n"
    )
    assert [block["party"].value for block in find_signatures(prose, [])] == ["Alder & Birch LLP"]


def test_to_remain_in_force_until_a_day() -> None:
    prose = make_prose(f"{OPENING}2. Term. This letter agreement shall remain in force until June 30, 2013.")
    assert Facts(prose).ends[0].value == "2013-06-30"


@pytest.mark.parametrize("tail", [" - 1", " — 12", " - |", " |"])
def test_a_page_number_is_no_part_of_the_title(tail: str) -> None:
    prose = make_prose(f"MASTER SERVICES AGREEMENT{tail}\n\nThis Agreement is made by A Co. and B Co.")
    assert find_title(prose)[0][2] == "MASTER SERVICES AGREEMENT"


@pytest.mark.parametrize(
    "text",
    [
        "Beide Parteien werden einander vertrauliche Informationen überlassen und verpflichten sich "
        "gegenseitig zur Geheimhaltung. Diese Vereinbarung hat eine Laufzeit von vier Jahren ab dem Tag der "
        "Unterschrift.",
        "Les parties conviennent de garder secrètes toutes les informations reçues pendant la durée du "
        "présent contrat. Le contrat est conclu pour une durée de trois ans à compter du jour de la "
        "signature.",
    ],
)
def test_what_is_absent_in_another_language_is_not_sure(text: str) -> None:
    claims = claim_clause(make_prose(text), FLAGS["audit_rights"])
    assert claims[0].value is False
    assert (claims[0].score or 0.0) <= 0.6


def test_what_is_absent_in_english_is_sure() -> None:
    claims = claim_clause(
        make_prose(f"{OPENING}1. The parties shall meet in May of any year."), FLAGS["insurance"]
    )
    assert claims[0].value is False
    assert (claims[0].score or 0.0) > 0.9
