"""Which letters a language writes with, and whether a reader knows them.

A recogniser that knows 18,000 characters reads a worn `0` as a Greek theta now and then; one that may only
answer with the letters of the user's languages does not.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence

COMMON = string.digits + string.ascii_letters + string.punctuation + " €£¥$§°©®™·•–—‘’“”„«»…½¼¾²³±×µ№¢"
WESTERN = "ÄÖÜäöüßÉÈÊËÀÂÇÎÏÔÛÙŒÆéèêëàâçîïôûùœæÑñÁÍÓÚáíóú"
"""Letters that names and addresses in English documents carry; always allowed."""

LETTERS = {
    "eng": "",
    "deu": "ẞ",
    "fra": "Ÿÿ",
    "spa": "¿¡ªº",
    "ita": "ÌÒìò",
    "por": "ÃÕãõªº",
    "nld": "Ĳĳ",
    "dan": "ØÅøå",
    "nor": "ØÅøå",
    "swe": "Åå",
    "fin": "Åå",
    "isl": "ÐÞÝðþý",
    "pol": "ĄĆĘŁŃŚŹŻąćęłńśźż",
    "ces": "ČĎĚŇŘŠŤŮÝŽčďěňřšťůýž",
    "slk": "ČĎĹĽŇŔŠŤÝŽčďĺľňŕšťýž",
    "slv": "ČŠŽčšž",
    "hrv": "ČĆĐŠŽčćđšž",
    "hun": "ŐŰőű",
    "ron": "ĂȘȚășț",
    "tur": "ĞİŞğış",
    "est": "ÕŠŽõšž",
    "lav": "ĀČĒĢĪĶĻŅŠŪŽāčēģīķļņšūž",
    "lit": "ĄČĘĖĮŠŲŪŽąčęėįšųūž",
    "msa": "",
    "ind": "",
    "cat": "ÀÒàò",
    "lat": "",
}
SAMPLES = {
    "chi_sim": "的中国年月",
    "chi_tra": "國學會發",
    "jpn": "のはをアイ",
    "kor": "가나다의는",
    "rus": "ЖФЩЯжфщя",
    "ukr": "ЇЄїє",
    "bul": "ЖЩЪжщъ",
    "srp": "ЂЋЏ",
    "ell": "ΩΨΔλθ",
    "ara": "ابتث",
    "heb": "אבגד",
    "hin": "कखगघ",
    "ben": "কখগঘ",
    "tha": "กขคง",
    "vie": "ơưạế",
}
"""A few letters of scripts that are not restricted; they tell whether a recogniser knows the script."""


def allowed_letters(languages: Sequence[str]) -> frozenset[str] | None:
    """The characters that pages in these languages use, None where a language is not listed (no limit)."""
    if any(language not in LETTERS for language in languages):
        return None
    return frozenset(COMMON + WESTERN + "".join(LETTERS[language] for language in languages))


def knows_language(language: str, characters: Iterable[str]) -> bool:
    """Whether a recogniser with these characters can write the language; an unlisted one is not known."""
    if language in LETTERS:
        wanted = set(LETTERS[language]) - set("ẞĲĳªºŸ")
    elif language in SAMPLES:
        wanted = set(SAMPLES[language])
    else:
        return False
    return wanted <= set(characters)
