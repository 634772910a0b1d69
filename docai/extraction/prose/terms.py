"""How long an agreement runs, how it renews, and how long before that one must say no."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docai.extraction.prose.dates import probability
from docai.extraction.prose.document import Prose
from docai.extraction.prose.sentences import Sentence
from docai.values.spans import Found

AGREEMENT = (
    r"(?:agreement|contract|lease|licen[cs]e|employment|engagement|appointment|addendum|term"
    r"|obligations)"
)
_TERM_SUBJECT = re.compile(
    rf"\b(?:initial\s+)?(?:term|duration|period)\s+(?:of|for|under)\s+(?:this|the"
    rf"|your)\s+[\w\s]{{0,24}}?{AGREEMENT}"
    rf"|\bthis\s+[\w\s]{{0,24}}?{AGREEMENT}\b[^.;]{{0,60}}?\b(?:shall|will|is|has|commences?"
    rf"|continues?|remains?|expires?|terminates?|begins?)\b"
    rf"|\bthe\s+{AGREEMENT}\s+(?:shall|will|is|begins?|commences?|runs?|continues?|lasts?|ends?)\b"
    r"|\binitial\s+(?:term|period)\b|\b(?:entire|full)\s[^.;]{0,40}\bterm\b"
    r"|\bthe\s+term\s+(?:shall|will|is|of|commences?|begins?)\b|\bterm\s+(?:hereof|hereunder)\b",
    re.IGNORECASE,
)
_RUNS = re.compile(
    r"\b(?:continue|remain|commence|begin|effective|in effect|in force|expire|end|terminate|run"
    r"|last|be for|valid|term of)\w*\b",
    re.IGNORECASE,
)
_TERM_HEADING = re.compile(r"\b(?:term|duration|period of agreement|laufzeit|dur[ée]e)\b", re.IGNORECASE)
# Words right before and after a period that is a term.
_TERM_LEFT = re.compile(
    r"(?:\b(?:period|term|duration)\s+(?:of|is|shall be|will be"
    r"|equal to)\s?(?:for\s)?(?:an?\s(?:initial\s)?(?:period|term)\sof\s)?"
    r"|\b(?:be|is|for|of|until|than|have|an?|the|initial|least|to|ending|entire|in effect"
    r"|effective|up to)\s?)"
    r"(?:\b(?:a|an|the|initial|term|period|of|for|maximum|minimum|fixed|at least|approximately"
    r"|entire|day prior to|first|later|day|prior|date that is)\s?|\()*$",
    re.IGNORECASE,
)
_TERM_RIGHT = re.compile(
    r"^\s?(?:\(\"?[\w\s\"]{0,30}\)\s?)?,?\s?(?:from|commencing|beginning|starting|after|following"
    r"|thereafter|of\sthe\s(?:date|effective)|terms?|period|unless|"
    r"(?:and|,)\s|\(|;|\.|$)",
    re.IGNORECASE,
)
_NOT_TERM = re.compile(
    r"\b(?:notice|within|days? prior|prior to|written|(?:un)?cured?|remed(?:y|ied)|breach|invoice"
    r"|payment|paid"
    r"|after receipt|interest|warrant\w*"
    r"|surviv\w*|insurance|non-?compet\w*|following (?:the )?(?:termination|expiration)"
    r"|after (?:the )?(?:termination|expiration)|period of limitation)\b",
    re.IGNORECASE,
)
# "through the day prior to the fourth anniversary" is a term all the same.
_DAY_BEFORE = re.compile(
    r"\b(?:day|date) (?:immediately )?(?:prior to|before|preceding) the $", re.IGNORECASE
)
# "during the Term and for two years thereafter": a duty that outlives the agreement.
_BEYOND = re.compile(
    r"\b(?:during|throughout)\b[^.;]{0,70}?\b(?:and|or)\b[^.;]{0,30}$"
    r"|^\W*term\b[^.;]{0,40}\band\s[^.;]{0,30}$|\bsurviv\w+[^.;]{0,90}$"
    r"|\bafter\b[^.;]{0,40}\bterminat[^.;]{0,30}$",
    re.IGNORECASE,
)
_RENEWS = re.compile(
    r"\b(?:renew(?:s|ed|al|als|able)?|extend(?:s|ed)?|extension|prolong\w*|automatically continue"
    r"|continues?\s(?:in\s(?:force|effect)\s)?for\s(?:\w+\s)?(?:like|further|additional|successive|consecutive|equal)"
    r"|verl[äa]nger\w*|renouvel\w*|reconduc\w*"
    r"|year to year|month to month)\b",
    re.IGNORECASE,
)
_SUCCESSIVE = re.compile(
    r"\b(?:successive|consecutive|subsequent|additional|further|automatic\w*|each|thereafter|like"
    r"|year to year|month to month|"
    r"every|tacit\w*|anniversary|basis)\b",
    re.IGNORECASE,
)
_RECURRENCE = re.compile(
    r"\b(?:every|each)\s(?:year|month)\b|\b(?:annually|monthly|yearly)\b(?!\s\w*\s?(?:period|term|basis))",
    re.IGNORECASE,
)
_ONE_MORE = re.compile(
    r"\b(?:one|1|a single)\s?(?:\(1\)\s?)?(?:additional|further|more|successive|renewal)\b"
    r"|\banother\b|\ban? (?:additional|further)\b",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"\b(?:notice|notif\w+|notification|intent\w*|advis\w+|inform\w*"
    r"|tells?|elect(?:s|ion)?|k[üu]ndig\w*|pr[ée]avis)\b",
    re.IGNORECASE,
)
# "unless terminated in writing three months before expiry"
_UNLESS = re.compile(r"\bunless\b[^.;]{0,90}\b(?:terminat|cancel|end)\w*[^.;]{0,40}$", re.IGNORECASE)
_BEFORE = re.compile(r"[\s,']{0,3}(?:before|prior to|ahead of|in advance of)\b", re.IGNORECASE)
_STOPS_RENEWAL = re.compile(
    r"\bnon-?\s?renew\w*|\bnot\s+(?:to\s+)?(?:be\s+)?(?:renew|extend)\w*|\bunless\b|\bcontrary\b"
    r"|\bdesire to terminate\b|\bdecision not\b"
    r"|\bdoes not (?:wish|intend|want)\b|\bintention (?:not )?to\b|\bwishing to renew\b|\bcancel\w*\b",
    re.IGNORECASE,
)
_TERM_END = re.compile(
    r"\b(?:before|prior\s+to|preceding|ahead\s+of|in advance of)\b[^.;]{0,50}\b(?:expir\w*|ends?|runs out"
    r"|conclusion"
    r"|termination|completion|renewal|anniversary|last day)\b"
    r"[^.;]{0,40}\b(?:term|period|agreement|renewal|year|thereof|contract|then)\b"
    r"|\bprior to (?:automatic )?renewal\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RatedPeriod:
    """A period with the probability that it plays a role; `sentence` is where it stands."""

    found: Found
    sentence: Sentence
    score: float
    successive: bool = False


def find_terms(prose: Prose) -> list[RatedPeriod]:
    """Periods that say how long the agreement runs, best first."""
    rated = []
    for found in prose.durations:
        raw = _rate_term(prose, found)
        if raw > 0.4:
            rated.append(RatedPeriod(found, prose.sentence_at(found.start), probability(raw)))
    return sorted(rated, key=lambda r: (-r.score, r.found.start))


def _rate_term(prose: Prose, found: Found) -> float:
    sentence = prose.sentence_at(found.start)
    text = prose.plain[sentence.start : sentence.end]
    left, right = prose.left(found.start, 160), prose.right(found.end, 100)
    near_left = left[-70:]
    subject = _TERM_SUBJECT.search(left) or _TERM_SUBJECT.search(text)
    if not subject and not _TERM_HEADING.search(sentence.heading):
        return 0.0
    raw = 0.0
    raw += 1.5 if _TERM_SUBJECT.search(left) else 0.6 if subject else 0.0
    raw += 0.6 if _TERM_HEADING.search(f"{sentence.heading} {sentence.section}") else 0.0
    raw += 0.5 if _RUNS.search(left) else 0.0
    raw += 0.9 if _TERM_LEFT.search(near_left) else 0.0
    raw += 0.4 if _TERM_RIGHT.search(right) else 0.0
    if (
        _NOT_TERM.search(_DAY_BEFORE.sub("", left)[-40:])
        or re.search(r"\b(?:every|each|per)\b", left[-14:], re.IGNORECASE)
        or re.match(r"[' ]{0,2}(?:prior|advance|written)?\s?notice|\s?days'?\s", right[:24])
    ):
        raw -= 1.6
    if re.search(r"\bnotice\b", right[:40], re.IGNORECASE) or re.match(
        r"\s?(?:prior|before|in advance)\b", right
    ):
        raw -= 1.4
    if re.match(
        r"\s?(?:after|following)\s(?:the\s|its\s|such\s|any\s)?(?:expir|terminat)", right, re.IGNORECASE
    ):
        raw -= 2.0
    renews = _RENEWS.search(left)
    if renews and not re.search(r"\binitial\b", left[-40:], re.IGNORECASE):
        raw -= 1.8
    if _BEYOND.search(left):
        raw -= 2.0
    if str(found.value).endswith(("day", "days", "week", "weeks")):
        raw -= 0.7
    return raw - 0.3 * found.start / max(1, len(prose.plain))


def find_renewals(prose: Prose) -> list[RatedPeriod]:
    """Periods by which the agreement is renewed, best first."""
    rated = []
    for found in [*prose.durations, *_recurrences(prose)]:
        sentence = prose.sentence_at(found.start)
        text = prose.plain[sentence.start : sentence.end]
        left, right = prose.left(found.start, 200), prose.right(found.end, 90)
        renews = list(_RENEWS.finditer(left))
        raw = 0.0
        if renews:
            raw += 2.0 - 0.006 * (len(left) - renews[-1].end())
        elif re.match(r"[\s-]{0,2}(?:renewal|extension)\b", right, re.IGNORECASE):
            raw += 1.6
        elif _RENEWS.search(text):
            raw += 0.3
        else:
            continue
        raw += 0.7 if re.search(r"automatic\w*|tacit\w*", text, re.IGNORECASE) else 0.0
        raw += 0.6 if _SUCCESSIVE.search(left[-60:]) else 0.0
        raw += (
            0.5
            if re.match(
                r"\s?(?:renewal\s|extension\s)?(?:terms?|periods?|basis|each)\b", right, re.IGNORECASE
            )
            else 0.0
        )
        raw += 0.4 if _TERM_HEADING.search(f"{sentence.heading} {sentence.section}") else 0.0
        raw -= 0.0 if re.search(r"\b(?:agreement|term|contract)\b", text, re.IGNORECASE) else 0.8
        if _NOTICE.search(left[-70:]) or re.match(
            r"['\s]{0,2}(?:prior|before|notice|written|in advance)", right, re.IGNORECASE
        ):
            raw -= 2.2
        if re.search(r"\binitial\b", left[-30:], re.IGNORECASE):
            raw -= 1.5
        if renews and re.search(
            r"\b(?:later than|beyond|exceed\w*)\b", left[renews[-1].end() :], re.IGNORECASE
        ):
            raw -= 1.5
        if raw > 0.4:
            once = _ONE_MORE.search(left[-60:] + text[len(left) : len(left)]) is not None
            around = left[-140:] + found.text + right[:40]
            rated.append(
                RatedPeriod(found, sentence, probability(raw), bool(_SUCCESSIVE.search(around)) and not once)
            )
    return sorted(rated, key=lambda r: (-r.score, r.found.start))


def _recurrences(prose: Prose) -> list[Found]:
    """`renewed every year`, `annually`: a period without a number, in sentences about renewal alone."""
    return [
        Found(m.start(), m.end(), m.group(), "1 month" if "month" in m.group().lower() else "1 year")
        for m in _RECURRENCE.finditer(prose.plain)
        if _RENEWS.search(prose.left(m.start(), 200))
    ]


def find_notices(prose: Prose, *, renewal: bool) -> list[RatedPeriod]:
    """Notice periods, best first; with `renewal` those that keep the agreement from renewing."""
    rated = []
    renews_in = {prose.sentence_at(m.start()).number for m in _RENEWS.finditer(prose.plain)}
    for found in prose.durations:
        sentence = prose.sentence_at(found.start)
        text = prose.plain[sentence.start : sentence.end]
        left, right = prose.left(found.start, 220), prose.right(found.end, 160)
        said = _NOTICE.search(left[-160:]) or _NOTICE.search(right[:90])
        if not said and not (renewal and _UNLESS.search(left) and _BEFORE.match(right)):
            continue
        raw = 0.5
        raw += (
            0.5
            if re.match(r"['\s]{0,2}(?:prior|before|written|advance|notice|in advance)", right, re.IGNORECASE)
            else 0.0
        )
        raw += (
            0.3
            if re.search(
                r"(?:at least|not less than|no less than|no later than|minimum of|upon|by)\s?(?:the\s)?$",
                left,
                re.IGNORECASE,
            )
            else 0.0
        )
        if renewal:
            here = _RENEWS.search(text) is not None
            near = any(sentence.number + d in renews_in for d in (-2, -1, 1))
            raw += 1.3 if here else 0.1 if near else -1.2
            raw += 0.5 if here and re.search(r"automatic|successive|thereafter", text, re.IGNORECASE) else 0.0
            raw += (
                0.8 if _TERM_END.search(right[:150]) or _TERM_END.search(left + found.text + right) else 0.0
            )
            raw += 0.6 if _STOPS_RENEWAL.search(text) and here else 0.0
            if re.search(r"\b(?:breach|default|cure|insolven\w+|invoice|payment)\b", text, re.IGNORECASE):
                raw -= 0.9
            if re.search(r"\binsur\w+|\bpolic(?:y|ies)\b", text + sentence.heading, re.IGNORECASE):
                raw -= 1.5
        else:
            raw += 0.8 if re.search(r"terminat|cancel|resign|kündig", text, re.IGNORECASE) else 0.0
            raw -= 0.6 if re.search(r"\b(?:breach|default|cure)\b", text, re.IGNORECASE) else 0.0
        if raw > 0.4:
            # Beside a renewal other notices stand too: never quite sure.
            sure = 0.88 if renewal else 1.0
            rated.append(RatedPeriod(found, sentence, sure * probability(raw)))
    return sorted(rated, key=lambda r: (-r.score, r.found.start))
