"""Jurisdictions: states, provinces, countries."""

from __future__ import annotations

import re

from docai.values.spans import Found, drop_overlaps

_US = (
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|District of Columbia|"
    "Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|"
    "Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|"
    "New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|"
    "Puerto Rico|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|"
    "Washington|West Virginia|Wisconsin|Wyoming"
)
_PROVINCES = (
    "Alberta|British Columbia|Manitoba|New Brunswick|Newfoundland and Labrador|Nova Scotia|Ontario|"
    "Prince Edward Island|Quebec|Québec|Saskatchewan|New South Wales|Queensland|South Australia|Tasmania|"
    "Victoria|Western Australia|England and Wales|England|Scotland|Wales|Northern Ireland|Bavaria|Bayern|"
    "Hessen|Zurich|Zürich|Geneva|Ontario, Canada"
)
_COUNTRIES = (
    "Argentina|Armenia|Australia|Austria|Österreich|Bahamas|Bahrain|Bangladesh|Barbados|Belgium|Belgique|"
    "Belize|Bermuda|Brazil|British Virgin Islands|Bulgaria|Cambodia|Canada|Cayman Islands|Chile|"
    "People's Republic of China|China|Colombia|Costa Rica|Croatia|Curaçao|Cyprus|Czech Republic|Denmark|"
    "Dubai|Ecuador|Egypt|Estonia|Finland|France|Federal Republic of Germany|Germany|Deutschland|Ghana|"
    "Gibraltar|Greece|Guernsey|Hong Kong|Hungary|Iceland|India|Indonesia|Ireland|Isle of Man|Israel|"
    "Italy|Italia|Jamaica|Japan|Jersey|Jordan|Kazakhstan|Kenya|Republic of Korea|South Korea|Korea|"
    "Kuwait|Latvia|Lebanon|Liechtenstein|Lithuania|Luxembourg|Macau|Malaysia|Malta|Marshall Islands|"
    "Mauritius|Mexico|Monaco|Morocco|Netherlands|The Netherlands|New Zealand|Nigeria|Norway|Oman|"
    "Pakistan|Panama|Peru|Philippines|Poland|Portugal|Qatar|Romania|Russian Federation|Russia|"
    "Saudi Arabia|Serbia|Singapore|Slovakia|Slovenia|South Africa|Spain|España|Sri Lanka|Sweden|"
    "Switzerland|Schweiz|Suisse|Taiwan|Republic of China|Thailand|Turkey|Ukraine|United Arab Emirates|"
    "United Kingdom|United States of America|United States|Uruguay|Venezuela|Vietnam|Virgin Islands"
)
_NAMES = sorted({*_US.split("|"), *_PROVINCES.split("|"), *_COUNTRIES.split("|")}, key=len, reverse=True)
_PLACE = re.compile(
    r"(?<![^\W_])(?:"
    + "|".join(re.escape(n).replace(r"\ ", r"\s{1,3}").replace("'", "['’]") for n in _NAMES)
    + r")(?![^\W_])",
    re.IGNORECASE,
)
# One name for what several languages call differently, so that they compare as equal.
_ENGLISH_NAMES = {
    "Bayern": "Bavaria",
    "Belgique": "Belgium",
    "Deutschland": "Germany",
    "Federal Republic of Germany": "Germany",
    "España": "Spain",
    "Italia": "Italy",
    "Québec": "Quebec",
    "Schweiz": "Switzerland",
    "Suisse": "Switzerland",
    "The Netherlands": "Netherlands",
    "Zürich": "Zurich",
    "Österreich": "Austria",
}
_CANONICAL = {" ".join(n.casefold().split()): _ENGLISH_NAMES.get(n, n) for n in _NAMES}
_ABBREVIATIONS = {
    "PRC": "People's Republic of China",
    "UK": "United Kingdom",
    "USA": "United States of America",
    "UAE": "United Arab Emirates",
    "BVI": "British Virgin Islands",
}
_ABBREVIATED = re.compile(r"(?<![\w.])(?:P\.?R\.?C|U\.?K|U\.?S\.?A|U\.?A\.?E|B\.?V\.?I)(?:\.|(?![\w]))")
# Whose law it is, where the law is named by it: "Dutch law", "deutsches Recht", "droit suisse".
_PEOPLES = {
    "American": "United States",
    "Australian": "Australia",
    "Austrian": "Austria",
    "Belgian": "Belgium",
    "Brazilian": "Brazil",
    "Canadian": "Canada",
    "Chinese": "China",
    "Danish": "Denmark",
    "Dutch": "Netherlands",
    "English": "England",
    "Finnish": "Finland",
    "French": "France",
    "German": "Germany",
    "Greek": "Greece",
    "Indian": "India",
    "Irish": "Ireland",
    "Israeli": "Israel",
    "Italian": "Italy",
    "Japanese": "Japan",
    "Korean": "Korea",
    "Mexican": "Mexico",
    "Norwegian": "Norway",
    "Polish": "Poland",
    "Portuguese": "Portugal",
    "Russian": "Russia",
    "Scottish": "Scotland",
    "Spanish": "Spain",
    "Swedish": "Sweden",
    "Swiss": "Switzerland",
    "Turkish": "Turkey",
    "deutsch": "Germany",
    "österreichisch": "Austria",
    "schweizerisch": "Switzerland",
    "französisch": "France",
    "français": "France",
    "belge": "Belgium",
    "suisse": "Switzerland",
    "allemand": "Germany",
}
_PEOPLES_LAW = re.compile(
    r"(?<![^\W_])(?:(?P<en>[A-Z][a-z]{3,10})(?=\s(?:substantive\s|internal\s|civil\s)?laws?\b)"
    r"|(?P<de>[a-zö]{5,15}?)(?:e[smn])(?=\sRecht)"
    r"|(?<=[Dd]roit\s)(?P<fr>français|belge|suisse|allemand))(?![^\W_])"
)
_STREET = re.compile(
    r"\s{1,2}(?:street|st\.|avenue|ave\b|road|rd\b|drive|blvd|boulevard|lane)", re.IGNORECASE
)


def find_places(text: str) -> list[Found]:
    """Names of states, provinces and countries, with their usual spelling as value. Lower case is no name.

    A people stands for its country where its law is named: `Dutch` in "Dutch law".
    """
    found = []
    for match in _PLACE.finditer(text):
        written = match.group(0)
        if not written[0].isupper() or _STREET.match(text, match.end()):
            continue
        key = " ".join(written.casefold().replace("’", "'").split())
        found.append(Found(match.start(), match.end(), written, _CANONICAL.get(key, written)))
    for match in _ABBREVIATED.finditer(text):
        written = match.group(0)
        found.append(Found(match.start(), match.end(), written, _ABBREVIATIONS[written.replace(".", "")]))
    for match in _PEOPLES_LAW.finditer(text):
        country = _PEOPLES.get(str(match.group(str(match.lastgroup))))
        if country:
            found.append(Found(match.start(), match.end(), match.group(0), country))
    return drop_overlaps(found)


def place_name(text: str) -> str | None:
    """The usual spelling of a place that the text names, without `State of` and the like; None for none."""
    found = find_places(text)
    return str(found[0].value) if found else None
