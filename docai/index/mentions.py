"""What a question names (titles, parties, people, places, years) apart from what it asks.

Names are told by capitals, quotation marks and by standing behind `between`, `with`, `against` and the like.
A question in small letters names nothing by itself; there, words that a document's title or parties share
are names (`identification`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

_TOKEN = re.compile(r"[^\W_](?:[^\s,;:?!()\[\]\"“”]{0,60}[^\W_])?|[,&/\"“”()\[\]?*]")
_WORD = re.compile(r"[^\W_]+")
_INITIALS = re.compile(
    r"(?<![^\W_])(?:[^\W\d_]\.){1,5}[^\W\d_]?(?![^\W_])|(?<![^\W_])[^\W\d_](?:[/&][^\W\d_]){1,3}(?![^\W_])"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_SITE = re.compile(r"[\w\-]{2,40}\.(?:com|net|org|io|co|eu|de|fr|uk)")
_PLACE_MARKS = re.compile(r"(?:\b(?:the|our|an?) )?\bit\b\)?(?: (?:between|and|with|of|by|,) it\b\)?){0,6}")
# Words that join the parts of a name and do not end it.
_JOINING = "of and the & for de del la le van von der und et dba d/b/a in on to a an / , by"
# Words that begin a question with a capital and name nothing.
_OPENING = (
    "a an and are as at before between by can could did do does during for from give had has have how i if "
    "in is list may must name of on please show since tell that the there to under until was were what when "
    "where which who whom whose why will with within would our we my your shall should against about after "
    "any each every find all both either explain describe summarize summarise compare count also but not no "
    "or this these those welche welcher welches wer wann wie was wo gilt ist sind quel quelle quels qui "
    "quand comment combien est le la les der die das"
)
# Between a name and what is asked of it: they carry no part of either.
_STOPPING = (
    "a an and are as at be been by can could d did do does for from had has have how i if in into is it its "
    "many may much must of on or our shall should so such that the their them there these they this those to "
    "under upon us was we were what when where which who whom whose will with would you your s t between "
    "among against about any each every both either"
)
# Parts of names that many names share: they tell hardly anything.
_FORMS = (
    "inc incorporated llc lc ltd limited corp corporation co company companies plc gmbh ag kg ohg sa sas "
    "sarl bv nv lp llp lllp spa srl oy ab as kk pte pty pvt the and of a an dba group holdings holding "
    "international trust na fka aka"
)
_PAPERS = (
    "agreement agreements contract contracts amendment lease document letter exhibit schedule form deal "
    "order invoice policy plan vertrag vereinbarung rechnung contrat"
)
_JOINERS, _OPENERS, STOPS, _LEGAL_FORMS, _GENERIC = (
    frozenset(text.split()) for text in (_JOINING, _OPENING, _STOPPING, _FORMS, _PAPERS)
)


@dataclass(frozen=True, slots=True)
class Mentions:
    """A question taken apart. `names`: what it names, as written; `asked`: the rest, with one place mark
    (`it`) where names stood.
    """

    text: str
    names: tuple[str, ...]
    asked: str


def fold_words(text: str) -> list[str]:
    """Words without case and accents; initials are one word: `L.L.C.` gives `llc`, `S.A` gives `sa`."""
    joined = _INITIALS.sub(
        lambda m: re.sub(r"[./&]", "", m.group()), text.replace("’", "'").replace("'s", "")
    )
    if not joined.isascii():
        parts = unicodedata.normalize("NFKD", joined)
        joined = "".join(c for c in parts if not unicodedata.combining(c))
    return _WORD.findall(joined.casefold())


def name_words(text: str) -> list[str]:
    """Folded words of a name that can tell it from others, each once, in order."""
    return list(dict.fromkeys(w for w in fold_words(text) if w not in STOPS))


def weigh_word(word: str) -> float:
    """How much a word of a name tells, before its rarity: 1 for proper ones."""
    if word in _LEGAL_FORMS:
        return 0.1
    return 0.4 if word in _GENERIC else 1.0


def take_apart(question: str, is_common: Callable[[str], bool] = lambda word: False) -> Mentions:
    """Names and the rest of a question. Runs of capitalised words are names, joined by `of`, `and`, `&`.

    `is_common`: whether a folded word is one that questions ask about. A run of such words alone (`Initial
    Term`) is no name, unless it says that it is a paper's (`License Agreement`).
    """
    tokens = [(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(question)]
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(tokens):
        end = _run_of_name(tokens, at)
        if end > at:
            span = (tokens[at][1], tokens[end - 1][2])
            if not _is_common_term(question[slice(*span)], is_common):
                spans.append(span)
            at = end
        else:
            at += 1
    names = tuple(question[a:b] for a, b in spans)
    return Mentions(question, names, _without(question, spans))


def _run_of_name(tokens: list[tuple[str, int, int]], at: int) -> int:
    """Behind the last token of the name that begins at `at`; `at` where none does."""
    first = tokens[at][0]
    if not _is_proper(first) or (at == 0 and first.casefold() in _OPENERS):
        return at
    end = look = at + 1
    while look < len(tokens) and look - end <= 3:
        text = tokens[look][0]
        if _is_proper(text):
            end = look + 1
        elif text.casefold() not in _JOINERS and text not in '()[]*"“”':
            break
        look += 1
    return end


def _is_common_term(name: str, is_common: Callable[[str], bool]) -> bool:
    words = [word for word in name_words(name) if not _YEAR.fullmatch(word)]
    return bool(words) and _GENERIC.isdisjoint(words) and all(map(is_common, words))


def _is_proper(token: str) -> bool:
    """Whether a token is written as a name: a capital in it, or a year."""
    if any(c.isupper() for c in token) or _YEAR.fullmatch(token) or _SITE.fullmatch(token):
        return True
    return token[0].isdigit() and len(token) >= 4


def _without(question: str, spans: list[tuple[int, int]]) -> str:
    parts, last = [], 0
    for start, end in spans:
        parts += [question[last:start], "it"]
        last = end
    return _PLACE_MARKS.sub("it", " ".join("".join([*parts, question[last:]]).split()))
