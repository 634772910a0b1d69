"""Any other field: typed candidates ranked by the words of the label around them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from docai.extraction.prose.claims import make_claim
from docai.extraction.prose.dates import probability
from docai.extraction.prose.document import Prose
from docai.extraction.prose.labels import Label, content_stems
from docai.extraction.prose.phrases import find_phrase
from docai.extraction.prose.sentences import WordIndex, stem
from docai.types import Claim
from docai.values.compare import find
from docai.values.spans import Found

_BEFORE_WORDS = 14
_KIND_WORDS = frozenset(
    stem(w)
    for w in (
        "amount",
        "number",
        "percent",
        "percentage",
        "email",
        "mail",
        "phone",
        "telephone",
        "period",
        "rate",
        "total",
    )
)
# "4." before its section is no quantity.
_ENUMERATES = re.compile(r"(?:^|\n)\d{1,2}[.)]")
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
    wanted = [words for words in (_telling(p) for p in (label.name, *label.phrases)) if words]
    hits = {p: [last for _, last in find_phrase(index, p, gap=2)] for p in (label.name, *label.phrases) if p}
    described = _telling(label.description)
    candidates = [
        f
        for f in find(label.field.kind, prose.plain, day_first=prose.day_first)
        if not _ENUMERATES.match(prose.plain[max(0, f.start - 1) : f.end + 2])
    ]
    rated: dict[str, _Rated] = {}
    for found in candidates:
        sentence = prose.sentence_at(found.start)
        at, end = index.token_at(found.start), index.token_at(found.end)
        window = (index.token_at(sentence.start), index.token_at(sentence.end))
        near = _nearness(index, at, end, window)
        for word in content_stems(f"{sentence.heading} {sentence.section}"):
            near[word] = max(near.get(word, 0.0), 0.6)
        raw = _phrase_strength(hits, at)
        raw += 2.2 * max((_coverage(words, near) for words in wanted), default=0.0)
        raw += 0.7 * _coverage(described, near)
        raw += 0.5 if len(candidates) == 1 else 0.0
        score = probability(raw)
        key = str(found.value)
        if key not in rated or rated[key].score < score:
            rated[key] = _Rated(found, score)
    return sorted(rated.values(), key=lambda r: (-r.score, r.found.start))


def _telling(stems: tuple[str, ...]) -> tuple[str, ...]:
    """Without words that name the kind of value, which stand nowhere near it."""
    return tuple(s for s in stems if s not in _KIND_WORDS)


def _nearness(index: WordIndex, at: int, end: int, window: tuple[int, int]) -> dict[str, float]:
    """Stem -> 1 next to a candidate, less further off, 0.5 elsewhere in its sentence."""
    near: dict[str, float] = {}
    for position in range(*window):
        distance = at - position if position < at else position - end + 1
        weight = 1.0 if distance <= 5 else 0.75 if distance <= _BEFORE_WORDS else 0.5
        near[index.stems[position]] = max(near.get(index.stems[position], 0.0), weight)
    return near


def _coverage(words: tuple[str, ...], near: dict[str, float]) -> float:
    return sum(near.get(w, 0.0) for w in words) / len(words) if words else 0.0


def _phrase_strength(hits: dict[tuple[str, ...], list[int]], at: int) -> float:
    """How closely a phrase of the label stands before a candidate."""
    best = 0.0
    for phrase, ends in hits.items():
        rank = bisect_left(ends, at) - 1
        if rank >= 0:
            distance = at - ends[rank] - 1
            if distance <= _BEFORE_WORDS:
                best = max(best, (1.0 + 0.3 * min(3, len(phrase))) * (1 - distance / (_BEFORE_WORDS + 1)))
    return 1.2 * best


def _sentence_strengths(prose: Prose, phrases: Iterable[tuple[str, ...]]) -> dict[int, float]:
    strengths: dict[int, float] = {}
    for phrase in phrases:
        for first, _ in find_phrase(prose.index, phrase, gap=3):
            number = prose.sentence_at(prose.index.starts[first]).number
            strengths[number] = strengths.get(number, 0.0) + 0.8 + 0.25 * min(3, len(phrase))
    return strengths


def _claim_sentence(prose: Prose, label: Label) -> list[Claim]:
    """For free text the sentence that speaks of the label most, its own heading taken off."""
    strengths = _sentence_strengths(prose, [p for p in (label.name, *label.phrases) if p])
    for sentence in prose.sentences:
        heading = set(content_stems(sentence.heading))
        if sentence.number in strengths and any(heading & set(p) for p in (label.name, *label.phrases)):
            strengths[sentence.number] += 0.7
    ranked = sorted(strengths, key=lambda n: (-strengths[n], n))
    claims = []
    for number in ranked[:2]:
        sentence = prose.sentences[number]
        span = (min(sentence.start + sentence.lead, sentence.end - 1), sentence.end)
        score = probability(strengths[number])
        if score >= _NEEDED:
            value = prose.text[span[0] : span[1]].strip()
            if any(c.isalpha() for c in value):
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
