"""The names in a question: whom and what it is about, set apart from what it asks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from docai.answering.languages import guess_language
from docai.answering.vocabulary import asked_topics, plain_text
from docai.answering.wordlists import load_words
from docai.answering.words import GENERIC, STOPS
from docai.values.names import suffix_key

NameKind: TypeAlias = Literal["party", "title", "code"]

_TOKEN = re.compile(r"\S+")
_EDGE = "\"'“”‘’()[]{},;:?!."
# Nouns by which documents are called: a name that ends in one is a title.
DOCUMENT_NOUNS = frozenset(load_words("document_nouns"))
_INNER = frozenset(("of", "&", "the", "de", "des", "du", "la", "von", "and", "y", "e", "und", "et", "for"))
_BETWEEN = frozenset(("between", "with", "against", "to", "by", "zwischen", "mit", "entre", "avec", "from"))
_MONTHS = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}|januar|mai|juin|juillet", re.IGNORECASE
)
_ALSO_KNOWN = re.compile(r"[\s,]+(?:d/?b/?a|f/?k/?a|a/?k/?a)\.?\s+", re.IGNORECASE)
_DOMAIN = re.compile(r"[\w-]{2,40}\.(?:com|net|org|io|ai|co|de|fr|eu|biz|info|us|uk|tv)", re.IGNORECASE)
_NUMERIC = re.compile(r"\d{4}(?:-\d\d){0,2}|\d{1,3}|[$€£]?\d{1,3}(?:[.,]\d{3}){1,4}(?:[.,]\d\d)?%?")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written, with where it stands in the question. `code`: a number by which documents go."""

    start: int
    end: int
    text: str
    kind: NameKind

    @property
    def core(self) -> tuple[str, ...]:
        """Its words without legal forms and articles."""
        return tuple(word for part in self.cores for word in part)

    @property
    def cores(self) -> tuple[tuple[str, ...], ...]:
        """The words without legal forms and articles, which a document must carry; of a company with a second
        name ("doing business as") those of each.
        """
        parts = [_core(part) for part in _ALSO_KNOWN.split(self.text)]
        return tuple(part for part in parts if part)


def _core(text: str) -> tuple[str, ...]:
    words = [w.strip(_EDGE) for w in text.split()]
    return tuple(w for w in words if w and suffix_key(w) is None and w.lower() not in _INNER and w != "a")


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    text: str

    @property
    def bare(self) -> str:
        return self.text.strip(_EDGE)

    @property
    def closes(self) -> bool:
        return self.text[-1] in ";:?!)" or self.text[-1] in '"”'


def find_names(question: str) -> tuple[Name, ...]:
    """Runs of capitalised words, and codes with digits; in a question without small letters only codes."""
    tokens = [_Token(m.start(), m.end(), m.group()) for m in _TOKEN.finditer(question)]
    shouted = not any(c.islower() for c in question)
    names: list[Name] = []
    run: list[_Token] = []
    for number, token in enumerate(tokens):
        if not shouted and _continues(tokens, number, run):
            run.append(token)
            if token.closes:
                names += _close(run, question)
                run = []
            continue
        names += _close(run, question)
        run = []
        if _is_code(token.bare):
            names.append(_name([token], question, "code"))
    names += _close(run, question)
    if guess_language(question) == "German":
        names = [name for name in names if name.kind == "code" or _is_proper(name, question)]
    return tuple(names)


def _is_proper(name: Name, question: str) -> bool:
    """Whether a capitalised run is a name where all nouns have one: by its form or what is before."""
    before = question[: name.start].split()[-1:] or [""]
    words = name.text.split()
    shaped = any(suffix_key(w) or any(c.isupper() for c in w.strip(_EDGE)[1:]) for w in words)
    return shaped or len(words) > 1 or before[0].lower() in _BETWEEN


def _continues(tokens: Sequence[_Token], number: int, run: list[_Token]) -> bool:
    token = tokens[number]
    if _is_capital(token.bare):
        if number == 0 and (token.bare.lower() in STOPS or not _is_capital_next(tokens, 0)):
            return False
        return not (not run and token.bare.lower() in STOPS and token.bare.lower() != "the")
    if not run or token.bare == "":
        return bool(run) and token.text in ("&", "+", "-", "/") and _is_capital_next(tokens, number)
    if token.text in ("&", "+", "-", "/") or token.bare.lower() == "dba" or token.bare.isdigit():
        return True
    low = token.bare.lower()
    if suffix_key(token.bare) is not None and low not in ("as", "se"):
        return True
    if low in _INNER and low not in ("and", "und", "et", "y", "e") and not run[-1].text.endswith(","):
        return _is_capital_next(tokens, number)
    # "Fidelity and Casualty" is one name, "Kubient Inc and The Press" two: `and` joins titles alone.
    return low == "and" and _is_title_ahead(tokens, number)


def _is_title_ahead(tokens: Sequence[_Token], number: int) -> bool:
    for token in tokens[number + 1 : number + 4]:
        if not _is_capital(token.bare):
            return False
        if token.bare.lower() in DOCUMENT_NOUNS:
            return True
    return False


def _is_capital_next(tokens: Sequence[_Token], number: int) -> bool:
    return number + 1 < len(tokens) and _is_capital(tokens[number + 1].bare)


def _is_capital(word: str) -> bool:
    """Whether a word is written as a name is; `eBay` and `ebix.com` are too."""
    if not word or not any(c.isalpha() for c in word):
        return False
    inner = any(c.isupper() for c in word[1:]) or _DOMAIN.fullmatch(word) is not None
    return word[0].isupper() or word[0].isdigit() or inner


def _is_code(word: str) -> bool:
    """`4711-B`, `INV-2024-001`; neither years, dates, nor amounts."""
    digits = sum(c.isdigit() for c in word)
    return digits >= 4 and len(word) <= 40 and _NUMERIC.fullmatch(word) is None and ":" not in word


def _close(run: list[_Token], question: str) -> list[Name]:
    """The run as a name; a code in it stands by itself; nothing for a month or a bare general word."""
    while run and run[0].bare.lower() in ("the", "The"):
        run = run[1:]
    words = [t.bare for t in run if t.bare]
    if not words or all(_MONTHS.fullmatch(w) or w.isdigit() for w in words):
        return []
    if len(words) == 1 and (words[0].lower() in GENERIC | STOPS or asked_topics(plain_text(words[0]))):
        return []  # VAT, the Licensee, Recht: words of the question, however they are written
    low = {w.lower() for w in words}
    is_title = bool(low & DOCUMENT_NOUNS) and suffix_key(words[-1]) is None
    return [_name(run, question, "title" if is_title else "party")]


def _name(run: Sequence[_Token], question: str, kind: NameKind) -> Name:
    start, end = run[0].start, run[-1].end
    text = question[start:end].rstrip("?!;:, ")
    return Name(start, start + len(text), text, kind)


def without_names(question: str, names: Sequence[Name]) -> str:
    """The question with its names taken out, and with "between … and …" around them."""
    parts = []
    at = 0
    for name in names:
        parts.append(question[at : name.start])
        at = name.end
    parts.append(question[at:])
    bare = " ".join(" ".join(parts).split())
    return re.sub(r"\b(?:between|among)(?:\s+(?:the|and))*(?=\s|[?.!]|$)", " ", bare)
