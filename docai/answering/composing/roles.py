"""What a date or a place stands for on a page: a beginning proves no end, a seat no governing law."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from docai.answering.vocabulary import plain_text
from docai.values.compare import find, value_key

Role: TypeAlias = Literal["beginning", "end"]

_BEGINS = re.compile(
    r"\b(?:commenc\w{0,5}|begin\w{0,4}|began|start\w{0,3}|dated|as of|entered|effective|from|made|signed|"
    r"executed|takes? effect|in(?:to)? force|since|day and year|ab|seit|vom|datiert)\b"
)
_ENDS = re.compile(
    r"\b(?:expir\w{0,5}|until|through|end|ends|ended|ending|terminat\w{0,4}|till|no later than|midnight|"
    r"lapses?|runs? out|bis|endet|jusqu\w{0,3})\b"
)
_LOOK_BACK = 70
_LOOK_AHEAD = 40
_CALLED = re.compile(r"^[\s,]{0,3}\(?[^()]{0,12}[\"“](?P<name>[^\"”]{3,40})[\"”]")


def read_role(text: str, start: int, end: int) -> Role | None:
    """What a date at start..end of a text stands for, by the nearest word before it, or by the name that the
    text gives it ("the Effective Date"); None where nothing tells."""
    called = _CALLED.match(text[end : end + _LOOK_AHEAD + 20])
    if called is not None:
        name = plain_text(called["name"])
        if re.search(r"\b(?:effective|commencement|start|beginning)\b", name):
            return "beginning"
        if re.search(r"\b(?:expir\w{0,5}|end|termination)\b", name):
            return "end"
    before = plain_text(text[max(0, start - _LOOK_BACK) : start])
    begins = max((m.end() for m in _BEGINS.finditer(before)), default=-1)
    ends = max((m.end() for m in _ENDS.finditer(before)), default=-1)
    if begins == ends:
        return None
    return "beginning" if begins > ends else "end"


def find_role_fault(sentence: str, page: str) -> str | None:
    """Why a date or place of the sentence is another thing on the page; None where nothing speaks against."""
    for found in find("date", sentence):
        role = read_role(sentence, found.start, found.end)
        roles = list_roles(page, value_key("date", found.value))
        if role is not None and roles and role not in roles and None not in roles:
            return f"the page does not give “{found.text}” as {_ARTICLES[role]} {role}"
    if _GOVERNS.search(plain_text(sentence)) is None:
        return None
    seats = [f for f in find("place", page) if _is_seat(page, f.start, f.end)]
    laws = {f.value for f in find("place", page)} - {f.value for f in seats}
    for found in find("place", sentence):
        if found.value not in laws and found.value in {f.value for f in seats}:
            return f"the page gives “{found.text}” as where a party is registered"
    return None


def list_roles(page: str, key: object) -> set[Role | None]:
    """What a date stands for at each place where the page prints it."""
    return {
        read_role(page, f.start, f.end)
        for f in find("date", page)
        if key in {value_key("date", r) for r in (f.value, f.alternative) if r is not None}
    }


def list_settled(sentence: str, page: str) -> frozenset[str]:
    """Topics that need not be spoken of on the page, since its dates stand for what the sentence says."""
    settled: set[str] = set()
    for found in find("date", sentence):
        role = read_role(sentence, found.start, found.end)
        roles = list_roles(page, value_key("date", found.value))
        if role == "beginning" and ("beginning" in roles or (None in roles and _DATED.search(page))):
            settled |= {"made", "start", "issued", "signer"}
        elif role == "end" and "end" in roles:
            settled |= {"end", "term", "terminate"}
    return frozenset(settled)


def prints_end(page: str) -> bool:
    """Whether a page prints the day on which something ends."""
    return any(read_role(page, f.start, f.end) == "end" for f in find("date", page))


def _is_seat(page: str, start: int, end: int) -> bool:
    """Whether a place is where a party comes from: "a Delaware corporation", "organized under laws of"."""
    before = plain_text(page[max(0, start - _LOOK_BACK) : start])
    if _FOUNDED.match(plain_text(page[end : end + _LOOK_AHEAD])):
        return True
    return _ORGANISED.search(before) is not None and _GOVERNS.search(before) is None


_DATED = re.compile(r"\b(?:dated?|day|datum|signed|signature|agreement)\b|/s/", re.IGNORECASE)
"""Beside a date without a word before it: the date of a signature, or of the paper itself."""
_ARTICLES = {"beginning": "a", "end": "an"}
_GOVERNS = re.compile(
    r"\b(?:govern\w{0,4}|constru\w{0,3}|interpret\w{0,3}|applicable|applies|subject to|law)\b"
)
_ORGANISED = re.compile(
    r"\b(?:organi[sz]ed|incorporated|existing|formed|good standing|corporation|company|partnership|"
    r"registered)\b[^.;]{0,60}$"
)
_FOUNDED = re.compile(r"^\s(?:corporation|company|limited|general partnership|partnership|llc|l\.l\.c)\b")
