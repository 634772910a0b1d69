"""When a term ends, where the document says only when it begins and how long it runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from docai.answering.candidates import Candidate, pick_value, rate_passages
from docai.answering.question import Question
from docai.types import Passage
from docai.values.dates import add_term
from docai.values.durations import parse_duration

_SURE_TERM = 1.0  # rating of the sentence with the term: it must speak of a term, not of any period
_SURE_START = 0.7
# Periods that are not the agreement's own: after its end, of secrecy, of records, to cure, to give notice.
_ELSE = re.compile(
    r"\b(?:after|following) (?:the |any |such )?(?:expir\w*|terminat\w*|disclos\w*|receipt|completion|end)\b"
    r"|\bconfiden\w*|\bwarrant\w*|\brecords\b|\bcure\b|\bsurviv\w*|\bnotice\b|\bpayments?\b"
)


def derive_end(question: Question, passages: Sequence[Passage]) -> tuple[str, Candidate, Candidate] | None:
    """End (ISO date), the sentence with the term, the sentence with the start; None where one is missing."""
    term = _find(
        replace(question, asked="duration", also=None, topics=frozenset(("end",))), passages, _SURE_TERM
    )
    if term is None:
        return None
    duration = parse_duration(term[0])
    for topic in ("start", "made"):
        start = _find(replace(question, asked="date", topics=frozenset((topic,))), passages, _SURE_START)
        if start is not None and duration is not None and duration.count:
            try:
                return add_term(start[0], duration), term[1], start[1]
            except (ValueError, OverflowError):  # a year beyond the calendar
                return None
    return None


def _find(question: Question, passages: Sequence[Passage], least: float) -> tuple[str, Candidate] | None:
    candidates, _ = rate_passages(question, passages)
    for candidate in [c for c in candidates if not _ELSE.search(c.plain)][:1]:
        found = pick_value(question, candidate)
        if found is not None and candidate.score >= least:
            return str(found.value), candidate
    return None
