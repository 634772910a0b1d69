"""Words of questions over records, in English with the usual German and French ones."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from docai.answering.vocabulary import plain_text
from docai.answering.words import stem

Operation: TypeAlias = Literal["list", "count", "sum", "average", "largest", "smallest"]

OPERATIONS: tuple[tuple[Operation, re.Pattern[str]], ...] = (
    ("average", re.compile(r"\b(?:average|mean|durchschnitt\w{0,4}|en moyenne)\b")),
    (
        "largest",
        re.compile(r"\b(?:largest|highest|biggest|greatest|most expensive|latest|newest|last|maximum|max)\b"),
    ),
    (
        "smallest",
        re.compile(r"\b(?:smallest|lowest|cheapest|earliest|oldest|first|minimum|min|least expensive)\b"),
    ),
    (
        "sum",
        re.compile(
            r"\b(?:total|sum|altogether|in all|overall|add up|spent|spend|summe|insgesamt|gesamt\w{0,8})\b"
        ),
    ),
    ("count", re.compile(r"\b(?:how many|number of|count|wie viele|combien de)\b")),
    ("list", re.compile(r"\b(?:which|list|show|find|what|all|welche|quels|quelles)\b")),
)
BY = re.compile(r"\b(?:by|per|for each|for every|grouped by|je|pro|nach|par) (?:the )?(\w+(?: \w+)?)")
WITHOUT = re.compile(
    r"\b(?:without|lacks?|lacking|missing|(?:has|have|with|had|contain\w{0,2}|name\w{0,1}|state\w{0,1}) no|"
    r"(?:does|do) not (?:have|contain|name|state|say|include)|no|ohne|sans) (?:an? |any |the )?(.{2,60})"
)
TIME_ORDER = re.compile(r"\b(?:latest|newest|earliest|oldest|first|last)\b")
_NOUNS = {
    "contract": "contract agreement deal lease licence license vertrag vertrage contrat",
    "invoice": "invoice bill rechnung rechnungen facture",
    "receipt": "receipt ticket bon kassenbon quittung quittungen",
    "order": "order purchase bestellung bestellungen commande",
    "nda": "nda confidentiality nondisclosure",
}
_FILLERS = (
    "many number count total sum average mean largest highest biggest latest newest last smallest lowest "
    "cheapest earliest oldest first list show find all altogether overall spent spend with without there "
    "record amount each expensive maximum minimum max min entry still between next coming past previous "
    "current year month quarter week since over under more less least most from signed dated grouped lack "
    "missing already pay paid cost belong fall run issue issued wie viele gibt es insgesamt onwards have has"
)
FILLERS = frozenset(stem(word) for word in _FILLERS.split())
"""Stems that forms are made of: they need no field."""


def schema_words(schema: str) -> set[str]:
    """What documents of a schema are called, as words and stems."""
    words = set(plain_text(schema).split())
    for name, nouns in _NOUNS.items():
        if name in words:
            words |= set(nouns.split())
    return {stem(word) for word in words} | words


def document_words() -> set[str]:
    """What documents are called, as stems."""
    return {stem(word) for nouns in _NOUNS.values() for word in nouns.split()}
