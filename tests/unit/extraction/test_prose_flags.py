"""Sentences that are a clause, and sentences that only sound like one, by the shipped contract schema."""

from __future__ import annotations

import pytest
from prose_maker import make_prose

from docai.extraction.prose.clauses import claim_clause
from docai.extraction.prose.labels import read_label
from docai.schema import load_schema

LABELS = {f.name: read_label(f) for f in load_schema("contract").fields if f.kind == "boolean"}

SAYS: dict[str, list[str]] = {
    "exclusivity": [
        "Supplier hereby appoints Dealer as its exclusive dealer for the Products in the Territory.",
        (
            "During the Term, Company shall purchase all of its requirements of Product exclusively "
            "from Supplier."
        ),
        (
            "Manufacturer agrees that it will not, directly or indirectly, sell the Products to any "
            "other person in the Territory."
        ),
        "Sponsor shall be the exclusive bank sponsor of the Event.",
        "ABC will be the sole provider of online auction services on the Site.",
        "The Company agrees to engage Agent, on an exclusive basis, to provide the Services.",
        (
            "XYZ shall not enter into any agreement with any third party for the provision of "
            "services similar to the Services."
        ),
        (
            "Neither party will enter into a similar relationship with any other internet bank "
            "during the term."
        ),
    ],
    "non_compete": [
        (
            "During the term of this Agreement and for one year thereafter, Distributor shall not "
            "manufacture, sell or promote any product that competes with the Products."
        ),
        (
            "Employee agrees that he will not engage in any business competitive with the business "
            "of the Company within the State."
        ),
        (
            "Franchisee shall not own, maintain, operate or have any interest in any similar "
            "business within five miles."
        ),
        "Consultant covenants not to compete with the Company.",
        (
            "The Contractor shall refrain from performing services for any competitor of Company "
            "during the term."
        ),
    ],
    "anti_assignment": [
        ("This Agreement may not be assigned by Licensee without the prior written consent of Licensor."),
        "Distributor shall have no right to assign this Agreement.",
        (
            "Neither this Agreement nor any rights hereunder shall be assignable by either party "
            "without consent."
        ),
        "Any attempted assignment without such consent shall be void.",
        "The Agreement is personal to Franchisee and may not be transferred without approval.",
        "No party shall assign its rights without prior written approval of the other.",
        "Customer cannot transfer this contract to a third party.",
    ],
    "cap_on_liability": [
        "EXCEPT FOR INDEMNITY, NEITHER PARTY'S LIABILITY SHALL EXCEED THE AMOUNTS PAID HEREUNDER.",
        "IN NO EVENT SHALL COMPANY BE LIABLE FOR ANY LOST PROFITS OR CONSEQUENTIAL DAMAGES.",
        "The total liability of Vendor is limited to $100,000.",
        "Maximum aggregate liability under this contract is the purchase price.",
        "No action may be brought more than one year after the cause of action accrued.",
        "Supplier shall not be responsible for any special or indirect damages.",
    ],
    "audit_rights": [
        (
            "Licensor shall have the right, upon reasonable notice, to audit the books and records "
            "of Licensee."
        ),
        ("Company may, at its expense, have an independent accountant examine the records of Distributor."),
        "Franchisee shall permit Franchisor to inspect the premises and records at any time.",
        "Agent shall keep complete records, which shall be open to inspection by Owner.",
        "Each party may audit the other party to verify compliance.",
        (
            "The Trust shall have access at all reasonable times to the records maintained by the "
            "Administrator."
        ),
    ],
    "insurance": [
        "Contractor shall maintain general liability insurance in the amount of $1,000,000.",
        "Licensee agrees to obtain, at its own expense, product liability insurance.",
        "Each party shall provide the other with certificates of insurance.",
        "The policy shall name Company as an additional insured.",
        "Supplier shall keep the goods insured against loss.",
    ],
    "termination_for_convenience": [
        ("Either party may terminate this Agreement at any time upon sixty (60) days prior written notice."),
        ("Company shall have the right to terminate this Agreement without cause on thirty days notice."),
        "This Agreement may be terminated by either party for any reason by giving 90 days notice.",
        "This agreement is terminable at will by either party.",
        "Upon ninety days notice, Licensee may cancel this license.",
        "Client reserves the right to cancel this Agreement with 30 days written notice.",
        (
            "Notwithstanding the foregoing, after the first year either party may terminate this "
            "Agreement by providing six months notice to the other."
        ),
    ],
    "license_grant": [
        "Licensor hereby grants to Licensee a non-exclusive, royalty-free license to use the Marks.",
        ("Subject to the terms, Company grants Distributor the right to use and reproduce the Software."),
        "Customer is hereby granted a limited license to use the documentation.",
        "Franchisor grants Franchisee the right to operate under the System and use the Marks.",
        "Sponsor is licensed to use the Team logos.",
        "Agency shall have a license to use the Content on the Site.",
        "Artist grants Company the exclusive right to use his name and likeness in advertising.",
    ],
}
SOUNDS: dict[str, list[str]] = {
    "exclusivity": [
        "The remedies herein are exclusive and in lieu of all others.",
        "Contractor acknowledges that the Work is the exclusive property of Company.",
        "The rights granted are non-exclusive.",
        "Each party shall retain exclusive ownership of its Marks.",
        "The parties submit to the exclusive jurisdiction of the courts of Texas.",
        (
            "Receiving Party shall not disclose Confidential Information to any third party or use "
            "it for any other purpose."
        ),
        ("Nothing in this Agreement shall be construed to give any person other than the parties any right."),
        "This appointment is nonexclusive and Company may appoint other distributors.",
    ],
    "non_compete": [
        "The parties are competent to enter into this Agreement.",
        "Prices shall be competitive with those in the market.",
        "Company shall not be prevented from developing competing products.",
        "Nothing herein shall restrict either party from marketing competing products.",
        "Recipient shall not disclose the information to competitors of Discloser.",
    ],
    "anti_assignment": [
        "Company will assign a project manager to the work.",
        "Contractor hereby assigns to Company all right, title and interest in the Work.",
        "This Agreement shall be binding upon the parties and their successors and assigns.",
        "Either party may freely assign this Agreement.",
    ],
    "cap_on_liability": [
        "Seller shall be liable for all damages caused by its negligence.",
        "The parties are jointly and severally liable.",
        "Contractor shall carry liability insurance of at least $1,000,000.",
        "Limited liability company.",
        "Company shall indemnify Agent against all liabilities and damages.",
    ],
    "audit_rights": [
        "The audited financial statements have been delivered.",
        "Buyer shall inspect the goods upon delivery.",
        "Company shall keep records of its sales.",
        "The auditors of the Company are KPMG.",
    ],
    "insurance": [
        "The Insurance Company shall issue annuities.",
        "Employee shall be eligible for health insurance benefits.",
        "Force majeure includes loss not covered.",
        "Company offers insurance products to its customers.",
    ],
    "termination_for_convenience": [
        ("Either party may terminate this Agreement upon thirty days notice if the other party breaches."),
        "Upon termination for any reason all sums become due.",
        (
            "Company may terminate this Agreement immediately upon written notice if Distributor "
            "becomes insolvent."
        ),
        "Upon expiration or termination for any reason, Licensee shall cease use.",
        "This Agreement shall terminate on December 31, 2010.",
        (
            "Either party may terminate this Agreement in the event of a default which is not cured "
            "within 30 days of notice."
        ),
        (
            "This Agreement shall automatically renew unless either party gives notice of "
            "non-renewal 60 days before the end of the term."
        ),
    ],
    "license_grant": [
        "No license is granted hereunder by implication.",
        "Contractor shall obtain all licenses and permits required.",
        "The Company grants Executive an option to purchase shares.",
        "Licensee acknowledges that it has no right in the Marks.",
        "Bank grants a security interest in the collateral.",
    ],
}


@pytest.mark.parametrize("flag", SAYS)
def test_sentences_that_are_the_clause(flag: str) -> None:
    missed = [s for s in SAYS[flag] if not _is_claimed(flag, s)]
    assert missed == []


@pytest.mark.parametrize("flag", SOUNDS)
def test_sentences_that_only_sound_like_the_clause(flag: str) -> None:
    wrong = [s for s in SOUNDS[flag] if _is_claimed(flag, s)]
    assert wrong == []


def _is_claimed(flag: str, sentence: str) -> bool:
    claims = claim_clause(make_prose(f"5. General. {sentence}"), LABELS[flag])
    return claims[0].value is True
