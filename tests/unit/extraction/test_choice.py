"""The schema that fits a document, by what its pages say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docai.extraction.choice import choose_schema, score_schemas
from docai.schema import Schema, list_shipped, load_schema
from docai.types import Box, Page, Word

LINE_WORDS = 12

NDA = """MUTUAL NON-DISCLOSURE AGREEMENT
This Agreement is made as of May 3, 2024 by and between Harbour Light Inc. and Oak & Vale LLC. The parties
wish to explore a business opportunity, and each may disclose Confidential Information to the other. The
Receiving Party shall not disclose the Disclosing Party's Confidential Information to any third party. This
Agreement shall be governed by the laws of Texas."""

CONTRACT = """SERVICES AGREEMENT
This Services Agreement is entered into as of March 1, 2023 by and between Harbour Light Inc., a Delaware
corporation, and Oak & Vale LLC. NOW, THEREFORE, the parties hereto agree as follows. The term of this
Agreement shall commence on the Effective Date and continue for two years. Either party may terminate this
Agreement upon thirty days written notice. Each party shall keep Confidential Information secret. IN WITNESS
WHEREOF the parties have executed this Agreement."""

US_RECEIPT = """JOE'S DINER
12 Main Street Springfield
Server: Ann Table 4
Burger 9.50
Coffee 2.50
Subtotal 12.00
Sales Tax 0.96
Total 12.96
VISA 12.96
Thank you!"""

GERMAN_INVOICE = """Müller Werkzeuge GmbH
Rechnung Nr. 2024-118
Rechnungsdatum 03.05.2024
Menge Bezeichnung Einzelpreis Gesamt
2 Bohrer 14,00 28,00
Nettobetrag 28,00
MwSt 19% 5,32
Gesamtbetrag 33,32 EUR
Zahlbar bis 17.05.2024"""

FRENCH_INVOICE = """Menuiserie du Lac SARL
Facture n° 2024-031
Date de facture 03/05/2024
Désignation Quantité Prix unitaire Montant HT
Étagère 2 140,00 280,00
Total HT 280,00
TVA 20% 56,00
Total TTC 336,00"""

PURCHASE_ORDER = """PURCHASE ORDER
PO Number 4711
Order date 2024-05-03
Vendor Harbour Light Inc.
Ship to Oak & Vale LLC
Item Qty Unit price Total
Screws 100 0.10 10.00
Total 10.00"""

AD_ORDER = """KXYZ-TV Contract # 881234
Advertiser: Citizens for Parks
Agency: Bright Media
Flight: 04/01/24 - 04/14/24
Station: KXYZ Spots/Week Rate
Gross Amount $4,200.00 Net Amount $3,570.00"""

RESUME = """Jane Roe
Software engineer in Springfield
Experience 2015 to 2020 at a small firm
Skills Python and French
Education University of Nowhere"""


def page_of(text: str, number: int = 1, turned: int = 0) -> Page:
    words = tuple(
        Word(token, Box(72 + 30 * j, 72 + 14 * i, 98 + 30 * j, 82 + 14 * i), None, "text-layer", i)
        for i, line in enumerate(text.splitlines())
        for j, token in enumerate(line.split())
    )
    return Page("sha256:0", number, 612, 792, 200, 200, "rendered", turned=turned, words=words, reader="test")


@pytest.fixture(scope="module")
def shipped() -> list[Schema]:
    return [load_schema(name) for name in list_shipped()]


@pytest.mark.parametrize(
    ("text", "schema_id"),
    [
        (NDA, "nda"),
        (CONTRACT, "contract"),
        (US_RECEIPT, "receipt"),
        (GERMAN_INVOICE, "invoice"),
        (FRENCH_INVOICE, "invoice"),
        (PURCHASE_ORDER, "purchase_order"),
        (AD_ORDER, "ad_buy"),
    ],
)
def test_kinds_are_told_by_content(text: str, schema_id: str, shipped: list[Schema]) -> None:
    chosen = choose_schema([page_of(text)], shipped)
    assert chosen is not None
    assert chosen[0].id == schema_id
    assert 0.4 < chosen[1] <= 1


@pytest.mark.parametrize("text", [RESUME, "", "0123 4567"])
def test_what_fits_no_schema_is_given_none(text: str, shipped: list[Schema]) -> None:
    assert choose_schema([page_of(text)], shipped) is None


def test_no_pages_and_no_schemas() -> None:
    assert choose_schema([], [load_schema("contract")]) is None
    assert choose_schema([page_of(CONTRACT)], []) is None


def test_an_annex_does_not_outvote_the_front(shipped: list[Schema]) -> None:
    pages = [page_of(AD_ORDER * 3), page_of(CONTRACT, 2), page_of(CONTRACT, 3), page_of(NDA, 4)]
    chosen = choose_schema(pages, shipped)
    assert chosen is not None
    assert chosen[0].id == "ad_buy"


def test_a_cover_page_does_not_hide_what_follows(shipped: list[Schema]) -> None:
    chosen = choose_schema([page_of("Exhibit 10"), page_of(CONTRACT, 2)], shipped)
    assert chosen is not None
    assert chosen[0].id == "contract"


def test_the_order_of_schemas_and_turned_pages_change_nothing(shipped: list[Schema]) -> None:
    page = page_of(GERMAN_INVOICE)
    scores = score_schemas([page], shipped)
    assert score_schemas([page], shipped[::-1]) == scores[::-1]
    turned = choose_schema([replace(page, turned=180)], shipped)
    assert turned is not None
    assert turned[0].id == "invoice"


def test_a_users_schema_competes_with_its_own_cues(shipped: list[Schema]) -> None:
    definition = {
        "title": "Résumé",
        "x-docai-cues": ["experience", "skills", "education", "software engineer"],
        "properties": {"name": {"type": "string"}},
    }
    chosen = choose_schema([page_of(RESUME)], [*shipped, load_schema(definition)])
    assert chosen is not None
    assert chosen[0].title == "Résumé"
