"""Tokens that carry the meaning: an approximate match never bridges them.

Digits, months, currencies, negations and company suffixes: one wrong letter there makes another statement.
"""

from __future__ import annotations

import re

from docai.grounding.text_index import fold_text
from docai.values.calendar_words import MONTH_NUMBERS, strip_accents
from docai.values.currencies import currency_code
from docai.values.names import suffix_key
from docai.values.word_numbers import NUMBER_WORDS

_NEGATIONS_TEXT = (
    "not no nor never none neither without except excepting unless cannot nothing nobody non nicht "
    "kein keine keinen keiner keines keinem ohne nie niemals ne pas sans aucun aucune jamais sauf "
    "tidak tanpa bukan"
)
_NEGATIONS = frozenset(_NEGATIONS_TEXT.split())
# Prefixes that turn a word around, and words that contracts turn with them; `under` and `include` negate
# nothing, so a prefix alone does not count.
_PREFIXES = ("non", "un", "in", "im", "ir", "il", "dis")
_TURNED_TEXT = (
    "exclusive conditional limited able valid applicable revocable lawful authorized solicited restricted "
    "registered assignable transferable renewable known paid enforceable reasonable used "
    "like proper complete correct"
)
_TURNED = frozenset(_TURNED_TEXT.split())
_ORDINAL_END = re.compile(r"(?<=\d)(?:st|nd|rd|th)\.?$")
_CONTRACTION = re.compile(r"n['’]t$", re.IGNORECASE)
_MONTHS = frozenset(m for m in MONTH_NUMBERS if len(m) >= 3) - {
    "set",
    "mai",
    "mag",
    "out",
    "dis",
    "dec",
    "mar",
}
_TOKEN = re.compile(r"[^\W_]+(?:[.,'’/:\-][^\W_]+)*\.?|[$€£¥₹%‰]")
_SHORT_MONTHS = frozenset(("dec", "mar", "mai"))
_COUNT_WORDS = NUMBER_WORDS - {
    "a",
    "an",
    "and",
    "un",
    "une",
    "ein",
    "eine",
    "einen",
    "einem",
    "einer",
    "eines",
}


def protected_key(token: str) -> str | None:
    """What must be equal on both sides for this token, or None when a slip in it does no harm."""
    plain = strip_accents(token)
    if any(c.isdigit() for c in plain):
        # Scans lose the raised ending of 5th; the number stays.
        return fold_text(_ORDINAL_END.sub("", plain))[0]
    bare = plain.strip(".,:;'’\"()")
    if bare in _NEGATIONS or _CONTRACTION.search(bare):
        return f"not:{bare}"
    if bare in _MONTHS or bare in _SHORT_MONTHS:
        return f"month:{MONTH_NUMBERS[bare]}"
    if bare in _COUNT_WORDS:
        return f"count:{bare}"
    suffix = suffix_key(token)
    if suffix is not None:
        return f"form:{suffix}"
    code = currency_code(token)
    if code is not None:
        return f"currency:{code}"
    if token in "%‰":
        return token
    return _turned_key(bare)


def _turned_key(bare: str) -> str | None:
    joined = bare.replace("-", "")
    for prefix in _PREFIXES:
        if joined.startswith(prefix) and (bare.startswith(prefix + "-") or joined[len(prefix) :] in _TURNED):
            return f"not:{joined}"
    return f"word:{joined}" if joined in _TURNED else None


def protected_tokens(text: str) -> list[str]:
    """The protected tokens of a text, in order."""
    keys = (protected_key(m.group(0)) for m in _TOKEN.finditer(text))
    return [key for key in keys if key is not None]
