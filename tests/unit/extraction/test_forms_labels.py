"""Labels: words of several languages under one name, slips of reading, and labels of other fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.extraction.forms.contexts import inline_label, is_value_like
from docai.extraction.forms.labels import LabelMatcher, split_tokens
from docai.schema import Field

DATE = Field("/day", "day", "date", "string", aliases=("invoice date",))
NUMBER = Field("/nr", "nr", "identifier", "string", aliases=("invoice number",))
TOTAL = Field("/sum", "sum", "money", "number", aliases=("grand total", "total amount"))
MATCHER = LabelMatcher([DATE, NUMBER, TOTAL])


@pytest.mark.parametrize(
    "label", ["Invoice Date:", "Rechnungsdatum", "Date de facture", "lnvoice Date", "INVOICE DATE"]
)
def test_a_label_in_other_words_or_misread(label: str) -> None:
    assert MATCHER.match(label, 0).f1 == pytest.approx(1.0)


@pytest.mark.parametrize("label", ["Rechnungs-Nr.", "Rechnungsnummer:", "Invoice #", "Facture n°", "Inv No"])
def test_numbers_of_invoices(label: str) -> None:
    assert MATCHER.match(label, 1).f1 == pytest.approx(1.0)
    assert MATCHER.match(label, 0).f1 < 0.9


@pytest.mark.parametrize("label", ["Due date", "Print Date", "Delivery Date"])
def test_a_contrasting_word_is_counted(label: str) -> None:
    assert MATCHER.match(label, 0).contrast == 1


def test_tax_and_discount_are_no_totals() -> None:
    assert MATCHER.match("Total discount", 2).contrast == 1
    assert MATCHER.match("Total GST", 2).contrast == 1
    assert MATCHER.match("Grand Total", 2).contrast == 0


@pytest.mark.parametrize(
    ("text", "start", "label"),
    [
        ("Flight: 4/17/20 - 4/23/20", 18, "Flight: 4/17/20 -"),
        ("Order 17 Date 4/17/20", 14, "Date"),
        ("Rechnung (380) Nr. 471102 vom 05.06.2018", 30, "Rechnung   Nr. 471102 vom"),
        ("4/17/20", 0, ""),
    ],
)
def test_what_stands_before_a_value_labels_it(text: str, start: int, label: str) -> None:
    assert inline_label(text, start) == label


@pytest.mark.parametrize(("text", "value"), [("RM", True), ("12.50", True), ("19 %", True), ("Total", False)])
def test_cells_that_hold_values(text: str, value: bool) -> None:
    assert is_value_like(text) is value


@given(st.text(max_size=80))
def test_any_text_is_split_without_complaint(text: str) -> None:
    for word in split_tokens(text):
        assert word
    match = MATCHER.match(text, 0)
    assert 0.0 <= match.f1 <= 1.0
    assert 0.0 <= match.recall <= 1.0


def test_a_rate_within_a_label_says_nothing() -> None:
    assert split_tokens("TVA 20 %") == ["tax"]
    assert split_tokens("HST @ 13.0%") == ["tax"]
