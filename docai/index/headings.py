"""Section headings: which rows are one, and under which a paragraph stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docai.index.rows import Row

HEADING_MARK = " › "
"""Between the headings of a path."""
_LONGEST_CHARS = 90
_MOST_WORDS = 12
_SECTION = re.compile(
    r"(?:article|section|part|chapter|schedule|exhibit|annex|appendix|artikel|abschnitt|anlage|teil)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"§?\s?(\d{1,3}(?:\.\d{1,3}){0,4})[.)]?\s+|(?:[A-Z]|[IVX]{1,5})\.\s+|§\s?\d{1,4}\s+")
_RUN_IN = re.compile(
    r"(?:§?\s?(?P<number>\d{1,3}(?:\.\d{1,3}){0,4})[.)]?|\(?[a-z]{1,3}\)|[A-Z]\.|[IVX]{1,5}\.|"
    r"(?:article|section)\s[\dIVX.]{1,8}[.:]?)\s{1,3}"
    r"(?P<name>[A-Z][^.:;()]{2,70})[.:]\s{1,3}\S",
    re.IGNORECASE,
)
_QUOTES = "()\"'“”‘’,"
_SMALL_WORDS = " a an and as at by for from in into its no not of on or the to under with und der die "
_TALL = 1.2
_LETTER_LEVEL = 5
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Heading:
    """`level`: 0 for articles and exhibits, 1 for the sections in them, more for numbers with dots."""

    level: int
    text: str


def as_heading(row: Row, usual_height: float, right_edge: float) -> Heading | None:
    """The heading that a row is: short, not a sentence, and set apart by capitals, number or size."""
    text = row.text
    if len(text) > _LONGEST_CHARS or row.cells > 2 or text.endswith((",", ";")):
        return None
    numbered = _NUMBERED.match(text)
    name = text[numbered.end() :] if numbered else text
    words = [word for word in name.split() if any(c.isalpha() for c in word)]
    letters = sum(c.isalpha() for c in name)
    if not words or len(words) > _MOST_WORDS or letters < 3 or letters < 0.5 * len(name):
        return None
    section = _SECTION.match(text)
    if text.endswith(".") and not (numbered or (section and len(words) <= 3)):
        return None
    level = 0 if section else (numbered.group(1) or "").count(".") + 1 if numbered else 1
    capitals = name.isupper() and letters >= 4
    titled = _is_titled(words)
    wide = row.box.x1 > right_edge - 2 * row.height and len(text) > 60
    if capitals and not wide:
        return Heading(level, text)
    if titled and not wide and (numbered or section or row.height > _TALL * usual_height):
        return Heading(level, text)
    return None


def find_run_in(text: str) -> Heading | None:
    """The heading that a paragraph begins with: `7.2 Governing Law. This Agreement …`."""
    match = _RUN_IN.match(text)
    if match is None:
        return None
    words = match["name"].split()
    if len(words) > 8 or not match["name"][0].isupper() or not _is_titled(words):
        return None
    lettered = match["number"] is None and text[:3].lstrip("(")[:1].islower()
    level = _LETTER_LEVEL if lettered else (match["number"] or "").count(".") + 1
    return Heading(level, match["name"].strip())


def _is_titled(words: list[str]) -> bool:
    """Whether the words that matter begin with capitals or digits."""
    main = [word for word in words if f" {word.lower().strip(_QUOTES)} " not in _SMALL_WORDS]
    return bool(main) and all(not word.lstrip("(\"'“‘")[:1].islower() for word in main)


class HeadingPath:
    """The headings above a place, outermost first."""

    def __init__(self) -> None:
        self._path: list[Heading] = []

    def enter(self, heading: Heading, *, directly: bool = False) -> None:
        """`directly`: nothing stands between it and the heading before, so it is that one's next line."""
        if directly and self._path and self._path[-1].level == heading.level:
            last = self._path.pop()
            heading = Heading(last.level, f"{last.text} {heading.text}")
        while self._path and self._path[-1].level >= heading.level:
            self._path.pop()
        self._path.append(heading)

    def describe(self) -> str:
        """`ARTICLE 7 TERM › Governing Law`: the innermost ones."""
        return HEADING_MARK.join(heading.text[:_LONGEST_CHARS] for heading in self._path[-_DEEPEST:])
