"""Numbers in words: `one hundred eighty`, `zwölf`, `trente`."""

from __future__ import annotations

from docai.values.calendar_words import ORDINAL_NUMBERS, strip_accents

_UNITS_TEXT = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_UNITS = _UNITS_TEXT.split()
_TENS_TEXT = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = _TENS_TEXT.split()
_SINGLE: dict[str, int] = {word: n for n, word in enumerate(_UNITS)} | {
    word: 10 * n for n, word in enumerate(_TENS, 2)
}
_SINGLE |= {"fourty": 40, "ninty": 90, "a": 1, "an": 1}
_FOREIGN: dict[str, int] = {
    "ein": 1, "eine": 1, "einen": 1, "einem": 1, "einer": 1, "eines": 1, "zwei": 2, "drei": 3, "vier": 4,
    "funf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwolf": 12,
    "vierzehn": 14, "zwanzig": 20, "dreissig": 30, "sechzig": 60, "neunzig": 90,
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9,
    "dix": 10, "onze": 11, "douze": 12, "quinze": 15, "vingt": 20, "trente": 30, "soixante": 60,
}  # fmt: skip
NUMBER_WORDS = frozenset(_SINGLE) | frozenset(_FOREIGN) | {"hundred", "thousand", "and"}


def parse_word_number(words: list[str]) -> int | None:
    """`["one", "hundred", "eighty"]` -> 180; None when it is not a number in words."""
    total = current = 0
    seen = False
    for raw in words:
        word = strip_accents(raw)
        if word == "and":
            if not seen:
                return None
        elif word == "hundred":
            current = max(current, 1) * 100
            seen = True
        elif word == "thousand":
            total, current = total + max(current, 1) * 1000, 0
            seen = True
        elif word in _SINGLE or word in _FOREIGN:
            number = _SINGLE.get(word, _FOREIGN.get(word, 0))
            if current % 100 and not (20 <= current % 100 <= 90 and current % 10 == 0 and number < 10):
                return None  # "two three" is no number
            current += number
            seen = True
        else:
            return None
    return total + current if seen else None


def parse_ordinal(words: list[str]) -> int | None:
    """`["twenty", "first"]` -> 21."""
    return ORDINAL_NUMBERS.get("-".join(strip_accents(w) for w in words))
