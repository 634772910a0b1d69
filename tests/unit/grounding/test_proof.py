"""Claims against pages: grounded, inferred, unsupported, missing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from docai.grounding.proof import Proof, prove
from docai.schema import Field, Kind
from docai.types import Claim, Operand, Page, Scalar
from tests.unit.grounding.page_maker import make_page

PAGE = make_page("""
SERVICES AGREEMENT dated the 5th day of February, 2020
between Kubient, Inc. and The Associated Press.
The initial term shall be one (1) year from the Effective
Date. Fees are RM 1,234.50 plus RM 10.00, 19 % tax.
Neither party may assign this Agreement. Signed 03/04/2020
This license is exclusive. Deposit due August __, 2019
in the State of New York. Order RE-77/4 of 2 units.
It shall continue until terminated by either party.
""")


def field(kind: Kind, json_type: str = "string", enum: tuple[str, ...] = ()) -> Field:
    return Field(path="/x", name="x", kind=kind, json_type=json_type, enum=enum)


def proved(kind: Kind, quote: str, value: Scalar, **more: object) -> Proof:
    enum = tuple(more.pop("enum", ()))  # type: ignore[call-overload]
    claim = Claim("/x", quote, value, 1, "test", **more)  # type: ignore[arg-type]
    return prove(claim, {1: PAGE}, field(kind, enum=enum))


@pytest.mark.parametrize(
    ("kind", "quote", "value", "unit"),
    [
        ("date", "the 5th day of February, 2020", "2020-02-05", None),
        ("date", "2020-02-05", "2020-02-05", None),
        ("money", "RM 1,234.50", Decimal("1234.50"), "MYR"),
        ("money", "1,234.50", "1234.50", None),
        ("percent", "19 %", Decimal(19), None),
        ("percent", "19 %", Decimal("0.19"), None),
        ("integer", "2 units", 2, None),
        ("duration", "one (1) year", "12 months", None),
        ("duration", "initial term shall be one (1) year", "1 year", None),
        ("party", "Kubient, Inc.", "Kubient Inc", None),
        ("place", "in the State of New York", "New York", None),
        ("identifier", "Order RE-77/4", "RE-77/4", None),
        ("title", "SERVICES AGREEMENT", "Services Agreement", None),
        ("currency", "RM 10.00", "MYR", None),
        ("text", "Neither party may assign", "Neither party may assign", None),
    ],
)
def test_printed_values_are_grounded(kind: Kind, quote: str, value: Scalar, unit: str | None) -> None:
    proof = proved(kind, quote, value)
    assert proof.status == "grounded"
    assert proof.unit == unit
    assert proof.evidence
    assert proof.match_score > 0.9


@pytest.mark.parametrize(
    ("kind", "quote", "value", "more"),
    [
        ("date", "the 5th day of February, 2020", "2020-02-06", {}),
        ("money", "RM 1,234.50", Decimal("1234.05"), {}),
        ("money", "RM 10.00", Decimal("10.00"), {"unit": "EUR"}),
        ("money", "RM 10.00", Decimal("-10.00"), {}),
        ("duration", "one (1) year", "2 years", {}),
        ("party", "Kubient, Inc.", "Kubient LLC", {}),
        ("party", "Google LLC", "Google LLC", {}),
        ("party", "The Associated Press", "The Assimilated Press", {}),
        ("address", "in the State of New York. Order", "in the State of New Jersey. Order", {}),
        ("identifier", "Order RE-77/4", "RE-77", {}),
        ("enum", "exclusive", "monthly", {}),
        ("text", "Neither party may assign", "Either party may assign", {}),
    ],
)
def test_what_does_not_follow_is_unsupported(
    kind: Kind, quote: str, value: Scalar, more: dict[str, object]
) -> None:
    proof = proved(kind, quote, value, **more)
    assert proof.status == "unsupported"
    assert proof.value == value


def test_a_quote_alone_gives_its_value() -> None:
    proof = proved("date", "5th day of February, 2020", None)
    assert (proof.value, proof.status) == ("2020-02-05", "grounded")
    assert proved("date", "Kubient", None).status == "missing"


def test_an_ambiguous_date_keeps_the_other_reading() -> None:
    claim = Claim("/x", "03/04/2020", "2020-04-03", 1, "test")
    proof = prove(claim, {1: PAGE}, field("date"), day_first=True)
    assert (proof.value, proof.alternative, proof.features.agreement) == ("2020-04-03", "2020-03-04", "equal")
    proof = prove(claim, {1: PAGE}, field("date"), day_first=False)
    assert (proof.status, proof.features.agreement) == ("grounded", "alternative")


def test_a_flag_from_a_clause_is_inferred() -> None:
    proof = proved("boolean", "This license is exclusive", True)
    assert (proof.status, proof.value) == ("inferred", True)
    assert proof.derivation is not None
    assert proof.derivation.rule == "clause"
    assert proved("boolean", "This license is revocable", True).status == "unsupported"


def test_a_printed_answer_is_the_answer() -> None:
    form = make_page("Exempt: Yes\nInsured: No")
    for quote, value, status in (
        ("Yes", True, "grounded"),
        ("No", False, "grounded"),
        ("No", True, "unsupported"),
    ):
        assert prove(Claim("/x", quote, value, 1, "test"), {1: form}, field("boolean")).status == status


def test_an_enum_from_a_clause_is_inferred_and_a_printed_one_grounded() -> None:
    choices = ("exclusive", "shared")
    assert proved("enum", "This license is exclusive", "exclusive", enum=choices).status == "grounded"
    assert proved("enum", "Neither party may assign", "shared", enum=choices).status == "inferred"


def test_a_flag_is_false_only_when_all_pages_were_read() -> None:
    claim = Claim("/x", "", False, 1, "test")
    whole = prove(claim, {1: PAGE}, field("boolean"), complete=True)
    assert (whole.value, whole.status) == (False, "inferred")
    assert whole.derivation is not None
    assert whole.derivation.rule == "absence"
    part = prove(claim, {1: PAGE}, field("boolean"), complete=False)
    assert (part.value, part.status, part.reason) == (None, "missing", "not_read")


TERM = Operand("one (1) year from the Effective Date", 1)
START = Operand("the 5th day of February, 2020", 1, "2020-02-05", role="definition")


def test_a_date_from_start_and_term_shows_both_operands() -> None:
    proof = proved("date", TERM.quote, "2021-02-05", rule="start+term", operands=(START, TERM))
    assert (proof.status, proof.value) == ("inferred", "2021-02-05")
    assert {e.role for e in proof.evidence} == {"operand", "definition"}
    assert all(e.boxes for e in proof.evidence)
    assert proof.derivation is not None
    assert len(proof.derivation.operands) == 2


@pytest.mark.parametrize(
    ("value", "operands"),
    [
        ("2021-03-05", (START, TERM)),
        ("2021-02-05", (START,)),
        ("2021-02-05", (Operand("the 6th day of February, 2020", 1), TERM)),
        ("2021-02-05", (Operand("5th day of February, 2020", 1, "2020-02-06"), TERM)),
    ],
)
def test_a_rule_that_does_not_hold_is_unsupported(value: str, operands: tuple[Operand, ...]) -> None:
    assert proved("date", "", value, rule="start+term", operands=operands).status == "unsupported"


def test_the_day_before_the_anniversary_counts_too() -> None:
    proof = proved("date", TERM.quote, "2021-02-04", rule="start+term", operands=(START, TERM))
    assert proof.status == "inferred"


def test_sums_are_computed_again() -> None:
    parts = (Operand("RM 1,234.50", 1), Operand("RM 10.00", 1))
    assert proved("money", "", Decimal("1244.50"), rule="sum", operands=parts).status == "inferred"
    assert proved("money", "", Decimal("1224.50"), rule="difference", operands=parts).status == "inferred"
    assert proved("money", "", Decimal("1244.51"), rule="sum", operands=parts).status == "unsupported"
    assert proved("money", "", Decimal("1244.50"), rule="magic", operands=parts).status == "unsupported"


def test_a_term_without_end() -> None:
    quote = "shall continue until terminated by either party"
    assert proved("duration", quote, "perpetual", rule="perpetual").status == "inferred"
    assert proved("duration", "one (1) year", "perpetual", rule="perpetual").status == "unsupported"


def test_an_open_place_is_missing_and_shown() -> None:
    proof = proved("date", "August __, 2019", None, absent="blank")
    assert (proof.status, proof.reason, proof.value) == ("missing", "blank", None)
    assert [e.match for e in proof.evidence] == ["region"]
    by_words = proved("date", "[***]", None, absent="redacted", words=(0, 1))
    assert (by_words.reason, len(by_words.evidence[0].boxes)) == ("redacted", 1)
    assert proved("date", "[***]", None, absent="redacted").reason == "not_found"


def test_a_page_that_is_not_there_proves_nothing() -> None:
    claim = Claim("/x", "Kubient, Inc.", "Kubient, Inc.", 9, "test")
    assert prove(claim, {1: PAGE}, field("party")).status == "unsupported"


def test_low_confidence_of_words_reaches_the_features() -> None:
    faint: Page = make_page("Kubient, Inc.", confidence=0.4)
    claim = Claim("/x", "Kubient, Inc.", "Kubient, Inc.", 1, "test")
    assert prove(claim, {1: faint}, field("party")).features.word_confidence == pytest.approx(0.4)
