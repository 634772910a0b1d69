"""What kind of answer a question wants, by its question words: English, German and French."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from docai.answering.names import DOCUMENT_NOUNS

Asked: TypeAlias = Literal[
    "yes_no", "date", "duration", "money", "percent", "count", "person", "place", "identifier", "text"
]
# The first kind with a pattern in the question is what it asks for.
_PATTERNS: dict[Asked, tuple[str, ...]] = {
    "duration": (
        r"\bhow (?:long|early|far in advance)\b",
        r"\bhow (?:much|many)\b.{0,30}\bnotice\b|\bnotice period\b",
        r"\bhow many (?:business |calendar |working )?(?:days|weeks|months|years)\b",
        r"\bwhat (?:is|are) the (?:\w+ ){0,3}(?:term|period|duration|length)\b",
        r"\b(?:wie lange|kundigungsfrist|laufzeit|duree|preavis|combien de temps)\b",
    ),
    "date": (
        r"\bwhen\b|\bdate of\b|\bdeadline\b",
        r"\b(?:what|which) (?:\w+ ){0,4}date\b",
        r"\b(?:what|which) (?:exact |calendar )?(?:day|year|month)\b",
        r"\bwann\b|\bquand\b|\bquelle date\b|\bwelche\w{0,2} (?:datum|tag)\b",
    ),
    "percent": (
        r"\b(?:what|which) (?:percent\w{0,4}|share|portion)\b",
        r"\bhow many percent\b|\binterest rate\b|\bprozent\b",
    ),
    "money": (
        r"\bhow much\b|\bwie ?viel\b|\bcombien\b",
        r"\b(?:what|which) (?:\w+ ){0,4}(?:price|costs?|fees?|amount|sum|salary|rent|total|payment)\b",
        r"\b(?:what|which) (?:\w+ ){0,4}(?:charges?|balance|cap|royalty)\b",
    ),
    "count": (r"\bhow many\b|\bwie viele\b",),
    "person": (
        r"\b(?:who|whom|whose)\b|\bwer\b|\bwem\b|\bwen\b|\bqui\b",
        r"\b(?:what|which) (?:part(?:y|ies)|compan(?:y|ies)|persons?|vendor|supplier|customer|bank)\b",
    ),
    "identifier": (
        r"\b(?:what|which) (?:\w+ ){0,4}(?:number|no\.|id|code|reference)\b",
        r"\bnummer\b|\bnumero\b",
    ),
    "place": (
        r"\bwhere\b|\bgoverning law\b|\bunder (?:what|which|whose)\b.{0,20}\blaw\b",
        r"\b(?:what|which|whose) (?:\w+ ){0,2}(?:laws?|states?|countr(?:y|ies)|courts?|venue|city)\b",
        r"\b(?:what|which) (?:\w+ ){0,2}jurisdiction\b",
        r"\bwo\b|\bwelches recht\b|\bquelle loi\b|\bquel droit\b",
    ),
}
_SHAPES = tuple((asked, re.compile("|".join(patterns))) for asked, patterns in _PATTERNS.items())
_YES_NO = re.compile(
    r"^(?:and |but |so )?"
    r"(?:is|are|was|were|does|do|did|can|could|may|must|shall|should|will|would|has|have|had|am)\b"
    r"|^whether\b|^(?:ist|sind|hat|haben|kann|darf|muss|wird|gibt)\b|^est[ -]ce\b|^(?:y a-t-il|peut-on)\b"
)
_DOCUMENTS = (
    rf"(?:{'|'.join(sorted(DOCUMENT_NOUNS))}"
    r"|documents?|deals?|files?|papers?|vertrage|rechnungen|contrats|factures)\b"
)
_OF_DOCUMENTS = re.compile(
    rf"\b(?:which|list|find|show|welche|quels|quelles|all|every|each)\b(?:\W+\w+){{0,4}}\W+{_DOCUMENTS}"
)
# "Which contracts forbid …?" asks each of them yes or no.
_NO_ADJECTIVES = (
    r"(?:is|are|was|were|do|does|did|has|have|had|the|an?|this|that|laws?|part(?:y|ies)|states?|dates?|"
    r"courts?)"
)
_THOSE_THAT = re.compile(
    r"^(?:which|welche|quels|quelles|(?:list|find|show)(?: me)?(?: all| the| every)?)"
    r"(?: of (?:the|our|my|these|those|all)(?: the| our)?)?"
    rf"(?: (?!{_NO_ADJECTIVES}\b)[\w-]{{1,30}}){{0,2}}? {_DOCUMENTS}"
    r"(?! (?:number|no|id|date|code|total|amount)\b)"
)


def read_shape(bare: str) -> tuple[Asked, Asked | None]:
    """What a question (plain text without names) asks for, and the value that a yes or no wants too."""
    shaped = next((asked for asked, pattern in _SHAPES if pattern.search(bare)), None)
    if _YES_NO.match(bare):
        return "yes_no", shaped
    if _THOSE_THAT.match(bare):
        return "yes_no", None
    return shaped or "text", None


def asks_of_documents(bare: str) -> bool:
    """Whether the question is about several documents: "which contracts …", "… of each invoice"."""
    return _OF_DOCUMENTS.search(bare) is not None
