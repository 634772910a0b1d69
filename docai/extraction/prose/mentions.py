"""Names of parties as running text introduces them, with the names that the text gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SUFFIX = (
    r"(?:Inc(?:orporated)?|INC(?:ORPORATED)?|L\.?L\.?C|Ltd|LTD|Ltda|Lda|LDA|Limited|LIMITED"
    r"|Corp(?:oration)?|CORP(?:ORATION)?"
    r"|corporation|Company|COMPANY|Co|CO|L\.?P|L\.?L\.?P|PLC|plc|Plc|N\.A|GmbH|AG|KG|OHG|UG|SE"
    r"|S\.?\s?A|SAS|S\.A\.S|SARL"
    r"|N\.?V|B\.?V|Pty|PTY|Pte|PTE|PTE|Bhd|BHD|Sdn|SDN|SRL|S\.r\.l|S\.p\.A|AB|ASA|A/S|Oyj|Trust"
    r"|TRUST|Bank|BANK"
    r"|Association|ASSOCIATION|Foundation|University|UNIVERSITY|Partnership|PARTNERSHIP|Partners"
    r"|Fund|FUND|Funds"
    r"|Holdings|HOLDINGS|Group|GROUP|Authority|Society|Institute|Center|Centre|Press|Enterprises|K\.K)"
)
HAS_SUFFIX = re.compile(rf"(?<![\w&]){_SUFFIX}(?![\w&])")
_WORD = r"(?:[A-Z0-9ÄÖÜÉ][\w&.'’/+\-]*|&|[a-z]{1,3}[A-Z][\w.\-]*|[a-z]{2,12}\.(?:com|net|org)|i-[A-Z][\w]*)"
_LINKED = r"(?:[A-ZÄÖÜÉ][\w&.'’/+\-]*|&)"  # after a link: no house number
_LINK = r"(?:of|for|the|de|la|le|du|des|von|van|der|den|di|y|e)"
# After one of these a name is complete; "of Leeds" tells where, not who.
_COMPLETE = re.compile(
    r"(?:,? (?:Inc|Ltd|Limited|LLC|L\.L\.C|PLC|plc|LIMITED|INC|LTD|Corp|GmbH|AG|KG)\.?)(?= (?:of|the|for)\b)"
)
# A name: capitalised words with small links between, a bracketed part, suffixes after commas.
_NAME = re.compile(rf"(?:[Tt]he |THE )?{_WORD}(?:(?: {_LINK}){{1,2}} {_LINKED}| {_WORD}){{0,10}}")
_BRACKET = re.compile(
    r" ?(?:\((?=[A-Z][A-Za-z. ]{0,18}[a-z]\))[A-Z][A-Za-z. ]{1,24}\)|\" ?\w{2,4} ?\")(?= [A-Z])(?! An? )"
)
_TAIL = re.compile(rf",? {{1,2}}{_SUFFIX}\b\.?(?!\w)")
_TRADING_AS = re.compile(r",?\s(?:dba|doing business as|trading as)\s")
_JOIN = re.compile(r"\s(?:and|AND|&)\s(?=[A-Z])")
# ("Licensor"), (the "Company"), (hereinafter referred to as the Customer), ("A" or "B")
DEFINED = re.compile(
    r"\(\s?[^()\"]{0,90}\"{1,2}\s?(?P<role>[^\"()]{1,60}?)[\"',.)]"
    r"|\((?P<bare>(?:hereinafter|hereafter)[^()\"]{0,90})\)"
    r"|\b(?:hereinafter|hereafter|referred to)[^\"()]{0,70}\"{1,2}(?P<after>[^\"]{1,60})\""
    r"|\(\s?(?P<half>[A-Z][A-Za-z. ]{1,40})\"\s?\)"
    r"|(?<=\w )\((?P<acronym>[A-Z][A-Z&. ]{1,14})\)",
)
_NOT_A_NAME = re.compile(
    r"(?i)(?:this|the|these|an?|whereas|now|party|parties|agreement|contract|date|exhibit|section"
    r"|article|address"
    r"|company|licensor|licensee|customer|client|consultant|state|each|both|recitals?|witnesseth"
    r"|page|source|between"
    r"|among|and|by|effective|dated|for|with|in|on|attention|tel|fax|telephone|definitions?"
    r"|content|party [a-d1-4])\.?"
)
# Roles that name the paper, not a party.
_NO_ROLE = re.compile(
    r"(?i)\b(?:agreement|contract|date|territory|term|products?|services?|amendment|attachments?"
    r"|exhibits?|schedules?|orders?|forms?)$|^(?:the )?part(?:y|ies)$"
)
_ONLY_SUFFIX = re.compile(rf"(?:{_SUFFIX}[.,\s]*)+")


@dataclass(frozen=True, slots=True)
class Mention:
    """A party as introduced: span of its name and the roles that the text gives it."""

    start: int
    end: int
    text: str
    has_suffix: bool
    roles: tuple[str, ...]


def read_mention(plain: str, at: int, limit: int) -> Mention | None:
    """The name that begins at `at`; None where none begins."""
    end = _name_end(plain, at, limit)
    if end is None:
        return None
    text = plain[at:end]
    refused = _NOT_A_NAME.fullmatch(text.strip()) or _ONLY_SUFFIX.fullmatch(text)
    if refused or sum(c.isalpha() for c in text) < 3:
        return None
    return Mention(at, end, text, HAS_SUFFIX.search(text) is not None, _roles(plain, end, limit))


def _name_end(plain: str, at: int, limit: int) -> int | None:
    match = _NAME.match(plain, at, limit)
    if match is None:
        return None
    complete = _COMPLETE.search(match.group())
    end = match.start() + complete.end() if complete else match.end()
    end = _extend(plain, end, limit)
    # "A and B Inc.": one name, unless A is complete by itself.
    joint = _JOIN.match(plain, end, limit)
    if joint and HAS_SUFFIX.search(plain[at:end]) is None:
        other = _NAME.match(plain, joint.end(), limit)
        if other:
            extended = _extend(plain, other.end(), limit)
            if HAS_SUFFIX.search(plain[other.start() : extended]) and not _introduces(plain, end):
                end = extended
    trading = _TRADING_AS.match(plain, end, limit)
    if trading:
        other = _NAME.match(plain, trading.end(), limit)
        end = _extend(plain, other.end(), limit) if other else end
    text = _cut_at_and(plain[at:end]).rstrip(" ,;")
    return at + len(text)


def _cut_at_and(text: str) -> str:
    """In capitals AND looks like a word of the name: it joins two parties where either side is complete."""
    for match in re.finditer(r" (?:AND|And)(?: |$)", text):
        before, after = text[: match.start()], text[match.end() :]
        if HAS_SUFFIX.search(before) or not HAS_SUFFIX.search(after):
            return before
    return text


def _extend(plain: str, end: int, limit: int) -> int:
    """Over bracketed parts and company suffixes."""
    for _ in range(5):
        bracket = _BRACKET.match(plain, end, limit)
        if bracket:
            more = _NAME.match(plain, bracket.end() + 1, limit)
            end = more.end() if more else bracket.end()
            continue
        tail = _TAIL.match(plain, end, limit)
        if tail is None:
            break
        end = tail.end()
    return end


def _introduces(plain: str, end: int) -> bool:
    """Whether what follows a name describes or defines it."""
    return (
        re.match(r",?\s(?:an?\s|\(|hereinafter|with\s|having|located|whose)", plain[end : end + 16])
        is not None
    )


def _roles(plain: str, end: int, limit: int) -> tuple[str, ...]:
    match = DEFINED.search(plain, end, min(limit, end + 420))
    if match is None:
        return ()
    # What is defined beyond the next party belongs to that one.
    between = plain[end : match.start()]
    if re.search(r"(?:\)|,|;)\s(?:and|AND)\s(?:[A-Z])|\n\s?(?:and|AND)\s", between):
        return ()
    bracket = plain[match.start() : match.start() + 160].split(")", 1)[0]
    names = re.findall(r"\"\s?([^\"]{1,50}?)[,.]?\s?\"", bracket) or [
        g for g in (match["role"], match["bare"], match["after"], match["half"], match["acronym"]) if g
    ]
    return tuple(name.strip() for name in names if not _NO_ROLE.search(name))
