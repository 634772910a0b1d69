"""What a model is told about the other pages, in docai's own words of them. Never a word of the page itself.

The page's own reading must stay independent of what the model sees: else the check of its claims by that
reading would be no check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from docai.types import Page
from docai.values.compare import fold

_PREAMBLE_CHARACTERS = 700
_NEIGHBOUR_LINES = 4
_LINE_CHARACTERS = 160
_MOST_HEADINGS = 4
_MOST_DEFINITIONS = 6
_DEFINITION_CHARACTERS = 220
_MOST_TERMS = 40
_HEADING = re.compile(
    r"(?:(?:ARTICLE|SECTION|PART|ANNEX|EXHIBIT|SCHEDULE|Article|Section|Exhibit|Schedule|Artikel)\s{1,3}"
    r"[\dIVXLA-Z][\dIVXL.]{0,6}\b.{0,90}"
    r"|\d{1,2}(?:\.\d{1,2}){0,2}\.?\s{1,3}[A-Z][^.;:]{2,60}[.:]?|[A-Z][A-Z ,&/\-]{5,60})"
)
_DEFINED = re.compile(r"[\"“”„]([A-Z][\w &\-]{2,40})[\"“”]")


@dataclass(frozen=True, slots=True)
class PageDigest:
    """The few words of a page that others may be told: so little that a long document's fit in memory."""

    number: int
    opening: str
    closing: str
    headings: tuple[str, ...]
    definitions: tuple[tuple[str, str], ...]
    preamble: str


def digest_page(page: Page) -> PageDigest:
    """A page that was read, or that failed (it has no words)."""
    lines = list(_list_lines(page))
    text = " ".join(lines)
    return PageDigest(
        page.number,
        opening=" / ".join(line[:_LINE_CHARACTERS] for line in lines[:_NEIGHBOUR_LINES]),
        closing=" / ".join(line[:_LINE_CHARACTERS] for line in lines[-_NEIGHBOUR_LINES:]),
        headings=tuple(line[:80] for line in lines if _HEADING.fullmatch(line))[-_MOST_HEADINGS:],
        definitions=tuple(_find_definitions(text)),
        preamble=text[:_PREAMBLE_CHARACTERS],
    )


def write_context(
    page: Page, digests: Mapping[int, PageDigest], first: int = 1, last: int | None = None
) -> str:
    """Context for one page from the digests of `first` up to the page after it; its own has no part in it.

    Which definitions are told depends on the terms that the page uses; what is told is other pages' text.
    """
    number = page.number
    before, after = digests.get(number - 1), digests.get(number + 1)
    lines: list[str] = []
    head = digests.get(first)
    if head is not None and number > first and head.preamble:
        lines.append(f"The document begins: {head.preamble}")
    earlier = [digests[n] for n in range(first, number) if n in digests]
    headings = [heading for digest in earlier for heading in digest.headings][-_MOST_HEADINGS:]
    if headings:
        lines.append(f"Last headings before this page: {'; '.join(headings)}")
    if before is not None and number > first and before.closing:
        lines.append(f"The page before ends: {before.closing}")
    if after is not None and (last is None or number < last) and after.opening:
        lines.append(f"The next page begins: {after.opening}")
    used = fold(" ".join(word.text for word in page.words))
    others = [*earlier, *([after] if after is not None and (last is None or number < last) else [])]
    told = "\n".join(lines)
    defined = [
        text
        for digest in others
        for term, text in digest.definitions
        if fold(term) in used and term not in told
    ]
    if defined:
        lines.append("Definitions: " + " | ".join(dict.fromkeys(defined[:_MOST_DEFINITIONS])))
    return "\n".join(lines)


def _list_lines(page: Page) -> Iterator[str]:
    line: list[str] = []
    number: int | None = None
    for word in page.words:
        if line and word.line != number:
            yield " ".join(line)
            line = []
        line.append(word.text)
        number = word.line
    if line:
        yield " ".join(line)


def _find_definitions(text: str) -> Iterator[tuple[str, str]]:
    """Terms in quotation marks with the words around them, each term once."""
    seen: set[str] = set()
    for match in _DEFINED.finditer(text):
        term = match.group(1)
        if term in seen or len(seen) >= _MOST_TERMS:
            continue
        seen.add(term)
        # From the sentence's begin, or from a word within reach.
        earliest = max(0, match.start() - _DEFINITION_CHARACTERS // 2)
        begin = text.rfind(". ", earliest, match.start()) + 2
        if begin < 2:
            begin = text.find(" ", earliest, match.start()) + 1 if earliest else 0
        end = text.find(". ", match.end(), begin + _DEFINITION_CHARACTERS)
        yield term, text[begin : end + 1 if end > 0 else begin + _DEFINITION_CHARACTERS].strip()
