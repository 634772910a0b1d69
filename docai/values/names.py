"""Names of organisations and persons in running text, and the parts of a name."""

from __future__ import annotations

import re

from docai.values.calendar_words import month_number, strip_accents
from docai.values.spans import Cover, Found, drop_overlaps

# Legal forms, longest first where one begins another. A full stop after the form belongs to it.
_FORMS = (
    r"Incorporated|Inc|Corporation|Corp|Company|Co\.?,?\s?Ltd|Co\.?\s?KG|Co|L\.?\s?L\.?\s?C|L\.?\s?L\.?\s?P|L\.?\s?P|"
    r"P\.?L\.?L\.?C|P\.?L\.?C|Public\sLimited\sCompany|Limited\sPartnership|Limited\sLiability\sCompany|Limited|Ltd|"
    r"Ltda|Ltée|GmbH\s?&\s?Co\.?\s?(?:KGaA|KG|OHG)|gGmbH|GmbH|mbH|UG|AG|SE|KGaA|KG|OHG|GbR|e\.\s?V|e\.\s?K|eG|"
    r"S\.?\s?A\.?\s?R\.?\s?L|S\.?A\.?S\.?U|S\.?A\.?S|S\.?\s?A\.?\s?de\s?C\.?\s?V|S\.?A|EURL|SCI|SNC|"
    r"S\.?p\.?A|S\.?r\.?l|S\.?L|B\.?\s?V|N\.?\s?V|A/S|ApS|A\.?B|ASA|AS|Oyj|Oy|K\.?K|"
    r"Sdn\.?\s?Bhd|S/B|Bhd|Berhad|Enterprise|Enterprises|Trading|Pte\.?,?\s?Ltd|Pty\.?,?\s?Ltd|Pvt\.?,?\s?Ltd|PT|Tbk|"
    r"N\.?\s?A|P\.?C|PAC|Super\sPAC"
)
_SUFFIX_END = r"(?:\.(?!\w)|(?![\w]))"
_SUFFIX = re.compile(rf"(?<![\w.])(?P<form>{_FORMS}){_SUFFIX_END}")
_SUFFIX_UPPER = re.compile(rf"(?<![\w.])(?P<form>{_FORMS}){_SUFFIX_END}", re.IGNORECASE)
# In text that is all capitals these forms are also words or initials.
_UPPER_WORDS = frozenset(
    ("as", "se", "sa", "pt", "ag", "ug", "ab", "sl", "pc", "sci", "nv", "na", "kk", "oy")
)
_SUFFIX_ANY_CASE = re.compile(rf"[\s,]{{1,3}}\(?(?P<form>{_FORMS})\.?\)?\s*$", re.IGNORECASE)
_KEYWORD = re.compile(
    r"(?<![^\W\d_])(?:Bank|University|Universität|Université|College|Institute|Institut|Association|Foundation|Stiftung|"
    r"Trust|Committee|Hospital|Authority|Council|Ministry|Department|Center|Centre|Society|Union|Agency|Verein|"
    r"Partnership|Partners|Holdings|Group|Restaurant|Pharmacy|Supermarket|Hotel|Stadt|Press|Fund|Church|School|"
    r"BANK|UNIVERSITY|COLLEGE|INSTITUTE|ASSOCIATION|FOUNDATION|TRUST|COMMITTEE|HOSPITAL|AUTHORITY|COUNCIL|CENTER|"
    r"HOLDINGS|GROUP|RESTAURANT|PHARMACY|SUPERMARKET|HOTEL|ENTERPRISES?|PARTNERS|FUND)(?![^\W\d_])"
)
_OF_TAIL = re.compile(
    r"(?:\s(?:of|for|der|de|du|des|für|at)\s(?:the\s)?(?:[A-ZÀ-Þ][\w.'’\-]{0,24}[ ,]?){1,5})"
)
_TOKEN = re.compile(r"\S{1,40}")
_CONNECTORS_TEXT = "of & and the de du des la le les für und et der die das for von van y e +"
_CONNECTORS = frozenset(_CONNECTORS_TEXT.split())
_STOPS_TEXT = (
    "between by and among to from with whereas agreement this that party parties section article exhibit "
    "company's contract dated name title date address attn attention invoice bill ship sold"
)
_STOPS = frozenset(_STOPS_TEXT.split())
_LOOK_BACK = 120
_MAX_WORDS = 9
_PERSON = re.compile(
    r"(?<![^\W\d_])(?:(?P<honorific>Mr|Mrs|Ms|Dr|Prof|Herr|Frau|Mme|M|Hon|Sir)\.?\s{1,2})?"
    r"(?P<name>[A-ZÀ-Þ][\w’'\-]{1,20}(?:\s{1,2}(?:[A-Z]\.|(?:van|von|de|der|bin|binti|al|del|la)(?=\s)|"
    r"[A-ZÀ-Þ][\w’'\-]{1,20})){1,4})(?P<junior>,?\s(?:Jr|Sr|II|III|IV|Esq|MD|M\.D|Ph\.?D)\.?)?(?![\w])"
)
_NOT_PERSON_TEXT = (
    "agreement company section article exhibit schedule effective date services service state city county "
    "street avenue road court united states new north south west east vice chief executive officer "
    "president director secretary manager chairman board general counsel law laws notice notices party "
    "parties term terms customer supplier licensee licensor invoice total amount page number order "
    "contract purchase sales tax account bank intellectual property confidential information business day "
    "days third in the of for this such any each all if no by its name title address telephone fax email "
    "attention re product products license initial"
)
_NOT_PERSON = frozenset(_NOT_PERSON_TEXT.split())


def split_suffix(name: str) -> tuple[str, str]:
    """`Kubient, Inc.` -> (`Kubient`, `Inc.`); the second part is empty without a legal form."""
    match = _SUFFIX_ANY_CASE.search(name)
    if match is None:
        return name.strip(), ""
    return name[: match.start()].strip(" ,"), name[match.start() :].strip(" ,()")


def has_suffix(name: str) -> bool:
    """Whether a name ends in a legal form."""
    return bool(split_suffix(name)[1])


def suffix_key(token: str) -> str | None:
    """A legal form's letters, folded (`L.L.C.` -> `llc`), or None when the token is none."""
    letters = re.sub(r"[^\w/]", "", strip_accents(token))
    return letters if letters in _SUFFIX_KEYS else None


_SUFFIX_KEYS_TEXT = (
    "inc incorporated corp corporation llc llp lp pllc plc limited ltd ltda ltee gmbh ggmbh mbh ug ag se "
    "kgaa kg ohg gbr sarl sas sasu eurl spa srl bv nv aps oyj oy sdn bhd berhad pte pty pvt sa"
)
_SUFFIX_KEYS = frozenset(_SUFFIX_KEYS_TEXT.split())


_MARKS = "\"'“”‘’<>*_:;, "
_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = {close: opening for opening, close in _OPENING.items()}


def normalize_name(text: str) -> str:
    """One line, single spaces, without marks around it: `  “Kubient,\\n Inc.” ` -> `Kubient, Inc.`."""
    name = " ".join(text.split()).strip(_MARKS)
    while name[:1] in _OPENING and name.count(name[0]) > name.count(_OPENING[name[0]]):
        name = name[1:].strip(_MARKS)
    while name[-1:] in _CLOSING and name.count(name[-1]) > name.count(_CLOSING[name[-1]]):
        name = name[:-1].strip(_MARKS)
    if name[:1] in _OPENING and name.find(_OPENING[name[0]]) == len(name) - 1:
        name = name[1:-1].strip(_MARKS)
    return name


def _is_name_word(token: str) -> bool:
    core = token.strip("\"'“”‘’()[],;:*")
    return bool(core) and (core[0].isupper() or core[0].isdigit() or core[0] == "&")


def _start_of_name(text: str, at: int) -> int | None:
    """Walk back from `at` over the words of a name; None when there is none."""
    begin = max(0, at - _LOOK_BACK)
    tokens = [(m.start(), m.group(0)) for m in _TOKEN.finditer(text, begin, at)]
    start: int | None = None
    for count, (where, token) in enumerate(reversed(tokens)):
        bare = token.strip("\"'“”‘’()[],;:.*")
        last = count == 0
        if count >= _MAX_WORDS or bare.casefold() in _STOPS - _CONNECTORS:
            break
        if token[-1:] in ";:" or (token[-1:] == "," and not last) or token[-1:] in '”"':
            break
        if (
            token[-1] == "."
            and len(bare) > 3
            and "." not in bare
            and not last
            and not _SUFFIX.fullmatch(token)
        ):
            break
        if bare.casefold() in _CONNECTORS and not token[:1].isupper():
            if last:
                break
            # A connector joins only when a name word stands before it.
            before = tokens[len(tokens) - count - 2][1] if count + 2 <= len(tokens) else ""
            if not _is_name_word(before) or before[-1:] in ",;:." or _joins_parties(bare, before):
                break
            continue
        if not _is_name_word(token):
            break
        start = where
        if token[0] in '"“' or (token[0] == "(" and ")" not in token):
            start += 1
            break
    return start


def _joins_parties(connector: str, before: str) -> bool:
    """`X Inc. and Y Ltd.`: an `and` behind a legal form joins two names."""
    return connector.casefold() in ("and", "und", "et", "&") and suffix_key(before) is not None


def find_organizations(text: str) -> list[Found]:
    """Names with a legal form or a word such as Bank or University; value: the normalised name."""
    found: list[Found] = []
    for match in _SUFFIX_UPPER.finditer(text):
        form = match["form"]
        shouted = form.isupper() and form.casefold() not in _UPPER_WORDS
        if not shouted and _SUFFIX.match(text, match.start()) is None:
            continue
        start = _start_of_name(text, match.start())
        if start is not None:
            found.append(_organization(text, start, match.end()))
    for match in _KEYWORD.finditer(text):
        end = match.end()
        tail = _OF_TAIL.match(text, end)
        if tail:
            end = tail.start() + len(tail.group(0).rstrip(" ,"))
        start = _start_of_name(text, match.start())
        if start is None and not tail:
            continue
        found.append(_organization(text, match.start() if start is None else start, end))
    return drop_overlaps(found)


def _organization(text: str, start: int, end: int) -> Found:
    return Found(start, end, text[start:end], normalize_name(text[start:end]))


def find_persons(text: str) -> list[Found]:
    """Two to five capitalised words that are no organisation or heading; weak evidence alone."""
    organizations = Cover(find_organizations(text))
    found = []
    for match in _PERSON.finditer(text):
        words = [w.strip(".,’'").casefold() for w in match["name"].split()]
        if match["honorific"] is None and any(w in _NOT_PERSON or month_number(w) for w in words):
            continue
        start, end = match.start("name"), match.end()
        if organizations.touching(start, end):
            continue
        written = text[start:end]
        found.append(Found(start, end, written, normalize_name(written)))
    return found
