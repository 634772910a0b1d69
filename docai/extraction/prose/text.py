"""One running text from the words of all pages, with a way back from characters to words.

Words are joined by single spaces inside a paragraph and by a newline between paragraphs. A word broken at
a line's end by a hyphen is joined. Page headers and footers are left out: they repeat names and dates that
say nothing about the text they surround.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from docai.extraction.prose.wordlists import PREFIXES
from docai.imaging.geometry import to_upright, union
from docai.types import Box, DocumentView, Page

_ENUMERATOR = re.compile(
    r"(?:\(?[a-z]{1,4}\)|\(?\d{1,2}\)|\d{1,2}(?:\.\d{1,2}){0,3}[.)]?|[A-Z]\.|article|section|§)$",
    re.IGNORECASE,
)
_TERMINAL = (".", ":", ";", "?", "!", '."', ".”", ":-")
_MARGIN_LINES = 2
_PAGE_NUMBER = re.compile(
    r"\W{0,4}(?:page\s?)?(?:[A-Z]-)?\d{1,3}(?:\s?of\s?\d{1,3})?[^\w.)]{0,4}|[ivx]{1,4}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: characters `start`..`end` of the running text, its box on the upright page."""

    start: int
    end: int
    page: int
    box: Box
    paragraph: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a span of characters stands: the page's words and their verbatim text."""

    page: int
    words: tuple[int, ...]
    quote: str


@dataclass(frozen=True, slots=True)
class _RawLine:
    page: Page
    words: tuple[int, ...]
    box: Box

    @property
    def text(self) -> str:
        return " ".join(self.page.words[i].text for i in self.words)


class RunningText:
    """`text` of the whole document, `lines` with boxes, `paragraphs` as character spans.

    Every kept word owns the characters from its start to its end, so that any span of `text` leads back to
    the words that it touches.
    """

    def __init__(self, view: DocumentView) -> None:
        self._pages = {page.number: page for page in view.pages}
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._words: list[tuple[int, int]] = []
        self.lines: list[Line] = []
        self.paragraphs: list[tuple[int, int]] = []
        raw = [line for page in view.pages for line in _page_lines(page)]
        raw = _drop_margins(raw, len(view.pages))
        vocabulary = Counter(word.text.strip(".,;:()").lower() for page in view.pages for word in page.words)
        self.text = self._join(raw, vocabulary)

    def _join(self, raw: Sequence[_RawLine], vocabulary: Counter[str]) -> str:
        parts: list[str] = []
        position = 0
        breaks = _paragraph_breaks(raw)
        first = 0
        for number, line in enumerate(raw):
            joint = ""
            if number:
                joint = "\n" if breaks[number] else " "
                if joint == " " and parts and _is_broken_word(parts[-1], line.text, vocabulary):
                    joint = ""
                    parts[-1], position, self._ends[-1] = parts[-1][:-1], position - 1, self._ends[-1] - 1
                elif joint == " " and parts[-1].endswith("-") and len(parts[-1]) > 1:
                    joint = ""
            if joint == "\n":
                self.paragraphs.append((first, position))
                first = position + 1
            parts.append(joint)
            position += len(joint)
            begin = position
            for rank, index in enumerate(line.words):
                word = line.page.words[index].text
                if rank:
                    parts.append(" ")
                    position += 1
                self._starts.append(position)
                parts.append(word)
                position += len(word)
                self._ends.append(position)
                self._words.append((line.page.number, index))
            self.lines.append(Line(begin, position, line.page.number, line.box, len(self.paragraphs)))
        if position > first:
            self.paragraphs.append((first, position))
        return "".join(parts)

    def place(self, start: int, end: int) -> Place:
        """The words under characters `start`..`end`; of a span over two pages, the page with more of it.

        Raises ValueError for a span that touches no word.
        """
        first = bisect_right(self._ends, start)
        last = bisect_left(self._starts, max(end, start + 1))
        touched = self._words[first:last]
        if not touched:
            raise ValueError(f"no word at {start}..{end}")
        page = Counter(number for number, _ in touched).most_common(1)[0][0]
        indices = tuple(index for number, index in touched if number == page)
        words = self._pages[page].words
        return Place(page, indices, " ".join(words[i].text for i in indices))

    def page_at(self, offset: int) -> int:
        """The page number of the character at `offset`."""
        rank = min(bisect_right(self._ends, offset), len(self._words) - 1)
        return self._words[rank][0] if self._words else 1

    def page(self, number: int) -> Page:
        return self._pages[number]


def _page_lines(page: Page) -> list[_RawLine]:
    lines: list[_RawLine] = []
    current: list[int] = []
    for index, word in enumerate(page.words):
        if current and word.line != page.words[current[-1]].line:
            lines.append(_raw_line(page, current))
            current = []
        if word.text.strip():
            current.append(index)
    if current:
        lines.append(_raw_line(page, current))
    return lines


def _raw_line(page: Page, indices: list[int]) -> _RawLine:
    return _RawLine(page, tuple(indices), to_upright(page, union(page.words[i].box for i in indices)))


def _shape(text: str) -> str:
    return re.sub(r"\d+", "0", re.sub(r"[^\w]+", "", text.casefold()))


def _drop_margins(raw: list[_RawLine], pages: int) -> list[_RawLine]:
    """Without page numbers, without first and last lines that repeat over the pages, without notices that
    stand on most pages wherever they stand."""
    raw = [line for line in raw if not _PAGE_NUMBER.fullmatch(line.text)]
    if pages < 2:
        return raw
    by_page: dict[int, list[_RawLine]] = {}
    for line in raw:
        by_page.setdefault(line.page.number, []).append(line)
    edges: dict[int, list[_RawLine]] = {}
    for number, lines in by_page.items():
        ordered = sorted(lines, key=lambda line: line.box.y0)
        edges[number] = ordered[:_MARGIN_LINES] + ordered[max(_MARGIN_LINES, len(ordered) - _MARGIN_LINES) :]
    at_edge = _count_shapes(edges)
    anywhere = _count_shapes(by_page)
    least = max(2, round(0.3 * pages))
    often = max(3, round(0.4 * pages))
    dropped: set[int] = set()
    for number, lines in by_page.items():
        for line in lines:
            shape = _shape(line.text)
            # What the first page prints large may be the title that later pages repeat in small.
            title = number == min(by_page) and not line.text.casefold().startswith(("source", "page"))
            edge = at_edge[shape] >= least and line in edges[number]
            if not title and (edge or (len(shape) > 24 and anywhere[shape] >= often)):
                dropped.add(id(line))
    return [line for line in raw if id(line) not in dropped]


def _count_shapes(lines_by_page: dict[int, list[_RawLine]]) -> Counter[str]:
    return Counter(
        shape for lines in lines_by_page.values() for shape in {_shape(line.text) for line in lines}
    )


def _is_broken_word(head: str, following: str, vocabulary: Counter[str]) -> bool:
    """Whether a hyphen at a line's end only breaks the word."""
    if not head.endswith(("-", "\u00ad")) or len(head) < 3 or not following[:1].islower():
        return False
    stem = re.sub(r"^\W+", "", head[:-1]).lower()
    rest = re.match(r"[^\W\d_]+", following)
    if rest is None or not stem.isalpha():
        return False
    whole = stem + rest.group().lower()
    if vocabulary[f"{stem}-{rest.group().lower()}"]:
        return False
    return vocabulary[whole] > 0 or stem not in PREFIXES


def _paragraph_breaks(raw: Sequence[_RawLine]) -> list[bool]:
    """For each line, whether a paragraph begins with it."""
    steps: dict[int, list[float]] = {}
    rights: dict[int, float] = {}
    for before, line in pairwise(raw):
        if before.page.number == line.page.number and line.box.y0 > before.box.y0:
            steps.setdefault(line.page.number, []).append(_centre(line.box) - _centre(before.box))
    for line in raw:
        rights[line.page.number] = max(rights.get(line.page.number, 0.0), line.box.x1)
    usual = {number: median(values) for number, values in steps.items()}
    breaks = [True] * len(raw)
    for number in range(1, len(raw)):
        breaks[number] = _breaks(raw[number - 1], raw[number], usual, rights)
    return breaks


def _centre(box: Box) -> float:
    return (box.y0 + box.y1) / 2


def _breaks(before: _RawLine, line: _RawLine, usual: dict[int, float], rights: dict[int, float]) -> bool:
    text, previous = line.text, before.text
    ended = previous.endswith(_TERMINAL)
    first_word = text.split(" ", 1)[0]
    if not ended and text[:1].islower() and not _ENUMERATOR.match(first_word):
        return False
    full = before.box.x1 >= 0.8 * rights[before.page.number]
    if before.page.number != line.page.number:
        return ended or not full
    step = _centre(line.box) - _centre(before.box)
    typical = usual.get(line.page.number, step)
    if step < 0.25 * typical:  # the same row, or a new column
        return step < -0.25 * typical
    if step > 1.4 * typical:
        return True
    if _ENUMERATOR.match(first_word) and (ended or not full):
        return True
    shouts = previous.isupper() and not text.isupper()
    return (not full and (ended or shouts or before.box.x1 < 0.55 * rights[before.page.number])) or (
        shouts and len(previous) < 60 and not previous.endswith(",")
    )
