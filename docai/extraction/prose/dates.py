"""Which date of an agreement is which: made, in force from, or neither."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from docai.extraction.prose.claims import make_absence, make_claim
from docai.extraction.prose.document import Prose
from docai.extraction.prose.labels import Label
from docai.types import Claim
from docai.values.dates import find_dates
from docai.values.spans import Found

_LINK = r"(?:\s|,|:|\b(?:as|of|on|this|the|is|in|and|from|date|day|duplicate|counterparts?)\b){0,8}"
_MADE = re.compile(
    rf"\b(?:dated|made|entered(?:\s+into)?|executed|concluded|signed|agreement date|contract date"
    rf"|date of agreement"
    rf"|geschlossen|fait|datum){_LINK}(?:\bas\s+)?(?:\bin\s[A-Z][\w]{{2,20}}\s(?:on\s)?)?{_LINK}$",
    re.IGNORECASE,
)
_PLAIN_DATE = re.compile(r"(?:^|\n|\W)date(?:d)?\s?[:\s]\s?$", re.IGNORECASE)
_AS_OF = re.compile(r"\bas of(?: the| this)?\s?$|\b(?:this|the)\s?$|\bon\s?$", re.IGNORECASE)
_START_LEFT = re.compile(
    r"\b(?:effective(?:\s+date)?(?:\s+of\s+(?:this|the)\s[\w ]{2,40})?|in effect|in force"
    r"|takes? effect|with effect|effect|inception|valid)"
    r"(?:\s|,|:|\b(?:as|of|on|from|is|shall|be|the|this|means|date|beginning|starting|day|and|ab|le)\b){0,9}$"
    r"|\b(?:commenc|begin|start)\w{0,6}(?:\s+effective)?(?:\s|,|\b(?:on|as|of|from|the|date"
    r"|effective)\b){0,6}$"
    r"|\b(?:in kraft(?: am)?|ab dem|prend effet le)\s?$",
    re.IGNORECASE,
)
_STRONG_START = re.compile(r"\beffective\b|\bin force\b|\beffect\b|\bcommencement date\b", re.IGNORECASE)
_DEFINES_START = re.compile(
    r"^[\s,)]{0,4}\(?\s?(?:the|this|such date being the|which is the|being the)?\s?\"?\s?\W{0,2}"
    r"(?:effective|commencement|start|starting|inception)\s+date",
    re.IGNORECASE,
)
_MEANS_START = re.compile(
    r"\W{0,4}(?:\d[\d.]*\s)?(?:the\s)?\W?(?:effective|commencement"
    r"|start)\s+date\W{0,2}\s(?:shall\s)?(?:means?|be|is)\b",
    re.IGNORECASE,
)
_OTHER_PAPER = re.compile(
    r"(?<!this )(?<!\()\b(?:Agreement|Contract|Lease|Letter|Plan|Directive)\b[^()]{0,24}\bdated\b",
    re.IGNORECASE,
)
_END_LEFT = re.compile(
    r"\b(?:expir\w{0,6}|terminat\w{0,6}|end\w{0,4}|until|through|thru|later than|by|before"
    r"|prior to|not exceed)"
    r"(?:\s|,|\b(?:on|at|the|midnight|close|of|business|later|earlier|and|including|\(i\)|\(a\))\b){0,8}$",
    re.IGNORECASE,
)
_FOREIGN = re.compile(
    r"\b(?:that certain|amended|amendment|act of|prior|previous|original|born|pursuant to"
    r"|supersed\w+|registered|"
    r"incorporated|conferred|letter|invoice|payment|purchase agreement|stock purchase"
    r"|license agreement|filed)\b",
    re.IGNORECASE,
)
_THAT_PAPER = re.compile(
    r"\b(?:that certain|amends?|amending|existing|original|prior|previous)\b", re.IGNORECASE
)
_LABEL_START = re.compile(r"\b(?:effective|commencement|start(?:ing)?)\s+date\s?:?\s?$", re.IGNORECASE)
_OF_TERM = re.compile(
    r"\b(?:agreement|contract|term|lease|employment|engagement|appointment|services)\b", re.IGNORECASE
)
_SIGNING = re.compile(
    r"in witness whereof|by:|signature|signed by|name:|title:|authorized (?:signatory"
    r"|representative)|/s/|its:",
    re.IGNORECASE,
)
_REDACTED = re.compile(r"\[[\s*•·.X-]{1,14}\]")


_ON_SIGNING = re.compile(
    r"\b(?:(?:last|latest|later|latter|final)\s(?:[a-z]+\s){0,4}(?:date|sign|execut)\w*"
    r"|date\s(?:of\s|on\swhich\s|when\s)[^.;]{0,60}"
    r"\bsign(?:ed|ature|ing)?|signature\s(?:page|date|block))",
    re.IGNORECASE,
)
_EFFECT_ON_SIGNING = re.compile(
    r"\b(?:takes?|come\w*|enter\w*)\s(?:in)?(?:to\s)?(?:effect|force)\b[^.;]{0,60}\b(?:sign|execut)\w*"
    r"|\beffective\b[^.;]{0,30}\b(?:on|upon|as of)\b[^.;]{0,40}\b(?:sign(?:ed|ature|ing)|execution)",
    re.IGNORECASE,
)
_MONTH_YEAR = re.compile(r"\b([A-Z][a-zA-Z]{2,8})\b\.?,?\s{0,2}(?:of\s)?((?:19|20)\d\d)\b")
# Below this probability a field is rather not in the document.
NULL = 0.4


@dataclass(frozen=True, slots=True)
class RatedDate:
    """A date (or an open place for one) with raw scores for each role; `blank` is `blank` or `redacted`.

    `month`: what an open place says of its date, as `2016-03`; empty where it leaves the month open too.
    """

    start: int
    end: int
    value: str | None
    made: float
    begins: float
    blank: str | None = None
    alternative: str | None = None
    signing: bool = False
    month: str = ""


def probability(raw: float) -> float:
    """A raw score as a probability; 1.6 is as likely right as wrong."""
    return 1 / (1 + math.exp(-1.4 * (raw - 1.6)))


def rate_dates(prose: Prose) -> list[RatedDate]:
    """All dates and blanks with their role scores, in reading order."""
    rated = [_rate(prose, found, None) for found in prose.dates]
    taken = [(d.start, d.end) for d in rated]
    for blank in prose.blank_dates:
        if all(blank.end <= a or blank.start >= b for a, b in taken):
            rated.append(_rate(prose, blank, "redacted" if _REDACTED.search(blank.text) else "blank"))
    return sorted(rated, key=lambda d: d.start)


def _rate(prose: Prose, found: Found, blank: str | None) -> RatedDate:
    left = prose.left(found.start, 110)
    right = prose.right(found.end, 70)
    opening_start, opening_end = prose.opening
    in_opening = opening_start <= found.start < opening_end
    sentence = prose.sentence_at(found.start)
    whole = prose.plain[sentence.start : sentence.end]
    near = prose.plain[max(0, found.start - 260) : found.end + 200]
    made, begins = 0.0, 0.0
    start_left = _START_LEFT.search(left)
    if _MADE.search(left) and not (start_left and _nearer(start_left.group(), left)):
        made += 2.6
    elif _PLAIN_DATE.search(left):
        made += 1.0
    elif in_opening and _AS_OF.search(left):
        made += 1.6
    if start_left:
        strength = 3.0 if _STRONG_START.search(start_left.group()) else 1.6
        begins += (
            strength + 0.6
            if in_opening or _OF_TERM.search(left) or _LABEL_START.search(left)
            else strength / 3
        )
        made += 0.4 if in_opening else 0.0
    if _DEFINES_START.search(right):
        begins += 3.6
    elif _MEANS_START.match(whole):
        begins += 3.2
    if in_opening:
        made += 1.8
        begins += 0.9
    elif found.start < opening_start and prose.running.page_at(found.start) == prose.view.pages[0].number:
        made += 1.3 if found.end - found.start > 0.5 * len(whole.strip(" .")) else 0.4
    if made and begins < 1 and _same_date(left, right):
        begins += 0.4
    foreign = _FOREIGN.search(left) or _OTHER_PAPER.search(left)
    if (foreign and not in_opening) or _THAT_PAPER.search(left[-90:]):
        made -= 1.5
        begins -= 1.0
    if _END_LEFT.search(left):
        made -= 2.0
        begins -= 2.5
    signing = not in_opening and found.start > opening_end and len(_SIGNING.findall(near)) >= 2
    if signing and made > 0:
        made += 0.4
    made -= 0.8 * found.start / max(1, len(prose.plain)) if not signing else 0.3
    begins -= 0.6 * found.start / max(1, len(prose.plain))
    value = None if blank else str(found.value)
    other = str(found.alternative) if found.alternative else None
    month = _month_of(found.text) if blank == "blank" else ""
    return RatedDate(found.start, found.end, value, made, begins, blank, other, signing, month)


def _month_of(text: str) -> str:
    """`2016-03` of "day of March, 2016"; empty without a month and a whole year."""
    named = _MONTH_YEAR.search(text)
    dates = find_dates(f"{named.group(1)} 1, {named.group(2)}") if named else []
    return str(dates[0].value)[:7] if dates else ""


def _nearer(start_left: str, left: str) -> bool:
    """Whether the date is called the start, and not the day of signing, by the words next to it."""
    made = max(
        (left.lower().rfind(w) for w in ("dated", "made", "entered", "executed", "signed")), default=-1
    )
    return len(left) - len(start_left) > made


def _same_date(left: str, right: str) -> bool:
    return bool(re.search(r"effective", left + right, re.IGNORECASE))


def best_dates(rated: Iterable[RatedDate], role: str) -> list[tuple[float, RatedDate]]:
    """(probability, date) best first, one for each value; a date said twice in that role gains a little."""
    groups: dict[str, list[tuple[float, RatedDate]]] = {}
    for item in rated:
        raw = item.made if role == "made" else item.begins
        groups.setdefault(item.value or f"@{item.start}", []).append((raw, item))
    best = []
    for members in groups.values():
        members.sort(key=lambda m: (-m[0], m[1].start))
        support = sum(0.25 for raw, _ in members[1:4] if raw > 0.8)
        best.append((probability(members[0][0] + support), members[0][1]))
    return sorted(best, key=lambda b: (-b[0], b[1].start))


def find_made(rated: list[RatedDate]) -> list[tuple[float, RatedDate]]:
    """When the agreement was made: as its opening says, else as its signatures are dated (the latest)."""
    best = [(p, d) for p, d in best_dates(rated, "made") if p > 0.2 and not (d.signing and p < 0.5)]
    signed = [d for d in rated if d.signing and d.value]
    if (not best or best[0][0] < 0.5) and signed:
        last = max(signed, key=lambda d: (d.value or "", -d.start))
        best.insert(0, (0.55, last))
    if best and best[0][1].blank:
        # Only the day was left open, to be written by hand, and who signed wrote it.
        filled = [d for d in signed if _completes(d, best[0][1])]
        if filled:
            best.insert(0, (0.75, max(filled, key=lambda d: (d.value or "", -d.start))))
    if best and best[0][1].blank:
        # "dated as of ____, 2012, but effective as of February 20, 2012": the day that is there.
        best.sort(key=lambda b: not (b[1].value and b[0] >= 0.5 and not b[1].signing))
    return best


def _completes(date: RatedDate, blank: RatedDate) -> bool:
    """Whether a date falls into the month of an open place like "day of March, 2016"."""
    return bool(blank.month and date.value and date.value.startswith(blank.month))


def find_start(rated: list[RatedDate], *, on_signing: bool = False) -> list[tuple[float, RatedDate]]:
    """From when the agreement is in force: as it says, else the day on which it was made.

    `on_signing`: the agreement says that it starts when the last party has signed.
    """
    best = [(p, d) for p, d in best_dates(rated, "start") if p > 0.3]
    made = find_made(rated)
    if best and best[0][1].blank and made and _completes(made[0][1], best[0][1]):
        return [made[0], *best]
    if best and best[0][0] >= 0.5:
        return best
    if made:
        p, item = made[0]
        best.append((0.7 if on_signing and item.signing else 0.78 * p, item))
    return sorted(best, key=lambda b: -b[0])


def starts_on_signing(prose: Prose) -> bool:
    """Whether the agreement leaves its start to the signatures."""
    opening = _ON_SIGNING.search(prose.plain, *prose.opening)
    return opening is not None or _EFFECT_ON_SIGNING.search(prose.plain) is not None


def claim_dates(prose: Prose, label: Label, ranked: list[tuple[float, RatedDate]]) -> list[Claim]:
    """The best date and up to two rivals; an absence where the best place is open."""
    claims: list[Claim] = []
    path = label.field.path
    if not ranked or ranked[0][0] < NULL:
        return claims
    # A date that was found elsewhere in spite of an open place stands without it.
    ranked = ranked[:1] if ranked[0][1].blank else [r for r in ranked if not r[1].blank]
    for score, item in ranked[:3]:
        span = (item.start, item.end)
        if item.blank:
            claims.append(make_absence(prose, path, span, score, redacted=item.blank == "redacted"))
        else:
            claims.append(make_claim(prose, path, span, item.value, score))
            if item.alternative:
                claims.append(make_claim(prose, path, span, item.alternative, score * 0.35))
    return claims
