"""How much a text looks like a postal address, and its postcodes."""

from __future__ import annotations

import re

from docai.values.places import find_places
from docai.values.spans import Found

_STREET = re.compile(
    r"(?<![^\W\d_])(?:street|str\.?|st\.|avenue|ave\.?|road|rd\.?|boulevard|blvd\.?|drive|dr\.|lane|ln\.|court|ct\.|"
    r"place|plaza|square|suite|ste\.?|floor|fl\.|unit|building|bldg\.?|highway|hwy\.?|parkway|pkwy\.?|p\.?\s?o\.?\s?box|"
    r"jalan|jln\.?|jl\.?|lorong|taman|kampung|kg\.?|lot|no\.|persiaran|lebuh\w{0,4}|kawasan|bandar|wisma|menara|batu|"
    r"seksyen|pusat|perindustrian|perniagaan|desa|"
    r"rue|allée|chemin|impasse|quai|cours|bd\.?|cedex|zone|za|zi|"
    r"weg|platz|gasse|allee|ring|ufer|damm|postfach|haus|via|viale|piazza|corso|calle|avenida|paseo)(?![^\W\d_])",
    re.IGNORECASE,
)
_COMPOUND = re.compile(
    r"(?<![^\W\d_])[^\W\d_]{2,20}(?:straße|strasse|str\.|weg|platz|gasse|allee|ufer|damm|ring)\s{1,2}\d{1,4}",
    re.IGNORECASE,
)
_HOUSE = re.compile(
    r"(?<![\w.,])(?:no\.?\s?|lot\s)?\d{1,5}[a-z]?(?:[\-/&]\d{1,4}[a-z]?){0,2},?\s(?=[^\W\d_]{2})",
    re.IGNORECASE,
)
_POSTCODE = re.compile(
    r"(?<![\w.,/\-])(?:(?:[A-Z]{1,2}-)?(?P<plain>\d{4,5})(?:-\d{4})?(?=[,\s]{1,3}[^\W\d_]|[\s.,]{0,3}$)|"
    r"(?P<uk>[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})|(?P<ca>[A-Z]\d[A-Z]\s?\d[A-Z]\d)|"
    r"(?<=[A-Z]{2}\s)(?P<us>\d{5}(?:-\d{4})?))(?![\w/])"
)
_REGION = re.compile(
    r"(?<![^\W\d_])(?:selangor|johor|kuala\s?lumpur|k\.?l\.|pulau\s?pinang|penang|perak|melaka|sabah|sarawak|pahang|"
    r"kedah|kelantan|terengganu|negeri\ssembilan|putrajaya|malaysia|shah\salam|petaling\sjaya|subang)(?![^\W\d_])",
    re.IGNORECASE,
)
_STATE_ZIP = re.compile(r"(?<![^\W\d_])[A-Z]{2},?\s{1,2}\d{5}(?:-\d{4})?(?!\d)")


def find_postcodes(text: str) -> list[Found]:
    """Postcodes where they stand alone or before a town: 5 and 4 digits, British, Canadian."""
    found = []
    for match in _POSTCODE.finditer(text):
        plain = match["plain"]
        if plain and len(plain) == 4 and 1900 <= int(plain) <= 2100:
            continue  # a year
        found.append(Found(match.start(), match.end(), match.group(0), match.group(0)))
    return found


def address_score(text: str) -> float:
    """0..1: street words, house numbers, postcodes and regions against the text's length."""
    words = len(text.split())
    if not words:
        return 0.0
    streets = len(_STREET.findall(text)) + len(_COMPOUND.findall(text))
    postcodes = len(find_postcodes(text))
    score = 0.3 * min(streets, 3) + 0.3 * min(postcodes, 1) + 0.15 * min(len(_HOUSE.findall(text)), 2)
    score += 0.25 * min(len(_REGION.findall(text)), 2) + 0.4 * min(len(_STATE_ZIP.findall(text)), 1)
    score += 0.1 * min(len(find_places(text)), 1)
    # An address of 40 words is prose that mentions one.
    return min(1.0, score) * min(1.0, 18 / words)
