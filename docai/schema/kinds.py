"""What kind of thing a field holds, told by its JSON type, its format, its name and its description.

English, German and French words; a user's own names work through their head noun (`invoice_date` is a
date, `date_of_issue` too, `tax_id` an identifier). `x-docai-kind` in the schema overrules all of this.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "date",
    "money",
    "number",
    "integer",
    "percent",
    "duration",
    "boolean",
    "enum",
    "identifier",
    "organization",
    "person",
    "party",
    "address",
    "place",
    "currency",
    "email",
    "phone",
    "title",
    "text",
]
KINDS: frozenset[Kind] = frozenset(Kind.__args__)  # type: ignore[attr-defined]

_FORMATS: dict[str, Kind] = {
    "date": "date",
    "date-time": "date",
    "duration": "duration",
    "email": "email",
    "idn-email": "email",
    "uri": "identifier",
    "url": "identifier",
    "uuid": "identifier",
}

_WORDS: dict[Kind, str] = {
    "date": "date dates datum deadline expiration expiry birthday dob faelligkeit echeance fristende",
    "money": "amount amounts total totals subtotal price prices fee fees tax taxes vat gst cost costs"
    " charge charges balance salary wage rent payment premium betrag summe preis gesamt netto"
    " brutto steuer mwst ust gebuehr miete kosten montant prix tva solde frais loyer remise"
    " discount rabatt tip gross net principal deductible",
    "percent": "percent percentage pct prozent prozentsatz pourcentage taux steuersatz",
    "number": "quantity quantities qty count pieces menge anzahl stueck quantite nombre weight gewicht"
    " poids volume area hours units spots pages months days",
    "duration": "term period notice duration lifetime laufzeit dauer frist kuendigungsfrist duree delai"
    " preavis",
    "identifier": "number num no nr id ids identifier ref reference code iban bic swift sku ean isin vatin"
    " ssn ein tin account zip postcode plz url website nummer kennung aktenzeichen referenz"
    " numero identifiant siret siren rechnungsnr",
    "organization": "company vendor supplier seller buyer customer client merchant store shop advertiser"
    " agency employer bank insurer carrier manufacturer organization organisation"
    " organisationname corporation issuer payee payer contractor subcontractor shipper"
    " consignee station broadcaster firma unternehmen lieferant verkaeufer kaeufer kunde"
    " haendler auftraggeber auftragnehmer societe entreprise fournisseur vendeur acheteur",
    "party": "party parties licensor licensee lessor lessee landlord tenant franchisor franchisee"
    " discloser recipient borrower lender guarantor grantor grantee assignor assignee"
    " distributor reseller vertragspartei vertragsparteien partei parteien partie bailleur"
    " locataire vermieter mieter",
    "person": "person signer signatory signature signatures author contact attorney lawyer employee"
    " manager witness notary driver patient doctor applicant cashier salesperson executive"
    " holder owner surname vorname nachname unterzeichner ansprechpartner signataire",
    "address": "address addresses street adresse anschrift strasse rue location postanschrift",
    "place": "law jurisdiction state country city town venue county province region forum place court"
    " gerichtsstand recht land stadt ort pays ville juridiction tribunal lieu port",
    "currency": "currency waehrung devise monnaie",
    "email": "email mail courriel",
    "phone": "phone telephone tel fax mobile telefon handy telefax portable",
    "title": "title titel titre betreff subject",
    "text": "description text terms method type status remarks notes note comment comments details"
    " reason beschreibung bezeichnung bemerkung designation libelle mode language sprache"
    " product item scope purpose relationship class category unit",
}
# Words that decide only when no other word of the name does: "start" in `flight_start`, "due" in `due`.
_WEAK_WORDS: dict[Kind, str] = {
    "date": "due effective start end from until to begin commencement expires issued signed delivered day"
    " von bis ab seit debut fin faellig",
    "money": "sum value worth paid gesamtwert",
    "number": "size length width height",
    "place": "where",
}
# German compounds end in their head noun.
_ENDINGS: tuple[tuple[str, Kind], ...] = (
    ("datum", "date"),
    ("termin", "date"),
    ("nummer", "identifier"),
    ("betrag", "money"),
    ("summe", "money"),
    ("preis", "money"),
    ("steuer", "money"),
    ("kosten", "money"),
    ("gebuehr", "money"),
    ("satz", "percent"),
    ("menge", "number"),
    ("anzahl", "number"),
    ("frist", "duration"),
    ("dauer", "duration"),
    ("adresse", "address"),
    ("anschrift", "address"),
    ("waehrung", "currency"),
)
# The head noun stands before these: `date_of_issue`, `notice_period_to_terminate_renewal`.
_ENGLISH = ("of", "to", "for", "from", "by", "in", "at", "with", "before", "after", "per", "on")
_PREPOSITIONS = frozenset(
    (*_ENGLISH, "de", "du", "des", "d", "la", "le", "von", "zur", "zum", "der", "die", "das")
)
# `seller_name` is what `seller` is; `name` alone asks the parent.
_NEUTRAL = frozenset(("name", "names", "full", "legal", "value", "info", "nom", "bezeichner"))
_RATE_OWNERS = frozenset(("tax", "vat", "gst", "discount", "interest", "exchange", "commission", "royalty"))
# `term_end` and `period_from` are dates although terms and periods are durations.
_BOUNDS = frozenset(("start", "end", "from", "to", "until", "begin", "expires", "von", "bis", "ab", "debut"))
# Two words that mean something else than the last one alone.
_PAIRS: dict[tuple[str, str], Kind] = {
    **dict.fromkeys((("bill", "to"), ("ship", "to"), ("sold", "to"), ("invoice", "to")), "organization"),
    **dict.fromkeys((("first", "name"), ("last", "name"), ("given", "name"), ("family", "name")), "person"),
    **dict.fromkeys((("signed", "by"), ("prepared", "by"), ("approved", "by"), ("issued", "by")), "person"),
    **dict.fromkeys((("web", "address"), ("ip", "address"), ("job", "title")), "text"),
    **dict.fromkeys((("email", "address"), ("mail", "address")), "email"),
    **dict.fromkeys((("phone", "number"), ("fax", "number"), ("telephone", "number")), "phone"),
    ("mobile", "number"): "phone",
    ("currency", "code"): "currency",
    ("country", "code"): "place",
    ("state", "code"): "place",
    ("number", "of"): "number",
}
_KINDS_OF_NAMES: frozenset[Kind] = frozenset(("organization", "party", "person"))


def _index(words: dict[Kind, str]) -> dict[str, Kind]:
    return {word: kind for kind, line in words.items() for word in line.split()}


_STRONG = _index(_WORDS)
_WEAK = _index(_WEAK_WORDS)


def name_tokens(name: str) -> list[str]:
    """`invoiceDate`, `invoice-date`, `Invoice Date` -> ["invoice", "date"]; ä -> ae, é -> e, lower case."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    folded = re.sub("[äöüÄÖÜß]", lambda m: _UMLAUTS[m.group().lower()], spaced)
    plain = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode().lower()
    return [token for token in re.split(r"[^a-z0-9]+", plain) if token]


_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}


def _kind_of_word(word: str, previous: str) -> Kind | None:
    if word == "rate":
        return "percent" if previous in _RATE_OWNERS else "money"
    if word in _STRONG:
        return _STRONG[word]
    for ending, kind in _ENDINGS:
        if len(word) > len(ending) and word.endswith(ending):
            return kind
    return None


def kind_of_words(tokens: Sequence[str]) -> Kind | None:
    """The kind that a name's head noun tells, read from its end; None if no word tells one."""
    for previous, word in pairwise(tokens):
        if (previous, word) in _PAIRS and (word == tokens[-1] or word == "of"):
            return _PAIRS[previous, word]
    if len(tokens) > 1 and tokens[-1] in _BOUNDS:
        return "date"
    cut = next((i for i, token in enumerate(tokens) if i and token in _PREPOSITIONS), len(tokens))
    for part in (tokens[:cut], tokens[cut:]):
        for i in range(len(part) - 1, -1, -1):
            if part[i] not in _NEUTRAL:
                kind = _kind_of_word(part[i], part[i - 1] if i else "")
                if kind:
                    return kind
    return next((_WEAK[token] for token in reversed(tokens) if token in _WEAK), None)


def _kind_of_description(description: str) -> Kind | None:
    """The first telling word of a description's first sentence ("Date on which …", "Name of the seller")."""
    first = re.split(r"[.;:(]", description[:300], maxsplit=1)[0]
    tokens = name_tokens(first)[:8]
    for i, token in enumerate(tokens):
        kind = _kind_of_word(token, tokens[i - 1] if i else "")
        if kind and kind != "text":
            return kind
    return None


def _word_kind(names: Sequence[str], description: str) -> Kind | None:
    own = name_tokens(names[-1]) if names else []
    kind = kind_of_words(own)
    if kind == "title" and len(names) > 1 and _parent_kind(names) == "person":
        return "text"  # A signer's title is a function, not the document's name.
    if kind:
        return kind
    is_name = bool(own) and all(token in _NEUTRAL for token in own)
    parent = _parent_kind(names)
    if is_name and parent in _KINDS_OF_NAMES:
        return parent
    return _kind_of_description(description) or (parent if is_name else None)


def _parent_kind(names: Sequence[str]) -> Kind | None:
    return kind_of_words(name_tokens(names[-2])) if len(names) > 1 else None


def infer_kind(names: Sequence[str], json_type: str, format_: str | None, description: str = "") -> Kind:
    """Kind of a leaf. `names`: property names from the root to the leaf; `json_type`: its JSON type."""
    if json_type == "boolean":
        return "boolean"
    if format_ in _FORMATS:
        return _FORMATS[format_]
    kind = _word_kind(names, description)
    if json_type == "string":
        return kind or "text"
    if kind in ("money", "percent", "duration"):
        return kind
    return "integer" if json_type == "integer" else "number"
