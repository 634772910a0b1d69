"""The state or country whose law governs, or whose courts decide."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docai.extraction.prose.claims import make_claim
from docai.extraction.prose.dates import probability
from docai.extraction.prose.document import Prose
from docai.extraction.prose.labels import Label
from docai.types import Claim
from docai.values.places import find_places
from docai.values.spans import Found, drop_overlaps

_GOVERNS = re.compile(
    r"\b(?:govern\w*|constru\w+|interpret\w*|subject to|in accordance with|regulated|applies|unterliegt|gilt"
    r"|findet|r[ée]gie?)\b",
    re.IGNORECASE,
)
_LAWS_OF = re.compile(
    r"\b(?:laws?|legislation|statutes|recht|droit)\b[^.;]{0,80}\b(?:of|in|de|du|von|der)\s[^.;]{0,60}$"
    r"|\bdroit\s$|\b(?:under|by|with|to)\s(?:the\s)?(?:internal\s|substantive\s)?$",
    re.IGNORECASE,
)
_LAW_AFTER = re.compile(
    r"^(?:'s)?\s(?:state\s|substantive\s|internal\s|civil\s)?(?:laws?|legislation|recht)\b", re.IGNORECASE
)
_HEADING = re.compile(
    r"\b(?:governing|applicable|choice of)\s?laws?\b|\blaws?\b|\bjurisdiction\b|\brecht\b|\bdroit\b",
    re.IGNORECASE,
)
_INCORPORATION = re.compile(
    r"\b(?:organi[sz]ed|existing|incorporated|established|registered|formed|corporation|company"
    r"|partnership|qualified|licensed|validly)\b[^.;]{0,70}$",
    re.IGNORECASE,
)
_COURT = re.compile(
    r"\b(?:courts?|venue|forum|arbitrat\w+|jurisdiction|tribunal|seat|proceedings?)\b", re.IGNORECASE
)
_OF_WHAT = re.compile(
    r"\b(?:agreement|contract|lease|hereof|hereunder|rights|parties|letter|terms|matters|validity"
    r"|undertaking|deed|instrument|vereinbarung|vertrag)\b",
    re.IGNORECASE,
)
_THAT_LAW = re.compile(
    r"\blaws?\sof\s(?:that|such|said)\s(?:state|country|commonwealth|province|jurisdiction)\b", re.IGNORECASE
)
_COUNTRY_AFTER = re.compile(r",\s")
# "the laws of the Province of Ontario and the federal laws of Canada applicable therein"
_FEDERAL = re.compile(r",\s|,?\sand\s(?:the\s)?(?:federal\s)?laws\sof\s")
_ABBREVIATION = re.compile(
    r"(?<![\w.])(?:(?P<china>P\.?\s?R\.?\s?C\b\.?|P\.?\s?R\.?\s?(?:of\s)?China)|(?P<uk>U\.K\.|UK)"
    r"|(?P<uae>UAE|U\.A\.E\.))(?!\w)"
)
_ABBREVIATED = {"china": "People's Republic of China", "uk": "United Kingdom", "uae": "United Arab Emirates"}


NULL = 0.45


@dataclass(frozen=True, slots=True)
class RatedPlace:
    found: Found
    score: float


def find_law(prose: Prose, *, court: bool = False) -> list[RatedPlace]:
    """Places as governing law, or with `court` as the place of the courts; best first."""
    rated: dict[str, RatedPlace] = {}
    for found in _joined(prose.plain, find_places(prose.plain)):
        raw = _rate(prose, found, court=court)
        key = str(found.value).casefold()
        score = probability(raw)
        if raw > 0.3 and (key not in rated or rated[key].score < score):
            rated[key] = RatedPlace(found, score)
    return sorted(rated.values(), key=lambda r: (-r.score, r.found.start))


def _joined(plain: str, places: list[Found]) -> list[Found]:
    """Places as agreements name them: abbreviated, `Ontario, Canada` as one, a state without its country."""
    short = [
        Found(m.start(), m.end(), m.group(), _ABBREVIATED[str(m.lastgroup)])
        for m in _ABBREVIATION.finditer(plain)
    ]
    out: list[Found] = []
    for place in drop_overlaps([*places, *short]):
        before = out[-1] if out else None
        between = plain[before.end : place.start] if before else ""
        if before and place.value == "Canada" and _FEDERAL.fullmatch(between):
            out[-1] = Found(
                before.start, place.end, plain[before.start : place.end], f"{before.value}, Canada"
            )
            continue
        if before and between == " or " and plain[: before.start].endswith("either "):
            text = plain[before.start : place.end]
            out[-1] = Found(before.start, place.end, text, f"{before.value}; {place.value}")
            continue
        if before and _COUNTRY_AFTER.fullmatch(between):
            continue
        out.append(place)
    return out


def _rate(prose: Prose, found: Found, *, court: bool) -> float:
    sentence = prose.sentence_at(found.start)
    left, right = prose.left(found.start, 260), prose.right(found.end, 60)
    text = prose.plain[sentence.start : sentence.end]
    heading = f"{sentence.heading} {sentence.section}"
    raw = 0.0
    if court:
        near = _COURT.search(left[-120:])
        return (2.4 if near else 0.0) + (0.5 if _COURT.search(heading) else 0.0)
    laws = _LAWS_OF.search(left)
    governs = _GOVERNS.search(left) or _GOVERNS.search(text)
    if laws and governs:
        raw += (
            2.6 if laws.group().lower().lstrip().startswith(("law", "leg", "stat", "recht", "droit")) else 1.0
        )
    elif _LAW_AFTER.match(right) and governs:
        raw += 2.4
    elif laws:
        raw += 0.6
    elif _THAT_LAW.search(text, found.end - sentence.start):
        raw += 1.8
    else:
        return 0.0
    raw += 0.7 if _HEADING.search(heading) else 0.0
    raw += 0.4 if _OF_WHAT.search(text) else 0.0
    raw += 0.5 * found.start / max(1, len(prose.plain))
    if _INCORPORATION.search(left[-110:]) and not re.search(
        r"\bgovern|\bconstru", left[-110:], re.IGNORECASE
    ):
        raw -= 2.6
    if _COURT.search(left[-60:]) and not re.search(r"\blaws?\b", left[-60:], re.IGNORECASE):
        raw -= 1.2
    return raw


def claim_places(prose: Prose, label: Label, ranked: list[RatedPlace]) -> list[Claim]:
    if not ranked or ranked[0].score < NULL:
        return []
    return [
        make_claim(prose, label.field.path, _span(prose, r.found), _value(prose, r.found), r.score)
        for r in ranked[:3]
    ]


def _span(prose: Prose, found: Found) -> tuple[int, int]:
    """A place's words; those of a people with the word that makes them a place ("Dutch law")."""
    if find_places(prose.plain[found.start : found.end]):
        return found.start, found.end
    after = _LAW_AFTER.match(prose.plain[found.end : found.end + 30])
    before = len("droit ") if prose.lower[: found.start].endswith("droit ") else 0
    return found.start - before, found.end + (after.end() if after else 0)


def _value(prose: Prose, found: Found) -> str:
    written = " ".join(prose.text[found.start : found.end].split())
    # CAPITALS are the letter's dress, not the place's name.
    composed = " laws of " in written or " or " in written
    of_people = str(found.value)[0].isupper() and not find_places(written)  # "Dutch" says it by its law
    plain_value = written.isupper() or composed or of_people or _ABBREVIATION.fullmatch(written)
    return str(found.value) if plain_value else written
