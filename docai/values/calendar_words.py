"""Names of months and ordinal days, in the languages of the documents that docai reads."""

from __future__ import annotations

import unicodedata

_MONTHS: dict[int, str] = {
    1: "january jan januar jänner janvier janv enero ene gennaio gen januari janeiro",
    2: "february feb febr februar februari février fevrier févr fevr fév fev febrero febbraio fevereiro",
    3: "march mar märz maerz mrz mär mars marzo maart março mac",
    4: "april apr avril avr abril abr aprile",
    5: "may mai mei mayo maggio mag maio",
    6: "june jun juni juin junio giugno giu junho",
    7: "july jul juli juillet juil julio luglio lug julho julai",
    8: "august aug août aout agosto ago ogos augustus",
    9: "september sept sep septembre septiembre settembre set setembro",
    10: "october oct oktober okt octobre octubre ottobre ott outubro",
    11: "november nov novembre noviembre novembro",
    12: "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro disember dis",
}

_ORDINALS_TEXT = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDINALS = _ORDINALS_TEXT.split()


def strip_accents(text: str) -> str:
    """Letters without their marks, lower case: `Août` -> `aout`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


MONTH_NUMBERS: dict[str, int] = {
    strip_accents(name): number for number, names in _MONTHS.items() for name in names.split()
}

ORDINAL_NUMBERS: dict[str, int] = {word: n for n, word in enumerate(_ORDINALS, 1)} | {
    "thirtieth": 30,
    **{f"twenty-{word}": 20 + n for n, word in enumerate(_ORDINALS[:9], 1)},
    "thirty-first": 31,
}


def month_number(name: str) -> int | None:
    """1..12 for a month's name or abbreviation in any of the languages, without its full stop."""
    return MONTH_NUMBERS.get(strip_accents(name.rstrip(".")))


def ordinal_number(words: str) -> int | None:
    """`twenty-first` or `twenty first` -> 21; 1..31."""
    return ORDINAL_NUMBERS.get("-".join(words.casefold().replace("-", " ").split()))
