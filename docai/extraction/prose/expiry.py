"""When an agreement ends: as printed, or its start plus its term."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from docai.extraction.prose.claims import make_claim, make_operand
from docai.extraction.prose.dates import RatedDate, probability
from docai.extraction.prose.document import Prose
from docai.extraction.prose.labels import Label
from docai.extraction.prose.terms import AGREEMENT, RatedPeriod
from docai.types import Claim
from docai.values.dates import add_term
from docai.values.durations import parse_duration
from docai.values.spans import Found

NULL = 0.5
RULE = "start+term"
Dates: TypeAlias = list[tuple[float, RatedDate]]

_ENDS = re.compile(
    r"\b(?:expir\w{0,6}|terminat(?:e|es|ed|ing)|end(?:s|ing)?|until|through|thru|endet|expire|bis)\b"
    r"(?:\s|,|\b(?:on|at|the|midnight|close|of|business|later|earlier|and|including|as|end|season"
    r"|which|is|scheduled|to|in|its)\b"
    r"|\((?:i|a|1)\)){0,14}$",
    re.IGNORECASE,
)
# "from January 1, 2011 to December 31, 2013"
_RANGE = re.compile(
    r"\b(?:from|beginning|commencing)\s(?:on\s)?[^.;]{4,26}?\s(?:to|through|until|till)\s$", re.IGNORECASE
)
_ABOUT = re.compile(rf"\b(?:{AGREEMENT}|hereof|herein)\b", re.IGNORECASE)
_LABELLED = re.compile(
    r"\b(?:expir\w{1,6}|termination|end)\s+date\W{0,6}(?:shall be|means|is)?\W{0,3}$", re.IGNORECASE
)
_NOT_THE_END = re.compile(
    r"\b(?:payment|invoice|renew\w*|option|notice|insurance|warrant\w*|report|milestone|discount"
    r"|price|offer|audit|fiscal)\b",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"\b(?:begin|commenc|start)\w{0,6}\s(?:on|as of|from)\s$", re.IGNORECASE)
_LATER_OF = re.compile(r"\b(?:later|longer|latest|longest|greater)\s+of\b", re.IGNORECASE)
_EVENT = re.compile(
    r"^[^.;]{0,40}?\b(?:from|after|following|of|on|upon|commencing(?:\s+on|\s+as\s+of|\s+upon)?"
    r"|beginning(?:\s+on)?|thereafter)\s+(?:the\s+)?"
    r"(?P<event>[^.,;()]{3,60})",
    re.IGNORECASE,
)
_KNOWN_START = re.compile(
    r"\beffective\s+date|\bdate\s+(?:hereof|first|of\s+(?:this|the)\s+(?:agreement|contract"
    r"|execution|signing|last)|above)|\bexecution|"
    r"\bsign(?:ing|ature|ed)|\bhereof\b|\bfirst\s+(?:above|set|written)|\bcommencement\s+date"
    r"|\bits\s+effect|\bdate\s+set\s+forth|^date$",
    re.IGNORECASE,
)
_DAY_MADE = re.compile(
    r"\bhereof\b|\bdate\s+of\s+(?:this|the|its)\s+(?:agreement|contract|execution|signing)"
    r"|\bexecution\b|\bsign(?:ing|ature|ed)\b"
    r"|\bfirst\s+(?:above|set|written)|\bdate\s+set\s+forth",
    re.IGNORECASE,
)
_DAY_BEFORE = re.compile(
    r"\b(?:day|date)\s+(?:immediately\s+)?(?:prior\s+to|before|preceding)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class End:
    """A possible end of the term: printed at a span, or computed from a period and a start."""

    value: str
    score: float
    span: tuple[int, int]
    period: Found | None = None
    start: RatedDate | None = None


def find_ends(
    prose: Prose, rated: list[RatedDate], starts: Dates, made: Dates, terms: list[RatedPeriod]
) -> list[End]:
    """Ends best first. `rated`: all dates; `starts`: from when; `made`: of when; `terms`: how long."""
    ends = [end for item in rated if (end := _printed(prose, item)) is not None]
    ends += [end for term in terms[:4] if (end := _computed(prose, term, rated, starts, made)) is not None]
    return sorted(ends, key=lambda e: (-e.score, e.span[0]))


def _printed(prose: Prose, item: RatedDate) -> End | None:
    if item.value is None:
        return None
    left = prose.left(item.start, 170)
    sentence = prose.sentence_at(item.start)
    text = prose.plain[sentence.start : sentence.end]
    raw = 0.0
    if _LABELLED.search(left):
        raw += 3.0
    elif _ENDS.search(left) or (_RANGE.search(left) and re.search(r"\bterm\b", left, re.IGNORECASE)):
        raw += 1.7
        raw += 0.8 if _ABOUT.search(left) else -0.4
    else:
        return None
    heading = f"{sentence.heading} {sentence.section}"
    raw += 0.6 if re.search(r"\b(?:term|duration)\b", heading, re.IGNORECASE) else 0.0
    raw += 0.5 if re.search(r"\b(?:commenc|begin|start|continue|initial)\w*", text, re.IGNORECASE) else 0.0
    if re.search(r"\b(?:would|were to|was to|had)\b[^.;]{0,30}$", left, re.IGNORECASE):
        raw -= 1.5  # what would be without this paper
    if _NOT_THE_END.search(left[-90:]) or re.search(r"\brenew|\badditional\b", left, re.IGNORECASE):
        raw -= 1.5
    return End(item.value, probability(raw), (item.start, item.end))


def _computed(
    prose: Prose, term: RatedPeriod, rated: list[RatedDate], starts: Dates, made: Dates
) -> End | None:
    duration = parse_duration(str(term.found.value))
    if duration is None:
        return None
    text = prose.plain[term.sentence.start : term.sentence.end]
    left = prose.left(term.found.start, 170)
    right = prose.right(term.found.end, 140)
    chosen = _start_of(prose, term, right, rated, starts, made)
    if chosen is None or chosen[1].value is None:
        return None
    certainty, start = chosen
    score = term.score * (0.55 + 0.4 * certainty)
    if _LATER_OF.search(left):
        score *= 0.35
    # "until the day prior to the fourth anniversary"
    inclusive = bool(_DAY_BEFORE.search(left[-60:]) or _DAY_BEFORE.search(text[len(left) :][-1:]))
    try:
        value = add_term(str(start.value), duration, inclusive=inclusive)
        # "renewed for five years that shall begin on January 1, 2005": the day after the last one.
        if not inclusive and any(d.value == value and _BEGINS.search(prose.left(d.start, 40)) for d in rated):
            value = add_term(str(start.value), duration, inclusive=True)
    except ValueError:
        return None
    return End(value, score, (term.sentence.start, term.sentence.end), term.found, start)


def _start_of(
    prose: Prose,
    term: RatedPeriod,
    right: str,
    rated: list[RatedDate],
    starts: Dates,
    made: Dates,
) -> tuple[float, RatedDate] | None:
    """The date that a term counts from: printed in its sentence, defined elsewhere, or the start."""
    sentence = term.sentence
    inside = [d for d in rated if d.value and sentence.start <= d.start < sentence.end and d.begins > 0.5]
    if inside:
        return 0.95, min(inside, key=lambda d: abs(d.start - term.found.start))
    event = _EVENT.match(right)
    named = event.group("event") if event else ""
    if named and not _KNOWN_START.search(named):
        defined = _defined_date(prose, named, rated)
        if defined:
            return 0.9, defined
        if re.search(
            r"\b(?:date|launch|delivery|closing|completion|commencement|acceptance|installation"
            r"|opening|year)\b",
            named,
            re.IGNORECASE,
        ):
            return None
    if made and _DAY_MADE.search(named):
        return made[0]
    return starts[0] if starts else None


def _defined_date(prose: Prose, named: str, rated: list[RatedDate]) -> RatedDate | None:
    """The date that the text defines as, say, "Launch Date"."""
    words = re.match(r"(?:[A-Z][\w-]*\s?){1,4}", named)
    if words is None:
        return None
    term = words.group().strip()
    for item in rated:
        if item.value and (
            re.match(rf"[\s,]{{0,3}}\(?(?:the\s)?\"?{re.escape(term)}", prose.right(item.end, 60))
            or re.search(
                rf"{re.escape(term)}\W{{0,4}}(?:\s?(?:shall|means?|be|is)\s?){{0,3}}\W{{0,3}}$",
                prose.left(item.start, 60),
            )
        ):
            return item
    return None


def claim_ends(prose: Prose, label: Label, ends: list[End]) -> list[Claim]:
    claims: list[Claim] = []
    if not ends or ends[0].score < NULL:
        return claims
    seen: set[str] = set()
    for end in ends:
        if end.value in seen or len(claims) >= 3:
            continue
        seen.add(end.value)
        if end.period is None or end.start is None:
            claims.append(make_claim(prose, label.field.path, end.span, end.value, end.score))
            continue
        operands = (
            make_operand(prose, (end.period.start, end.period.end), end.period.value),
            make_operand(prose, (end.start.start, end.start.end), end.start.value, role="definition"),
        )
        claims.append(
            make_claim(prose, label.field.path, end.span, end.value, end.score, rule=RULE, operands=operands)
        )
    return claims
