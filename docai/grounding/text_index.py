"""A page's words as one text and as one folded stream, with the way back to words and boxes.

The stream holds what two spellings of the same text share: letters without case, accents and ligatures,
digits, the marks inside numbers and the signs of currencies; no spaces. So a quote meets the page
whatever the spacing, the hyphens at line ends and the words that OCR split or merged.
"""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from docai.grounding.columns import column_order
from docai.imaging.geometry import union
from docai.types import Box, Page, Word
from docai.values.compare import find
from docai.values.spans import Found

_SIGNS = frozenset("%$€£¥₹‰§&")
_DASHES = "-‐‑‒–—−"
_NUMBER_MARKS = {".": ".", ",": ".", "'": ".", "’": ".", "/": "/", ":": ":"} | dict.fromkeys(_DASHES, "-")
_EXTRA = {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "&": "&"}
_WIDE_GAP = 2.0  # of the line's height: wider than a word space, a new column


def fold_char(char: str) -> str:
    """What a character adds to the stream: `Ä` -> `a`, `ﬁ` -> `fi`, a quotation mark -> nothing."""
    if char.isascii():
        return char.lower() if char.isalnum() or char in _SIGNS else ""
    if char in _SIGNS:
        return char
    low = char.casefold()
    if low in _EXTRA:
        return _EXTRA[low]
    return "".join(c for c in unicodedata.normalize("NFKD", low) if c.isalnum())


def fold_text(text: str) -> tuple[str, array[int]]:
    """The folded stream of a text, and for each of its characters the place in the text."""
    out: list[str] = []
    origin = array("I")
    last = len(text) - 1
    for at, char in enumerate(text):
        if char in _NUMBER_MARKS and 0 < at < last and text[at - 1].isdigit() and text[at + 1].isdigit():
            out.append(_NUMBER_MARKS[char])
            origin.append(at)
            continue
        for folded in fold_char(char):
            out.append(folded)
            origin.append(at)
    return "".join(out), origin


@dataclass(frozen=True)
class TextIndex:
    """Words in some order as text (`\\n` between lines, a tab at wide gaps) and as folded stream."""

    words: tuple[Word, ...]
    order: tuple[int, ...]  # indices into Page.words, in the order of the text
    text: str
    starts: tuple[int, ...]  # where each word of `order` begins in the text
    stream: str
    origin: array[int] = field(repr=False)
    height_pt: float = 10.0

    def words_at(self, start: int, end: int) -> tuple[int, ...]:
        """Indices into `Page.words` of the words that text[start:end] touches."""
        first = max(0, bisect_right(self.starts, start) - 1)
        last = bisect_right(self.starts, max(start, end - 1))
        return self.order[first:last]

    def word_number(self, at: int) -> int:
        """Position in `order` of the word that holds the text's character `at`."""
        return max(0, bisect_right(self.starts, at) - 1)

    def gap_after(self, number: int) -> float:
        """Horizontal gap behind a word of `order`, in line heights; infinite at the end of a line."""
        if number + 1 >= len(self.order):
            return float("inf")
        return _gap(self.words[self.order[number]], self.words[self.order[number + 1]], self.height_pt)


def _gap(left: Word, right: Word, height: float) -> float:
    if left.line != right.line:
        return float("inf")
    # Boxes lie on the page as it is filed, which may be turned: the gap is the larger of both directions.
    return max(right.box.x0 - left.box.x1, left.box.x0 - right.box.x1, _down(left, right)) / height


def _down(left: Word, right: Word) -> float:
    gap = max(right.box.y0 - left.box.y1, left.box.y0 - right.box.y1)
    return gap if left.box.x0 < right.box.x1 and right.box.x0 < left.box.x1 else 0.0


def text_height_pt(words: Iterable[Word]) -> float:
    """Median height of words of three letters and more, turned pages included."""
    heights = [min(w.box.y1 - w.box.y0, w.box.x1 - w.box.x0) for w in words if len(w.text) >= 3]
    return max(1.0, median(heights)) if heights else 10.0


def build_text(words: tuple[Word, ...], order: Iterable[int]) -> TextIndex:
    """Join words in the given order."""
    parts: list[str] = []
    starts: list[int] = []
    numbers = tuple(order)
    length = 0
    height = text_height_pt(words)
    before: Word | None = None
    for number in numbers:
        word = words[number]
        if before is not None:
            gap = _gap(before, word, height)
            parts.append("\n" if gap == float("inf") else "\t" if gap > _WIDE_GAP else " ")
            length += 1
        starts.append(length)
        parts.append(word.text)
        length += len(word.text)
        before = word
    text = "".join(parts)
    stream, origin = fold_text(text)
    return TextIndex(words, numbers, text, tuple(starts), stream, origin, height)


class PageIndex:
    """Everything that grounding asks a page; each part is made when first needed, once."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._found: dict[tuple[str, bool | None], list[Found]] = {}

    @cached_property
    def reading(self) -> TextIndex:
        """Words in reading order."""
        return build_text(self.page.words, range(len(self.page.words)))

    @cached_property
    def columns(self) -> TextIndex | None:
        """Words column by column, where that differs from reading order: for address blocks and tables."""
        order = column_order(self.page)
        return build_text(self.page.words, order) if order is not None else None

    def found(self, kind: str, day_first: bool | None = None) -> list[Found]:
        """Typed values in reading order."""
        key = (kind, day_first)
        if key not in self._found:
            self._found[key] = find(kind, self.reading.text, day_first=day_first)
        return self._found[key]

    def boxes(self, words: Iterable[int]) -> tuple[Box, ...]:
        """One box a text line around the given words."""
        lines: dict[int, list[Box]] = {}
        for number in sorted(set(words)):
            word = self.page.words[number]
            lines.setdefault(word.line, []).append(word.box)
        return tuple(union(boxes) for boxes in lines.values())

    def confidence(self, words: Iterable[int]) -> float:
        """Mean OCR confidence of words; 1.0 for a text layer."""
        values = [w if (w := self.page.words[n].confidence) is not None else 1.0 for n in words]
        return sum(values) / len(values) if values else 1.0


class PageIndexes:
    """Page numbers to indices, each built once for the document."""

    def __init__(self, pages: Mapping[int, Page] | Iterable[Page]) -> None:
        items = pages.values() if isinstance(pages, Mapping) else pages
        self._pages = {page.number: page for page in items}
        self._indexes: dict[int, PageIndex] = {}

    def get(self, number: int) -> PageIndex | None:
        """The index of a page, or None when the document (or segment) has no such page."""
        if number not in self._pages:
            return None
        if number not in self._indexes:
            self._indexes[number] = PageIndex(self._pages[number])
        return self._indexes[number]

    def add(self, index: PageIndex) -> None:
        """Take over an index that exists."""
        self._pages[index.page.number] = index.page
        self._indexes[index.page.number] = index

    def texts(self) -> Iterator[str]:
        """Each page's words in one text, by page; makes no index, so that long documents stay small."""
        for number in self.numbers:
            yield " ".join(word.text for word in self._pages[number].words)

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(sorted(self._pages))
