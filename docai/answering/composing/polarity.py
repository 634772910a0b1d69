"""Negations of a sentence against those of what it quotes: neither dropped nor added.

Words decide, clause by clause: what a negation reaches runs from it to the end of its clause. A statement
that says the same with a word of another kind ("prohibits", "only with consent") is not held to the word.
Negations of side clauses ("unless a party elects not to renew") do not turn the statement around.
"""

from __future__ import annotations

import re
from itertools import pairwise

from docai.answering.vocabulary import plain_text
from docai.answering.words import GENERIC, STOPS, split_words, stem
from docai.grounding.protected import protected_tokens

_HARD = re.compile(
    r"\b(?:not|no|never|neither|nor|none|nothing|nobody|cannot|kein\w{0,2}|nicht|nie|niemals|weder|"
    r"aucun\w?|jamais|ne|pas)\b|n't\b"
)
# Words of the sense of a negation: whoever writes them needs no "not".
_STRONG = re.compile(
    r"\b(?:only|prohibit\w{0,5}|forbid\w{0,4}|forbade|restrict\w{0,4}|prevent\w{0,4}|bar|bars|barred|preclud\w{0,3}|"
    r"exclud\w{0,3}|exclusion|den(?:y|ies|ied)|disclaim\w{0,3}|lack\w{0,3}|fail\w{0,4}|refus\w{0,4}|waiv\w{0,4}|"
    r"void|invalid|free of|rather than|instead of|absen\w{0,3}|subject to|verbiet\w{0,3}|verboten|"
    r"untersag\w{0,3}|interdi\w{0,3})\b"
    r"|\b(?:requir\w{0,3}|need\w{0,2}|bedarf|erforder\w{0,4})\b[^.;]{0,60}\b(?:consent|approv|permi|zustimm)\w{0,6}"
    r"|\b(?:with|if|upon|after|once|mit|avec)\b[^.;]{0,60}\b(?:consent|approv|permi|zustimm|accord)\w{0,6}"
)
# Words that restrict: they stand for a negation of what they themselves reach, and of nothing else.
_WEAK = re.compile(
    r"\b(?:without|unless|except\w{0,4}|other than|limit\w{0,4}|cap|caps|capped|maximum|at most|up to|ohne|"
    r"sauf|sans|requir\w{0,3}|need\w{0,2})\b"
)
_CLAUSE = re.compile(
    r"[.;:()]|,|\b(?:without|unless|except|provided|if|but|however|which|that|because|until|although)\b"
)
_PREDICATE = re.compile(r"\b(?:and|und|et) (?=(?:is|are|was|shall|will|may|must|has|have|can)\b)")
_STOP = re.compile(r"[.;]")
_SIDE = re.compile(
    r"\b(?:unless|if|in the event|provided that|when|wenn|falls|si)\b[^,]{0,200}$"
    r"|\b(?:that|which|who|whom|where)\b\W{1,3}(?:\w{1,20}\W{1,3})?$"
)
_INFINITIVE = re.compile(r"\s{1,2}to\b")
_PROMISE = re.compile(
    r"\b(?:agree|covenant|undertak|promis|oblig|commit|shall|must)\w{0,4}(?:\W{1,3}\w{1,20}){0,2}\W{0,3}$"
)
_LEAD = re.compile(r"^\W{0,3}(?:yes|no|ja|nein|oui|non)\b\W{0,3}", re.IGNORECASE)
_FORM = re.compile(r"(?<=\w)[, ]{1,2}Limited\b")
"""A company's legal form is no limit."""
_REACHED = 0.6
"""Of the telling words that a negation reaches, the share that the other side says as well."""
_HALF = 0.5
_LOOK_BEHIND = 40


def find_polarity_fault(sentence: str, said: str) -> str | None:
    """Why a sentence says the contrary of what it quotes; None where it does not. `said`: the sentences of
    the page in which the quotes stand."""
    claim = plain_text(_FORM.sub(" ", _LEAD.sub("", sentence)))
    page = plain_text(_FORM.sub(" ", said))
    if not _excuses(claim, page):
        stems = _stems(claim)
        for negation, reach in _list_reaches(page, _HARD):
            if _share(reach, stems) >= _REACHED:
                return f"the page says “{negation}” where the sentence does not"
    for negation, reach in _list_reaches(claim, _HARD):
        if not _backs(page, reach):
            return f"the sentence says “{negation}” and the page does not"
    return None


def _excuses(claim: str, page: str) -> bool:
    """Whether a sentence says a negation of the page in its own way: with one, or with a word of that sense
    that is not just copied from the page."""
    if _HARD.search(claim):
        return True
    copied = {m.group() for p in (_STRONG, _WEAK) for m in p.finditer(page)}
    if any(m.group() not in copied for p in (_STRONG, _WEAK) for m in p.finditer(claim)):
        return True
    return bool(_negative_words(claim) - _negative_words(page))


def _backs(page: str, reach: frozenset[str]) -> bool:
    """Whether the page negates what a negation of the sentence reaches."""
    clauses = [clause for clause in _split(page) if _share(reach, _stems(clause)) >= _REACHED]
    if clauses and not any(_is_negative(clause) for clause in clauses):
        return False
    if _HARD.search(page) or _STRONG.search(page) or _negative_words(page):
        return True
    return any(_share(reach, weak) >= _HALF for _, weak in _list_reaches(page, _WEAK))


def _is_negative(text: str) -> bool:
    return any(p.search(text) for p in (_HARD, _STRONG, _WEAK)) or bool(_negative_words(text))


def _negative_words(text: str) -> set[str]:
    """`non-exclusive`, `unlimited` and the like."""
    keys = {key[4:] for key in protected_tokens(text) if key.startswith("not:")}
    return {word for word in keys if not _HARD.fullmatch(word) and not _WEAK.fullmatch(word)}


def _list_reaches(text: str, pattern: re.Pattern[str]) -> list[tuple[str, frozenset[str]]]:
    """Each negation of a text's main clauses with the stems of the words that it reaches."""
    found = []
    for match in pattern.finditer(text):
        if pattern is _HARD and _is_aside(text, match):
            continue
        stop = _CLAUSE.search(text, match.end())
        reach = _stems(text[match.end() : stop.start() if stop else len(text)])
        if not reach:  # "it shall not." and "…, if any, is not assignable"
            reach = _stems(text[max(0, match.start() - _LOOK_BEHIND) : match.start()])
        found.append((match.group(), reach))
    return [(negation, reach) for negation, reach in found if reach]


def _is_aside(text: str, match: re.Match[str]) -> bool:
    """Whether a negation belongs to a condition, a relative clause, or an intention."""
    stops = [m.end() for m in _STOP.finditer(text, 0, match.start())]
    before = text[stops[-1] if stops else 0 : match.start()]
    if _SIDE.search(before):
        return True
    return _INFINITIVE.match(text, match.end()) is not None and _PROMISE.search(before) is None


def _split(text: str) -> list[str]:
    """Clauses, each with the word that opens it."""
    cuts = [0, *(m.start() for p in (_CLAUSE, _PREDICATE) for m in p.finditer(text)), len(text)]
    return [text[a:b] for a, b in pairwise(sorted(cuts)) if text[a:b].strip()]


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(w) for w in split_words(text) if w not in STOPS and w not in GENERIC and len(w) > 1)


def _share(reach: frozenset[str], words: frozenset[str]) -> float:
    return len(reach & words) / len(reach) if reach else 0.0
