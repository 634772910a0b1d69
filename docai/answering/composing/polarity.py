"""Negations of a sentence against those of what it quotes: neither dropped nor added.

Words decide, clause by clause: what a negation reaches runs from it to the end of its clause. A statement
that says the same with a word of another kind ("prohibits", "only with consent") is not held to the word.
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
_SOFT = re.compile(
    r"\b(?:without|unless|except\w{0,4}|only|ohne|sauf|sans|prohibit\w{0,5}|forbid\w{0,4}|forbade|restrict\w{0,4}|"
    r"prevent\w{0,4}|bar|bars|barred|preclud\w{0,3}|exclud\w{0,3}|exclusion|den(?:y|ies|ied)|disclaim\w{0,3}|"
    r"lack\w{0,3}|fail\w{0,4}|refus\w{0,4}|waiv\w{0,4}|void|invalid|free of|limit\w{0,4}|cap|caps|capped|"
    r"maximum|at most|up to|rather than|instead of|other than|absen\w{0,3}|requir\w{0,3}|need\w{0,2}|"
    r"subject to|verbiet\w{0,3}|verboten|untersag\w{0,3}|interdi\w{0,3}|bedarf|erforder\w{0,4})\b"
    r"|\b(?:with|if|upon|after|once|mit|avec)\b[^.;]{0,60}\b(?:consent|approv|permi|zustimm|accord)\w{0,6}"
)
_CLAUSE = re.compile(
    r"[.;:()]|,|\b(?:without|unless|except|provided|if|but|however|which|that|because|until|although)\b"
)
_LEAD = re.compile(r"^\W{0,3}(?:yes|no|ja|nein|oui|non)\b\W{0,3}", re.IGNORECASE)
_FORM = re.compile(r"(?<=\w)[, ]{1,2}Limited\b")
"""A company's legal form is no limit."""
_REACHED = 0.6
"""Of the telling words that a negation reaches, the share that the other side says as well."""
_LOOK_BEHIND = 40


def find_polarity_fault(sentence: str, said: str) -> str | None:
    """Why a sentence says the contrary of what it quotes; None where it does not. `said`: the sentences of
    the page in which the quotes stand."""
    claim = plain_text(_FORM.sub(" ", _LEAD.sub("", sentence)))
    page = plain_text(_FORM.sub(" ", said))
    if not _excuses(claim, page):
        for negation, reach in _reaches(page):
            if _share(reach, _stems(claim)) >= _REACHED:
                return f"the page says “{negation}” where the sentence does not"
    for negation, reach in _reaches(claim):
        clauses = [clause for clause in _split(page) if _share(reach, _stems(clause)) >= _REACHED]
        whole = clauses or ([page] if _share(reach, _stems(page)) >= _REACHED else [])
        if whole and not any(_is_negative(clause) for clause in whole):
            return f"the sentence says “{negation}” and the page does not"
        if not whole and not _is_negative(page):
            return f"the sentence says “{negation}” and the page does not"
    return None


def _excuses(claim: str, page: str) -> bool:
    """Whether a sentence says a negation of the page in its own way: with one, or with a word of that sense
    that is not just copied from the page."""
    if _HARD.search(claim):
        return True
    copied = {m.group() for m in _SOFT.finditer(page)}
    if any(m.group() not in copied for m in _SOFT.finditer(claim)):
        return True
    ours = {k for k in protected_tokens(claim) if k.startswith("not:")}
    return bool(ours - set(protected_tokens(page)))


def _is_negative(text: str) -> bool:
    if _HARD.search(text) or _SOFT.search(text):
        return True
    return any(key.startswith("not:") for key in protected_tokens(text))


def _reaches(text: str) -> list[tuple[str, frozenset[str]]]:
    """Each negation of a text with the stems of the words that it reaches."""
    found = []
    for match in _HARD.finditer(text):
        stop = _CLAUSE.search(text, match.end())
        reach = _stems(text[match.end() : stop.start() if stop else len(text)])
        if not reach:  # "it shall not." and "…, if any, is not assignable"
            reach = _stems(text[max(0, match.start() - _LOOK_BEHIND) : match.start()])
        found.append((match.group(), reach))
    return [(negation, reach) for negation, reach in found if reach]


def _split(text: str) -> list[str]:
    """Clauses, each with the word that opens it."""
    cuts = [0, *(m.start() for m in _CLAUSE.finditer(text)), len(text)]
    return [text[a:b] for a, b in pairwise(cuts) if text[a:b].strip()]


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(w) for w in split_words(text) if w not in STOPS and w not in GENERIC and len(w) > 1)


def _share(reach: frozenset[str], words: frozenset[str]) -> float:
    return len(reach & words) / len(reach) if reach else 0.0
