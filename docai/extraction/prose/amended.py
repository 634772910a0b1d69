"""The agreement that a document changes, as far as the document names it."""

from __future__ import annotations

import re
from dataclasses import replace

from docai.extraction.prose.document import Prose
from docai.extraction.prose.facts import Facts
from docai.extraction.prose.parties import Party, parties_between
from docai.extraction.prose.titles import find_title
from docai.types import Amends, DocumentView
from docai.values.compare import fold

_CHANGES = re.compile(
    r"\b(?:amendment|addendum|supplement(?:al)?|modification|side letter|extension agreement"
    r"|nachtrag|avenant|änderung\w*)\b",
    re.IGNORECASE,
)
_PAPER = r"(?:Agreement|Contract|Lease|Licen[cs]e|Deed|Note|Plan|Vertrag|AGREEMENT|CONTRACT|LEASE|DEED)"
_TO = re.compile(
    rf"\b(?:amendment|addendum|supplement|modification)\b[^\n]{{0,40}}?\b(?:to|of)\s(?:the\s"
    rf"|that\scertain\s)?"
    rf"(?P<title>(?:[\w&,'/()-]+\s){{0,9}}?{_PAPER})\b",
    re.IGNORECASE,
)
_THAT = re.compile(
    r"\b(?:that\scertain|amend\w*(?:\sand\ssupplement\w*)?(?:\s(?:the|certain|provisions|terms|of"
    r"|to)){0,4}|party\sto|parties\sto|entered\sinto"
    r"(?:\s(?:an?|the|that\scertain))?)\s(?:the\s|an?\s)?"
    rf"(?P<title>(?:[A-Z][\w&,'/-]*\s(?:(?:and|of|for|the|to)\s){{0,2}}){{0,8}}{_PAPER})\b"
)
_REACH = 7000  # characters: what comes later cites other papers
_TAIL = 320
_FIRST_PAGES = 5


def find_amended(view: DocumentView) -> Amends | None:
    """Title, ISO date and parties of the changed agreement; None for a document that changes none."""
    prose = Prose(replace(view, pages=view.pages[:_FIRST_PAGES]))
    if not prose.text.strip():
        return None
    own = find_title(prose)
    title = own[0][2] if own else ""
    start, end = prose.opening
    if not _CHANGES.search(title) and not _CHANGES.search(prose.plain[start : min(end, start + 300)]):
        return None
    return _read_reference(prose, title, Facts(prose))


def _read_reference(prose: Prose, title: str, facts: Facts) -> Amends | None:
    references = [
        match
        for match in _THAT.finditer(prose.plain, 0, _REACH)
        if not _CHANGES.search(match.group("title")) and fold(match.group("title")) != fold(title)
    ]
    named = _TO.search(title) or _TO.search(prose.plain, 0, _REACH)
    if not references and named is None:
        return None
    wanted = fold(named.group("title")) if named else ""
    best = (
        max(
            references,
            key=lambda m: (_dated(prose, m) is not None, fold(m.group("title")) == wanted, -m.start()),
        )
        if (references)
        else None
    )
    date = _dated(prose, best) if best else None
    name = named.group("title") if named else best.group("title") if best else None
    if best is not None and (named is None or date is not None):
        name = best.group("title")
    return Amends(title=_tidy(name), date=date, parties=tuple(p.name for p in _parties(prose, best, facts)))


def _tidy(name: str | None) -> str | None:
    return (
        re.sub(r"^(?:the|an?|that certain)\s", "", " ".join(name.split()), flags=re.IGNORECASE)
        if name
        else None
    )


def _dated(prose: Prose, match: re.Match[str]) -> str | None:
    """The date that stands behind the cited title."""
    tail = prose.plain[match.end() : match.end() + _TAIL]
    said = re.search(r"\b(?:dated|entered into|made|effective|executed|as of|vom)\b", tail)
    if said is None:
        return None
    for found in prose.dates:
        if match.end() + said.start() <= found.start <= match.end() + _TAIL:
            return str(found.value)
    return None


def _parties(prose: Prose, match: re.Match[str] | None, facts: Facts) -> list[Party]:
    """Parties named behind the cited title; else those of the document itself."""
    if match is not None:
        named = parties_between(prose, match.end(), min(len(prose.plain), match.end() + _TAIL))
        if len(named) >= 2:
            return named
    return facts.parties
