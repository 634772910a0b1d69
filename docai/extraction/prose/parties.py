"""All parties of a document, decoded together: from its opening, its cover and its signature blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from docai.extraction.prose.claims import make_claim
from docai.extraction.prose.document import Prose
from docai.extraction.prose.labels import Label, content_stems
from docai.extraction.prose.mentions import DEFINED, Mention, read_mention
from docai.extraction.prose.sentences import stem
from docai.types import Claim
from docai.values.places import find_places

_BETWEEN = re.compile(
    r"\b(?:by\s+and\s+(?:between|among(?:st)?)|between\s+(?:or|and)\s+among|between|among(?:st)?"
    r"|B\s?E\s?T\s?W\s?E\s?E\s?N"
    r"|entre|zwischen)\b(?:\s+(?:the\s+following\s+(?:two\s+|three\s+)?parties|the\s+undersigned"
    r"|parties\s+to\s+this\s+agreement))?"
    r"\s?[:,]?\s",
    re.IGNORECASE,
)
_MADE_BY = re.compile(
    r"\b(?:[Mm]ade|MADE|[Ee]ntered into|ENTERED INTO|[Gg]ranted|[Ee]xecuted)\b"
    r"[^.;()]{0,60}\b(?:by|BY)\s+(?=[A-Z])"
)
_PARTY_LINE = re.compile(
    r"(?<![\w(\"'])(?:Party\s(?:[A-D]|One|Two|[12])|Licensor|Licensee|Lessor|Lessee|Landlord"
    r"|Tenant|Buyer|Seller|Owner|Vendor|Purchaser|Discloser|Recipient|Principal|Agent|Distributor"
    r"|Consultant|Employer"
    r"|Employee|Disclosing Party|Receiving Party|Supplier|Customer|Client|Contractor"
    r"|Service Provider|Vertragspartei \d)"
    r"(?:\s\([A-Za-z ]{2,30}\))?\s?:\s(?=[A-Z0-9])"
)
# "Customer: ", "Party B (Carrier): ", but not the lines of an address.
_LABEL = (
    r"(?!Address|Tel|Fax|Phone|Email|Att|Regist|Legal|Authori|Represent|Date|Title|By|Place)"
    r"(?:Party\s(?:[A-D]|[12]|One|Two)|[A-Z][a-z]+(?:\s[A-Z][a-z]+){0,2})(?:\s\([A-Za-z ]{2,30}\))?\s?:\s"
)
_LEAD = re.compile(
    r"[\s:,]{0,4}(?:Parties to this agreement:?\s|PARTIES:?\s)?"
    rf"(?:\(?(?:[1-4]|[iv]{{1,3}}|[aA-D])[).]\s|{_LABEL}|\"|d(?:er|ie|as|em)\s)?"
)
_CONNECTOR = re.compile(
    r"(?P<close>[)\],;.:\"']|-|\w)\s{0,2}[,;]?\s{0,2}-?\s?(?:\band\b|\bAND\b|\bAnd\b|\bund\b"
    r"|\bet\b)\s?(?:-|:|,)?\s{1,2}(?=[(A-Z0-9\"_]|d(?:er|ie|as|em)\s|the\s[A-Z]|[a-z]{1,3}[A-Z]"
    r"|[a-z]{2,12}\.com|i-[A-Z])"
    r"|(?:^|(?<=[\s;.]))\(?(?:[1-4]|[ivx]{1,3}|[a-d])[).]\s(?=[A-Z0-9])"
    rf"|;\s(?=[A-Z])|,\s(?=[A-Z])|^(?={_LABEL}[A-Z])",
    re.MULTILINE,
)
_SUBORDINATE = re.compile(
    r"(?:subsidiar(?:y|ies)|divisions?|affiliates?|behalf|represented by|parent|member|division"
    r"|laws|shareholders?"
    r"|manager|Limited Liability|trustee|State|Commonwealth|Province)\s(?:company\s)?(?:of\s"
    r"|by\s)?(?:the\s)?$",
    re.IGNORECASE,
)
# What stands before a further party in a list: a full stop, a bracket, or the end of a description.
_DESCRIBED = re.compile(
    r"(?:[.)]|\b(?:partnership|corporation|company|association|trust|individual|bank|entity"
    r"|organi[sz]ation))\s?[,;]\s?$",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"\b(?:agrees?|hereby enter|enter into|have agreed|do hereby)\b")
_BLANK_NAME = re.compile(r"_{4,}")
_CONFIDENT = 0.45


@dataclass(frozen=True, slots=True)
class Party:
    """A party with its score 0..1 and the roles that the text defines for it."""

    start: int
    end: int
    name: str
    score: float
    roles: tuple[str, ...]


def find_parties(prose: Prose) -> list[Party]:
    """Parties in the order in which the document introduces them, best evidence only."""
    start, end = prose.opening
    candidates = [parties_between(prose, start, end)]
    candidates.append(_from_party_lines(prose))
    candidates.append(_from_subject(prose, start))
    candidates.append(_from_cover(prose))
    best = max(candidates, key=_strength)
    return _merge_same(best)


def _strength(parties: list[Party]) -> float:
    strong = sum(p.score for p in parties[:4] if p.score >= _CONFIDENT)
    return strong + (0.5 if len(parties) >= 2 else 0.0)


def parties_between(prose: Prose, start: int, end: int) -> list[Party]:
    """Parties behind the first "between" of a span; none without one."""
    plain = prose.plain
    for marker in (_BETWEEN, _MADE_BY):
        found = marker.search(plain, start, min(end, start + 1500))
        if found:
            return _walk(prose, found.end(), end)
    return []


def _walk(prose: Prose, begin: int, end: int) -> list[Party]:
    """Parties from the word after "between" to the end of the opening."""
    parties: list[Party] = []
    lead = _LEAD.match(prose.plain, begin)
    at = lead.end() if lead else begin
    first = read_mention(prose.plain, at, end)
    if first:
        parties.append(_rate(prose, first, first_one=True))
        at = first.end - 1
    for connector, place in _starts(prose.plain, at, end):
        if parties and place < parties[-1].end:
            continue
        mention = read_mention(prose.plain, place, end)
        if mention is None or not _plausible(prose, mention, connector):
            continue
        parties.append(_rate(prose, mention, first_one=False))
        if len(parties) >= 12:
            break
    return [p for p in parties if p.score >= _CONFIDENT]


def _starts(plain: str, begin: int, end: int) -> Iterator[tuple[str, int]]:
    for match in _CONNECTOR.finditer(plain, begin, end):
        lead = _LEAD.match(plain, match.end())
        yield match.group(0), lead.end() if lead else match.end()


def _plausible(prose: Prose, mention: Mention, connector: str) -> bool:
    plain = prose.plain
    comma_only = connector.strip() in (",", ";")
    if _SUBORDINATE.search(plain[max(0, mention.start - 40) : mention.start]):
        return False
    if any(p.start == mention.start and p.end >= mention.end for p in find_places_at(plain, mention)):
        return False
    if re.match(
        r"\s?(?:each|both|together|are|is|may|shall|sometimes|collectively)\b",
        plain[mention.end : mention.end + 14],
    ):
        return False
    before = plain[max(0, mention.start - 80) : mention.start]
    if comma_only:
        # In a list ("A, Inc., B, Inc. and C"): only what is complete by itself.
        if mention.roles and before.rstrip().endswith("),"):
            return True
        return (
            mention.has_suffix
            and re.search(r"\b(?:with|at|of|in)\s[^,;()]{0,60}[,;]\s$", before) is None
            and (bool(mention.roles) or _DESCRIBED.search(before) is not None)
        )
    return mention.has_suffix or bool(mention.roles)


def find_places_at(plain: str, mention: Mention) -> list[Mention]:
    """The mention itself, where it is nothing but a place."""
    return [
        Mention(mention.start + p.start, mention.start + p.end, p.text, False, ())
        for p in find_places(mention.text.removeprefix("the "))
        if p.end - p.start >= len(mention.text.removeprefix("the ").rstrip(" .,")) - 1
    ]


def _rate(prose: Prose, mention: Mention, *, first_one: bool) -> Party:
    score = 0.55 if first_one else 0.4
    if mention.has_suffix:
        score += 0.2
    if mention.roles:
        score += 0.2
    repeated = len(re.findall(re.escape(mention.text.rstrip(".")), prose.plain, re.IGNORECASE))
    if repeated > 1:
        score += 0.06
    return Party(mention.start, mention.end, mention.text, min(score, 0.97), mention.roles)


def _from_party_lines(prose: Prose) -> list[Party]:
    """`Party A (Shipper): ZTO Express Co., Ltd.`"""
    limit = min(len(prose.plain), 5000)
    parties: list[Party] = []
    for match in _PARTY_LINE.finditer(prose.plain, 0, limit):
        mention = read_mention(prose.plain, match.end(), min(limit, match.end() + 300))
        if mention and (mention.has_suffix or len(mention.text.split()) >= 2):
            role = match.group(0).strip(" :")
            parties.append(Party(mention.start, mention.end, mention.text, 0.75, (role, *mention.roles)))
    return parties if len({p.name.casefold() for p in parties}) >= 2 else []


def _from_subject(prose: Prose, opening: int) -> list[Party]:
    """`Aduro Biotech, Inc., with a place of business at … ("Aduro") and IREYA B.V … agree to …`"""
    for sentence in prose.sentences[:40]:
        if sentence.start > max(opening, 2500) + 600:
            break
        text = prose.plain[sentence.start : sentence.end]
        verb = _SUBJECT.search(text)
        if not verb or not DEFINED.search(text):
            continue
        parties = _walk(prose, sentence.start, sentence.start + verb.start())
        if len(parties) >= 2:
            return [Party(p.start, p.end, p.name, p.score - 0.05, p.roles) for p in parties]
    return []


def _from_cover(prose: Prose) -> list[Party]:
    """Names on a title page: lines around "between" and "and"."""
    limit = min(prose.opening[0], 2500)
    marker = _BETWEEN.search(prose.plain, 0, limit)
    if marker is None or limit < 150:
        return []
    stop = re.compile(r"\b(?:TABLE|Table|DATED|Dated|This|THIS|\d{1,2},? \d{4})\b").search(
        prose.plain, marker.end(), limit
    )
    parties = _walk(prose, marker.end(), min(stop.start() if stop else limit, marker.end() + 500))
    return [Party(p.start, p.end, p.name, p.score - 0.15, p.roles) for p in parties]


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _merge_same(parties: list[Party]) -> list[Party]:
    kept: dict[str, Party] = {}
    for party in parties:
        key = _key(party.name)
        if key and (key not in kept or kept[key].score < party.score):
            kept[key] = party
    return sorted(kept.values(), key=lambda p: p.start)


def parties_of_signatures(prose: Prose, names: Iterable[tuple[str, int]]) -> list[Party]:
    """Parties for whom somebody signs. `names`: (name as printed, page)."""
    parties: dict[str, Party] = {}
    for name, page in names:
        for match in re.finditer(re.escape(name).replace(r"\ ", r"\s+"), prose.text):
            if prose.running.page_at(match.start()) != page:
                continue
            mention = read_mention(prose.plain, match.start(), match.end())
            if mention and mention.has_suffix and not _BETWEEN.search(mention.text):
                parties.setdefault(
                    _key(mention.text), Party(mention.start, mention.end, mention.text, 0.6, ())
                )
            break
    return list(parties.values())


def claim_parties(prose: Prose, label: Label, parties: list[Party]) -> list[Claim]:
    """Every party for a list; for a single field the party whose role or place in order its label names."""
    field = label.field
    if field.many:
        path = field.path.removesuffix("/*")
        return [
            make_claim(
                prose,
                f"{path}/{n}",
                (p.start, p.end),
                re.sub(r"^the\s", "", prose.text[p.start : p.end]),
                p.score,
            )
            for n, p in enumerate(parties)
        ]
    ranked = sorted(
        ((_role_match(label, p), p) for p in parties),
        key=lambda item: (-item[0], -item[1].score, item[1].start),
    )
    return [
        make_claim(
            prose, field.path, (p.start, p.end), prose.text[p.start : p.end], p.score * (0.35 + 0.65 * fit)
        )
        for fit, p in ranked[:3]
        if fit > 0
    ]


def _role_match(label: Label, party: Party) -> float:
    """How well the roles that the text gives a party fit the label's words, 0..1."""
    wanted = set(label.name) - {stem("party"), stem("parties")}
    if not wanted:
        return 0.5
    roles = {s for role in party.roles for s in content_stems(role)}
    return len(wanted & roles) / len(wanted)
