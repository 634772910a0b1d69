"""Any other field: typed candidates ranked by the words of the label around them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from docai.extraction.prose.claims import make_claim
from docai.extraction.prose.dates import probability
from docai.extraction.prose.document import Prose
from docai.extraction.prose.labels import Label
from docai.extraction.prose.phrases import find_phrase
from docai.types import Claim
from docai.values.compare import find
from docai.values.spans import Found

_BEFORE_WORDS, _AFTER_WORDS = 14, 8
_NEEDED = 0.5


@dataclass(frozen=True, slots=True)
class _Rated:
    found: Found
    score: float


def claim_generic(prose: Prose, label: Label) -> list[Claim]:
    """Best candidate of the field's kind near its label's words; nothing where the words are not near."""
    field = label.field
    if field.kind == "enum":
        return _claim_enum(prose, label)
    if field.kind in ("text", "title", "address"):
        return _claim_sentence(prose, label)
    rated = _rate_all(prose, label)
    if not rated or rated[0].score < _NEEDED:
        return []
    keep = rated if field.many else rated[:3]
    path = field.path.removesuffix("/*")
    claims = []
    for n, item in enumerate(keep):
        if field.many and item.score < _NEEDED:
            break
        target = f"{path}/{n}" if field.many else field.path
        span = (item.found.start, item.found.end)
        claims.append(make_claim(prose, target, span, item.found.value, item.score))
    return claims


def _rate_all(prose: Prose, label: Label) -> list[_Rated]:
    index = prose.index
    phrases = [label.name, *label.phrases]
    hits = {p: [last for _, last in find_phrase(index, p, gap=2)] for p in set(phrases) if p}
    words = set(label.name) | {w for p in label.phrases for w in p}
    rated: dict[str, _Rated] = {}
    for found in find(label.field.kind, prose.plain, day_first=prose.day_first):
        at = index.token_at(found.start)
        end = index.token_at(found.end)
        raw = _phrase_strength(hits, at)
        near = set(index.stems[max(0, at - _BEFORE_WORDS) : at] + index.stems[end : end + _AFTER_WORDS])
        raw += 1.2 * len(words & near) / max(1, min(len(words), 4))
        heading = prose.sentence_at(found.start).heading.lower()
        raw += 0.4 if any(w in heading for w in label.name) else 0.0
        score = probability(raw)
        key = str(found.value)
        if key not in rated or rated[key].score < score:
            rated[key] = _Rated(found, score)
    return sorted(rated.values(), key=lambda r: (-r.score, r.found.start))


def _phrase_strength(hits: dict[tuple[str, ...], list[int]], at: int) -> float:
    """How closely a phrase of the label stands before a candidate."""
    best = 0.0
    for phrase, ends in hits.items():
        rank = bisect_left(ends, at) - 1
        if rank >= 0:
            distance = at - ends[rank] - 1
            if distance <= _BEFORE_WORDS:
                best = max(best, (1.0 + 0.3 * min(3, len(phrase))) * (1 - distance / (_BEFORE_WORDS + 1)))
    return 1.6 * best


def _sentence_strengths(prose: Prose, phrases: Iterable[tuple[str, ...]]) -> dict[int, float]:
    strengths: dict[int, float] = {}
    for phrase in phrases:
        for first, _ in find_phrase(prose.index, phrase, gap=3):
            number = prose.sentence_at(prose.index.starts[first]).number
            strengths[number] = strengths.get(number, 0.0) + 0.5 + 0.25 * min(3, len(phrase))
    return strengths


def _claim_sentence(prose: Prose, label: Label) -> list[Claim]:
    """For free text the sentence that speaks of the label most, its own heading taken off."""
    strengths = _sentence_strengths(prose, [p for p in (label.name, *label.phrases) if p])
    for sentence in prose.sentences:
        heading = set(sentence.heading.lower().split())
        if sentence.number in strengths and heading & {w for w in label.name if len(w) > 3}:
            strengths[sentence.number] += 0.6
    ranked = sorted(strengths, key=lambda n: (-strengths[n], n))
    claims = []
    for number in ranked[:2]:
        sentence = prose.sentences[number]
        span = (min(sentence.start + sentence.lead, sentence.end - 1), sentence.end)
        score = probability(strengths[number])
        if score >= _NEEDED:
            value = prose.text[span[0] : span[1]].strip()
            if value:
                claims.append(make_claim(prose, label.field.path, span, value, score))
    return claims


def _claim_enum(prose: Prose, label: Label) -> list[Claim]:
    """The choice whose own words stand in the sentence that speaks of the label."""
    strengths = _sentence_strengths(prose, [p for p in (label.name, *label.phrases) if p])
    best: tuple[float, int, int, str] | None = None
    for choice in label.field.enum:
        wanted = choice.replace("_", " ").lower()
        at = prose.lower.find(wanted)
        while at >= 0 and wanted:
            sentence = prose.sentence_at(at)
            strength = strengths.get(sentence.number, 0.0) + (0.8 if at < prose.opening[1] else 0.0)
            if best is None or strength > best[0]:
                best = (strength, at, at + len(wanted), choice)
            at = prose.lower.find(wanted, at + len(wanted))
    if best is None or probability(best[0]) < 0.3:
        return []
    return [
        make_claim(prose, label.field.path, (best[1], best[2]), best[3], probability(best[0]), rule="clause")
    ]
