"""The document's title: the large words on top that say what kind of paper it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import median

from docai.extraction.prose.claims import make_claim
from docai.extraction.prose.document import Prose
from docai.extraction.prose.labels import Label
from docai.extraction.prose.text import Line
from docai.types import Claim

_PAPER = re.compile(
    r"\b(?:agreement|contract|lease|deed|amendment|addendum|memorandum|letter|licen[cs]e"
    r"|undertaking|policy|statement|certificate|order|"
    r"plan|note|guaranty|guarantee|assignment|settlement|release|consent|notice|resolution|report"
    r"|terms and conditions|vertrag|"
    r"\w{0,16}vertrag|\w{0,16}vereinbarung|contrat|accord|convention)\b",
    re.IGNORECASE,
)
_NOT_TITLE = re.compile(
    r"(?i)^\W{0,3}(?:exhibits?|source|page|confidential(?:ity)? (?:treatment|portions)|portions"
    r"|quicklinks|draft|execution (?:copy|version)|table of contents"
    r"|dated|between|by and|and|among|this|the (?:parties|effective)|whereas|certain|text marked"
    r"|information in|\[|\(|article|section|\d)"
)
_STRIP_LEAD = re.compile(
    r"(?i)^(?:exhibits?\s[\w.()-]{1,14}\s|(?:execution|conformed)\s(?:copy|version)\s"
    r"|confidential\s(?!(?:disclosure|information|settlement|separation|treatment\s+agreement))|draft\s[^A-Z]{0,30}\s)"
)
# A page number or a stray sign behind a dash: "Master Services Agreement - 1".
_STRIP_TAIL = re.compile(
    r"(?:\s+(?:[-–—|~]{1,2}\s*(?:page\s)?\d{0,3}|[|~_=*.]{1,2})\s*[|~_.]?)+$", re.IGNORECASE
)
_SELF = re.compile(
    r"(?i)\bthis\s+(?P<name>(?:[\w,&/'()-]+\s+){0,8}?(?:agreement|contract|lease|deed|amendment"
    r"|addendum|memorandum|letter))\b"
    r"[^\n]{0,40}?(?:\(|is|,|dated|made|entered|by and)"
)
_LEADING = re.compile(
    r"(?P<name>[A-Z][A-Z ,&'/-]{2,90}?(?:AGREEMENT|CONTRACT|LEASE|DEED|AMENDMENT))\b(?=,| dated| made)"
)
_LINES = 60


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    text: str
    score: float


def find_title(prose: Prose) -> list[tuple[float, tuple[int, int], str]]:
    """(score, span, text) best first."""
    lines = [line for line in prose.running.lines[:_LINES] if line.page <= prose.view.pages[0].number + 1]
    if not lines:
        return []
    heights = median(line.box.y1 - line.box.y0 for line in lines)
    own_name = _self_name(prose)
    blocks = [
        block
        for first in range(len(lines))
        for size in (1, 2, 3)
        if (block := _block(prose, lines[first : first + size], size, first, heights, own_name)) is not None
    ]
    blocks += _from_opening(prose)
    ranked: list[_Block] = []
    for block in sorted(blocks, key=lambda b: (-b.score, b.start)):
        if all(block.text.casefold() != kept.text.casefold() for kept in ranked):
            ranked.append(block)
    return [(b.score, (b.start, b.end), b.text) for b in ranked[:3]]


def _from_opening(prose: Prose) -> list[_Block]:
    """What the document calls itself: "Under this e-business Hosting Agreement"."""
    start, end = prose.opening
    match = _SELF.search(prose.plain, start, min(end, start + 300))
    if match is None or len(_words(match.group("name"))) < 2:
        match = _LEADING.match(prose.plain, start, end)
    if match is None:
        return []
    span = match.span("name")
    return [_Block(*span, " ".join(prose.text[span[0] : span[1]].split()), 0.745)]


def _self_name(prose: Prose) -> frozenset[str]:
    start, end = prose.opening
    match = _SELF.search(prose.plain, start, min(end, start + 300))
    return frozenset(_words(match.group("name"))) if match else frozenset()


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]{3,}", text.lower())


def _block(
    prose: Prose, lines: list[Line], size: int, first: int, usual_height: float, own_name: frozenset[str]
) -> _Block | None:
    if len(lines) < size or any(line.page != lines[0].page for line in lines):
        return None
    start, end = lines[0].start, lines[-1].end
    text = prose.text[start:end].replace("\n", " ")
    lead = _STRIP_LEAD.match(text)
    if lead:
        start, text = start + lead.end(), text[lead.end() :]
    tail = _STRIP_TAIL.search(text)
    if tail:
        end, text = end - len(tail.group()), text[: tail.start()]
    if not _PAPER.search(text) or _NOT_TITLE.match(text) or len(text) > 130 or text.endswith((",", ";")):
        return None
    words = re.findall(r"[^\W\d_]+", text)
    capital = sum(w[0].isupper() for w in words if len(w) > 3 or w.isupper())
    needed = sum(len(w) > 3 or w.isupper() for w in words)
    if not words or len(words) > 16 or capital < 0.8 * needed:
        return None
    score = 0.62 - 0.006 * first - 0.1 * (size - 1)
    score += 0.1 if text.isupper() else 0.0
    score += 0.12 if _PAPER.search(words[-1]) or _PAPER.search(text.rstrip(" .)")[-14:]) else -0.1
    height = sum(line.box.y1 - line.box.y0 for line in lines) / len(lines)
    score += 0.08 if height > 1.2 * usual_height else 0.0
    if own_name:
        shared = len(own_name & set(_words(text))) / len(own_name | set(_words(text)))
        score += 0.25 * shared
    if re.search(r"\b(?:between|among|by and|dated|number|pursuant)\b|\. ", text, re.IGNORECASE):
        score -= 0.4
    if any(_incomplete(prose, line) for line in lines[:1]) or _follows(prose, lines[-1]):
        score -= 0.15
    return _Block(start, end, " ".join(text.split()), min(0.97, score))


def _incomplete(prose: Prose, line: Line) -> bool:
    """Whether the words before belong to the same line of a sentence."""
    before = prose.text[max(0, line.start - 40) : line.start].rstrip()
    return before.endswith((",", " and", " of", " the", " AND", " OF", "&"))


def _follows(prose: Prose, line: Line) -> bool:
    return prose.text[line.end - 4 : line.end].lower().endswith((" and", " of", " the", "&", " for"))


def claim_titles(prose: Prose, label: Label) -> list[Claim]:
    return [
        make_claim(prose, label.field.path, span, text, score)
        for score, span, text in find_title(prose)
        if score > 0.2
    ]
