"""Claims for fields that hold a period: term, renewal, notice, how long a duty lasts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docai.extraction.prose.claims import make_claim, make_operand
from docai.extraction.prose.dates import probability
from docai.extraction.prose.document import Prose
from docai.extraction.prose.facts import Facts
from docai.extraction.prose.generic import claim_generic
from docai.extraction.prose.labels import Label, find_role
from docai.extraction.prose.sentences import stem
from docai.extraction.prose.terms import RatedPeriod, find_notices, find_renewals
from docai.types import Claim

_NEEDED = 0.5
_PLAIN_TERM = frozenset(
    stem(w)
    for w in (
        "term",
        "initial",
        "period",
        "length",
        "duration",
        "agreement",
        "contract",
        "lease",
        "first",
        "run",
    )
) | {"lifetim", "validity", "valid"}
_RENEWING = frozenset(("renew", "extend", "non", "prolong", "extension"))
# "shall renew automatically under these same terms": by the term that it has.
_RENEWS_AS_BEFORE = re.compile(
    r"\bthereafter\b[^.;]{0,60}\b(?:renew|extend)\w*\s(?:automatically|itself)"
    r"|\bautomatically\s(?:be\s)?(?:renew|extend)\w*[^.;]{0,40}\b(?:same|like|identical)\b",
    re.IGNORECASE,
)
_RUNS_ON = re.compile(
    r"\bthereafter\b[^.;]{0,60}\b(?:continu|renew|remain|extend)\w*\b[^.;]{0,60}\b(?:until"
    r"|unless)\b[^.;]{0,40}\bterminat",
    re.IGNORECASE,
)
_SECRECY = re.compile(
    r"\b(?:confiden\w+|obligations?|duty|duties|disclos\w+|proprietary|secre\w+|undertakings?"
    r"|restrictions)\b",
    re.IGNORECASE,
)


def claim_periods(prose: Prose, facts: Facts, label: Label) -> list[Claim]:
    role = find_role(label, "duration")
    if role == "renewal":
        return _claim_renewal(prose, facts, label)
    if role == "notice":
        renewal = bool(label.words & _RENEWING) or bool(set(label.description) & _RENEWING)
        return _claims(prose, label, find_notices(prose, renewal=renewal), least=0.6)
    if role == "secrecy":
        return _claims(prose, label, _rate_secrecy(prose, facts)) or claim_generic(prose, label)
    if role == "term":
        if set(label.name) - _PLAIN_TERM:
            # "probation_period", "warranty_term": another period than the agreement's own.
            said = claim_generic(prose, label)
            if said:
                return said
        ranked = facts.terms
        if _speaks_of_secrecy(label):
            ranked = _rate_secrecy(prose, facts)
        return _claims(prose, label, ranked)
    return claim_generic(prose, label)


def _speaks_of_secrecy(label: Label) -> bool:
    text = label.field.description.lower()
    return "confiden" in text or "secre" in text or "disclos" in text


def _claims(
    prose: Prose, label: Label, ranked: Sequence[RatedPeriod], *, least: float = _NEEDED
) -> list[Claim]:
    """The best period above the null and its rivals."""
    if not ranked or ranked[0].score < least:
        return []
    claims: list[Claim] = []
    for item in ranked[:3]:
        span = (item.found.start, item.found.end)
        claims.append(make_claim(prose, label.field.path, span, item.found.value, item.score))
    other = ranked[0].found.alternative
    if other is not None:
        span = (ranked[0].found.start, ranked[0].found.end)
        claims.append(make_claim(prose, label.field.path, span, other, 0.4 * ranked[0].score))
    return claims


def _claim_renewal(prose: Prose, facts: Facts, label: Label) -> list[Claim]:
    ranked = find_renewals(prose)
    path = label.field.path
    if ranked and ranked[0].score >= _NEEDED:
        return [
            make_claim(
                prose,
                path,
                (item.found.start, item.found.end),
                f"successive {item.found.value}" if item.successive else item.found.value,
                item.score,
            )
            for item in ranked[:3]
        ]
    return _renews_as_before(prose, facts, label) or _runs_on(prose, label)


def _renews_as_before(prose: Prose, facts: Facts, label: Label) -> list[Claim]:
    for term in facts.terms[:2]:
        sentence = term.sentence
        if term.score >= _NEEDED and _RENEWS_AS_BEFORE.search(prose.plain, sentence.start, sentence.end):
            span = (term.found.start, sentence.end)
            return [
                make_claim(prose, label.field.path, span, f"successive {term.found.value}", 0.75 * term.score)
            ]
    return []


def _runs_on(prose: Prose, label: Label) -> list[Claim]:
    match = _RUNS_ON.search(prose.plain)
    if match is None:
        return []
    operand = make_operand(prose, match.span(), None)
    return [
        make_claim(
            prose, label.field.path, match.span(), "perpetual", 0.6, rule="perpetual", operands=(operand,)
        )
    ]


def _rate_secrecy(prose: Prose, facts: Facts) -> list[RatedPeriod]:
    """Periods for which a duty of confidence lasts; where none is named apart, the agreement's term."""
    rated = []
    for found in prose.durations:
        sentence = prose.sentence_at(found.start)
        text = prose.plain[sentence.start : sentence.end]
        left, right = prose.left(found.start, 200), prose.right(found.end, 100)
        if not _SECRECY.search(text):
            continue
        raw = 0.4
        raw += (
            0.9
            if re.search(
                r"\b(?:period|term|duration)\s(?:of|is|shall be)|\bfor\s?(?:an?\s)?$|\b(?:until"
                r"|expires?|terminates?|ends?|ceases?|lasts?)\b",
                left[-60:],
                re.IGNORECASE,
            )
            else 0.0
        )
        raw += (
            0.7
            if re.search(
                r"\b(?:surviv\w+|continue\w*|remain\w*|expires?|terminates?|lasts?|ends?|ceases?|effect|force)\b",
                text,
                re.IGNORECASE,
            )
            else 0.0
        )
        raw += (
            0.6
            if re.match(
                r"[\s,)]{0,3}(?:from|after|following|beginning|commencing|thereafter)\b", right, re.IGNORECASE
            )
            else 0.0
        )
        raw += 0.3 if re.search(r"\bterm|duration|surviv", sentence.heading, re.IGNORECASE) else 0.0
        if re.search(
            r"\b(?:notice|within|days|prior)\b", left[-40:] + right[:20], re.IGNORECASE
        ) or "day" in str(found.value):
            raw -= 1.6
        if re.search(r"\b(?:solicit|hire|employ|compet)\w*\b", text, re.IGNORECASE):
            raw -= 1.0
        rated.append(RatedPeriod(found, sentence, probability(raw)))
    rated += [RatedPeriod(t.found, t.sentence, 0.9 * t.score) for t in facts.terms]
    return sorted(rated, key=lambda r: (-r.score, r.found.start))
