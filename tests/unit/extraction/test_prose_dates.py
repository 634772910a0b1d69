"""Dates, ends and periods of agreements."""

from __future__ import annotations

import pytest
from prose_maker import SERVICES, make_prose

from docai.extraction.prose.facts import Facts
from docai.extraction.prose.labels import find_role, read_label
from docai.extraction.prose.periods import claim_periods
from docai.schema import Field
from docai.types import Claim
from docai.values.compare import same_value

BODY = "\n\nWHEREAS, the parties wish to work together.\n\n2. Term. {term}\n"


def _date(name: str, description: str = "") -> Field:
    return Field(f"/{name}", name, "date", "string", description=description)


def _agreement(opening: str, term: str = "This Agreement ends when both parties say so.") -> Facts:
    return Facts(make_prose(f"LICENSE AGREEMENT\n\n{opening}" + BODY.format(term=term)))


def _best(claims: list[Claim]) -> Claim | None:
    return max(claims, key=lambda c: c.score or 0.0) if claims else None


BOTH = 'This Agreement is made as of May 4, 2010 (the "Effective Date") by and between A Co. and B Co.'


@pytest.mark.parametrize(
    ("opening", "made", "start"),
    [
        (BOTH, "2010-05-04", "2010-05-04"),
        (
            "This Agreement is entered into on October 1, 2019 and is made effective as of November 1, 2019 "
            '(the "Effective Date"), by and between A Co. and B Co.',
            "2019-10-01",
            "2019-11-01",
        ),
        (
            'A Co. ("A") and B Co. ("B") agree to this Agreement dated '
            "June 1, 2020, effective as of July 1, 2020 "
            '("Effective Date").',
            "2020-06-01",
            "2020-07-01",
        ),
        (
            "THIS AGREEMENT made this 5 th day of December, 2007, "
            "between A Co. and B Co., as amended under that "
            "certain Loan Agreement dated January 2, 2001.",
            "2007-12-05",
            "2007-12-05",
        ),
    ],
)
def test_made_and_start(opening: str, made: str, start: str) -> None:
    facts = _agreement(opening)
    first = _best(facts.claim_made(read_label(_date("agreement_date"))))
    second = _best(facts.claim_start(read_label(_date("effective_date"))))
    assert first is not None
    assert second is not None
    assert (first.value, second.value) == (made, start)


@pytest.mark.parametrize(
    ("opening", "absent"),
    [
        ((
            "This Agreement is entered into as of August __, 2019 (the "
            "\"Effective Date\") among A Co. and B Co."
        ), "blank"),
        ((
            "This Agreement is effective as of the [***] day of "
            "[***], 2019 between A Co. and B Co."
        ), "redacted"),
    ],
)  # fmt: skip
def test_an_open_date_is_absent(opening: str, absent: str) -> None:
    claims = _agreement(opening).claim_made(read_label(_date("agreement_date")))
    assert [c.absent for c in claims] == [absent]
    assert claims[0].value is None
    assert "2019" in claims[0].quote


@pytest.mark.parametrize(
    ("term", "end", "rule"),
    [
        (
            "The term of this Agreement shall be three (3) years from the Effective Date.",
            "2013-05-04",
            "start+term",
        ),
        ("This Agreement shall expire on December 31, 2012.", "2012-12-31", None),
        (
            "The term of this Agreement begins on January 1, 2011 and "
            "continues for a period of five (5) years.",
            "2016-01-01",
            "start+term",
        ),
        (
            "Initial Term shall mean the Effective Date through the day "
            "prior to the fourth anniversary of the "
            "Effective Date.",
            "2014-05-03",
            "start+term",
        ),
        (
            "The term of this Agreement shall be one (1) year commencing "
            "on the Effective Date and ending on May 3, "
            "2011.",
            "2011-05-03",
            None,
        ),
    ],
)
def test_ends_printed_and_computed(term: str, end: str, rule: str | None) -> None:
    claim = _best(_agreement(BOTH, term).claim_end(read_label(_date("expiration_date"))))
    assert claim is not None
    assert (claim.value, claim.rule) == (end, rule)
    if rule:
        period, start = claim.operands
        assert same_value("duration", period.quote, period.value)
        assert start.role == "definition"
        assert same_value("date", start.quote, start.value)


@pytest.mark.parametrize(
    "term",
    [
        "This Agreement shall remain in effect until terminated by the parties.",
        "The term of this Agreement shall continue for one (1) year following the Launch Date.",
        "Either party may terminate this Agreement upon thirty (30) days notice.",
        "During the term of this Agreement and for two (2) years "
        "thereafter no party shall solicit employees.",
    ],
)
def test_no_end_where_none_follows(term: str) -> None:
    assert _agreement(BOTH, term).claim_end(read_label(_date("expiration_date"))) == []


def test_a_start_that_is_defined_elsewhere() -> None:
    facts = _agreement(
        BOTH,
        'The site opens on July 1, 2010 (the "Launch Date"). The term '
        "of this Agreement shall continue for one (1) "
        "year following the Launch Date.",
    )
    claim = _best(facts.claim_end(read_label(_date("last_day", "When the agreement ends"))))
    assert claim is not None
    assert claim.value == "2011-07-01"


def _period(name: str, description: str, text: str) -> str | None:
    prose = make_prose(text)
    label = read_label(Field(f"/{name}", name, "duration", "string", description=description))
    claim = _best(claim_periods(prose, Facts(prose), label))
    return str(claim.value) if claim else None


def test_periods_of_a_contract() -> None:
    assert _period("term", "Length of the initial term", SERVICES) == "3 years"
    assert _period("renewal_term", "", SERVICES) == "successive 1 year"
    assert _period("notice", "Notice that stops the renewal", SERVICES) == "60 days"
    assert _period("notice_to_quit", "Notice of termination", SERVICES) in ("90 days", "60 days")


@pytest.mark.parametrize(
    ("term", "wanted"),
    [
        ((
            "This Agreement will renew automatically from year to "
            "year unless cancelled in writing."
        ), "successive 1 year"),
        ("Thereafter it shall renew for one (1) additional three (3) year period.", "3 years"),
        ("The term shall be extended automatically for monthly periods.", "successive 1 month"),
        (
            "This contract shall be for a term of one year; "
            "thereafter, it shall automatically continue until "
            "terminated by either party.",
            "perpetual",
        ),
        ("This Agreement shall be for a term of two years.", None),
    ],
)  # fmt: skip
def test_renewals(term: str, wanted: str | None) -> None:
    assert _period("rollover", "How long the contract is extended", BOTH + BODY.format(term=term)) == wanted


@pytest.mark.parametrize(
    ("name", "description", "role"),
    [
        ("expiration_date", "", "end"),
        ("effective_date", "", "start"),
        ("agreement_date", "not the effective date", "made"),
        ("beginning", "", "start"),
        ("signed_on", "", "made"),
        ("last_day", "When the contract ends", "end"),
        ("closing", "Day of the closing", None),
    ],
)
def test_roles_of_dates_come_from_the_words_of_the_label(
    name: str, description: str, role: str | None
) -> None:
    assert find_role(read_label(_date(name, description)), "date") == role
