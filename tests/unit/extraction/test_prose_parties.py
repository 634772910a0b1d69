"""Parties as agreements introduce them."""

from __future__ import annotations

import pytest
from prose_maker import make_prose

from docai.extraction.prose.facts import Facts
from docai.extraction.prose.labels import read_label
from docai.extraction.prose.parties import claim_parties
from docai.schema import Field

OPENINGS = {
    "numbered": (
        """SUPPLY AGREEMENT

THIS AGREEMENT is made the 3rd day of March 2008

BETWEEN:

(1) ABC Widgets Limited (Company Number 0123456) whose registered office is at 1 High Street, London \
("the Supplier"); and

(2) XYZ PLC of 22 Park Lane, Leeds ("the Customer").

1. DEFINITIONS In this agreement the following words have these meanings.""",
        ["ABC Widgets Limited", "XYZ PLC"],
    ),
    "person": (
        """MUTUAL NON-DISCLOSURE AGREEMENT

This Non-Disclosure Agreement (the "Agreement") is entered into by and between Acme Robotics Corp., a \
Delaware corporation, with its principal offices at 1 Main Street, Austin, Texas ("Disclosing Party") \
and John Q. Smith, an individual residing at 5 Oak Lane, Dallas ("Receiving Party").

1. Purpose. The parties wish to talk.""",
        ["Acme Robotics Corp.", "John Q. Smith"],
    ),
    "list": (
        """LICENSE AGREEMENT, dated as of the 12th day of May, 2003 (this "Agreement"), among Alpha \
Partners, L.P., a Delaware limited partnership, Beta Bank, N.A., as trustee, and Gamma Holdings Corp.

W I T N E S S E T H:

WHEREAS, Alpha owns things.""",
        ["Alpha Partners, L.P.", "Beta Bank, N.A.", "Gamma Holdings Corp."],
    ),
    "names with and": (
        """SERVICE AGREEMENT

This Agreement is entered into by and between FIRST INVESTMENTS OPERATIONS COMPANY, INC. ("FIOC") and \
LAKE LIFE INSURANCE AND ANNUITY CORPORATION ("Company").

WHEREAS, FIOC provides services.""",
        ["FIRST INVESTMENTS OPERATIONS COMPANY, INC.", "LAKE LIFE INSURANCE AND ANNUITY CORPORATION"],
    ),
    "by": (
        """LEASE

This Lease is made on 1 June 2011 by Green Estates Ltd (hereinafter called the "Landlord") of the one \
part and Mr. Peter Brown and Mrs. Susan Brown (hereinafter called the "Tenant") of the other part.

NOW THIS LEASE WITNESSES as follows""",
        ["Green Estates Ltd", "Mr. Peter Brown", "Mrs. Susan Brown"],
    ),
    "german": (
        """KAUFVERTRAG

zwischen

der Müller Maschinenbau GmbH, Hauptstraße 1, 70173 Stuttgart (nachfolgend "Verkäufer")

und

der Schmidt & Söhne KG, Nebenweg 3, 80331 München (nachfolgend "Käufer")

§ 1 Gegenstand""",
        ["Müller Maschinenbau GmbH", "Schmidt & Söhne KG"],
    ),
    "party lines": (
        """Road Transport Agreement

Party A (Shipper): Heron Express Co., Ltd.
Address: Building 1, No. 1685, Long Road
Party B (Carrier): Crane Logistics Ltd.
Address: 12 Floor, Lake Tower

Due to the need for logistics business, Party A and Party B enter into this Road Transport Agreement.""",
        ["Heron Express Co., Ltd.", "Crane Logistics Ltd."],
    ),
    "subject": (
        """CONSULTING AGREEMENT

Finch Bio, Inc., with a place of business at 740 Lake Avenue, Berkeley, CA 94710 ("Finch") and RAVEN \
B.V having an address at Kade 16, Leiden ("Consultant") agree to all terms of this Consulting \
Agreement ("Agreement") dated June 1, 2020.

1. Services. Consultant will advise.""",
        ["Finch Bio, Inc.", "RAVEN B.V"],
    ),
    "letter": (
        """August 12, 2010

Bar Partners LLC
100 Main Street

CONFIDENTIALITY AGREEMENT

Dear Sirs:

In connection with your consideration of a possible transaction you have requested certain \
information. You agree to treat any information as confidential.

Very truly yours,

FOO NETWORKS, INC.

By: /s/ Ann Lee
Name: Ann Lee

Accepted and agreed:

BAR PARTNERS LLC

By: /s/ Bob Ray
Name: Bob Ray""",
        ["FOO NETWORKS, INC.", "BAR PARTNERS LLC"],
    ),
}


@pytest.mark.parametrize("case", OPENINGS, ids=lambda case: case.replace(" ", "-"))
def test_all_parties_and_nobody_else(case: str) -> None:
    text, wanted = OPENINGS[case]
    prose = make_prose(text)
    found = [prose.text[p.start : p.end] for p in Facts(prose).parties]
    assert [name.rstrip(".") for name in found] == [name.rstrip(".") for name in wanted]


def test_a_single_field_takes_the_party_whose_role_its_label_names() -> None:
    prose = make_prose(OPENINGS["person"][0])
    parties = Facts(prose).parties
    for name, wanted in (("receiving_party", "John Q. Smith"), ("disclosing_party", "Acme Robotics Corp.")):
        label = read_label(Field(f"/{name}", name, "party", "string"))
        claims = claim_parties(prose, label, parties)
        assert max(claims, key=lambda c: c.score or 0).value == wanted


def test_a_blank_party_is_none() -> None:
    prose = make_prose(
        'This Agreement is made by and between Wren Technologies, Inc., a Delaware corporation ("Wren"), and '
        '________________, a ______________ corporation ("Licensee").\n\nWHEREAS, Wren has software.'
    )
    assert [p.name for p in Facts(prose).parties] == ["Wren Technologies, Inc."]
