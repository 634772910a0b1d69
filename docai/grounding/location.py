"""Quotes to words and boxes: exact, normalised, approximate, and across a page break."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from docai.grounding.approximate import find_approximate
from docai.grounding.text_index import PageIndex, PageIndexes, TextIndex, build_text, fold_text
from docai.types import Evidence, Match, Page, Role
from docai.values.compare import find, same_value

MAX_PLACES = 20
_MERGED = 8  # letters from which a quote may begin or end inside a word (OCR merged it with its neighbour)
_DIGIT_GAP = 0.6  # line heights: a number may be split by OCR, two columns are not one number
_NON = re.compile(r"(?<![^\W\d_])non[\-‐‑–]\s?$", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
_LAST_LETTERS = re.compile(r"[^\W\d_]+$")
_TURNING = frozenset(("n", "un", "in", "non", "dis", "im", "ir", "il", "not", "no", "nor", "mis", "less"))
_MINUS = ("-", "−", "–")
_BREAK_REACH = 500  # characters of the stream beside a page break where a quote may be cut
_BREAK_PART = 8  # at least so many characters of the quote on the page where it begins


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands: words of one page, and the page's own text there."""

    page: int
    words: tuple[int, ...]
    text: str
    match: Match
    score: float
    start: int = 0
    end: int = 0


def _edge_is_free(stream: str, index: TextIndex, at: int, *, before: bool, length: int) -> bool:
    """Whether the stream may be cut between at-1 and at: not within a number, nor within a short word."""
    if at <= 0 or at >= len(stream):
        return True
    left, right = index.origin[at - 1], index.origin[at]
    one, other = stream[at - 1], stream[at]
    apart = index.word_number(left) != index.word_number(right)
    if apart:
        return not (before and _NON.search(index.text, max(0, left - 3), right))
    between = index.text[left + 1 : right]
    if before and _NON.search(index.text, max(0, left - 3), right):
        return False  # "exclusive" is not what "non-exclusive" says
    inner, outer = (other, one) if before else (one, other)
    if inner.isdigit():
        return not (outer.isdigit() or (outer in ".-/:" and _number_goes_on(stream, at, before)))
    if between:
        return True
    if inner.isalpha() and outer.isalpha():
        # Inside a word: only where OCR glued two words, so the quote must be long; or at a change of case.
        if index.text[left].islower() and index.text[right].isupper():
            return True
        return length >= _MERGED and not _turns_around(index.text, left, right, before=before)
    return True


def _turns_around(text: str, left: int, right: int, *, before: bool) -> bool:
    """Whether the letters outside the edge, in the same word, make another word of it: `N|either`."""
    match = _LAST_LETTERS.search(text, max(0, left - 20), left + 1) if before else _LETTERS.match(text, right)
    return match is None or match.group().casefold() in _TURNING or len(match.group()) < 2


def _number_goes_on(stream: str, at: int, before: bool) -> bool:
    neighbour = at - 2 if before else at + 1
    return 0 <= neighbour < len(stream) and stream[neighbour].isdigit()


@dataclass(frozen=True, slots=True)
class _Quote:
    """A quote's folded stream, and where a space stands between two of its digits."""

    text: str
    folded: str
    head: str  # marks before the first folded character
    tail: str  # marks behind the last
    joints: tuple[tuple[int, bool], ...]  # place of a digit behind a digit or a number's mark; spaced there?

    @classmethod
    def of(cls, text: str) -> _Quote:
        folded, origin = fold_text(text)
        joints = []
        for at in range(1, len(folded)):
            if folded[at].isdigit() and (folded[at - 1].isdigit() or folded[at - 1] in ".-/:"):
                between = text[origin[at - 1] + 1 : origin[at]]
                joints.append((at, any(c.isspace() for c in between)))
        if not folded:
            return cls(text, "", "", "", ())
        return cls(text, folded, text[: origin[0]], text[origin[-1] + 1 :], tuple(joints))

    def digits_hold(self, index: TextIndex, start: int) -> bool:
        """The columns `1` and `100.00` are not 1100.00, though a narrow gap inside a number is OCR's; nor is
        the number 11 the two numbers `1 1`.
        """
        for at, spaced in self.joints:
            left = index.word_number(index.origin[start + at - 1])
            split = left != index.word_number(index.origin[start + at])
            if (split and not spaced and index.gap_after(left) > _DIGIT_GAP) or (spaced and not split):
                return False
        return True


def _occurrences(quote: _Quote, index: TextIndex) -> Iterator[tuple[int, int]]:
    """Spans of the stream that equal the folded quote and are cut at free edges."""
    folded = quote.folded
    stream, at = index.stream, -1
    while (at := stream.find(folded, at + 1)) >= 0:
        end = at + len(folded)
        if (
            _edge_is_free(stream, index, at, before=True, length=len(folded))
            and _edge_is_free(stream, index, end, before=False, length=len(folded))
            and quote.digits_hold(index, at)
        ):
            yield at, end


def _spaceless(text: str) -> str:
    return "".join(text.split())


def _stretch(quote: _Quote, text: str, first: int, last: int) -> tuple[int, int]:
    """Widen text[first:last] by the marks with which the quote begins and ends, so that `Inc.` is exact."""
    head, tail = _spaceless(quote.head), _spaceless(quote.tail)
    if head and text[max(0, first - len(head)) : first] == head:
        first -= len(head)
    if tail and text[last : last + len(tail)] == tail:
        last += len(tail)
    # A minus belongs to its number, whether the quote has it or not.
    if text[first : first + 1].isdigit() and text[first - 1 : first] in _MINUS and _is_open(text, first - 2):
        first -= 1
    if text[last - 1 : last].isdigit() and text[last : last + 1] in _MINUS and _is_open(text, last + 1):
        last += 1
    return first, last


def _is_open(text: str, at: int) -> bool:
    return not 0 <= at < len(text) or text[at].isspace()


def _places_in(quote: _Quote, index: TextIndex, page: int) -> list[Place]:
    places: list[Place] = []
    wanted = _spaceless(quote.text)
    for start, end in _occurrences(quote, index):
        first, last = _stretch(quote, index.text, index.origin[start], index.origin[end - 1] + 1)
        text = index.text[first:last]
        match: Match = "exact" if _spaceless(text) == wanted else "normalized"
        words = index.words_at(index.origin[start], index.origin[end - 1] + 1)
        places.append(Place(page, words, text, match, 1.0 if match == "exact" else 0.98, first, last))
        if len(places) >= MAX_PLACES:
            break
    return places


def _by_hint(places: list[Place], hint: Sequence[int]) -> list[Place]:
    """The place that shares most words with the hint first, then exact before normalised."""
    wanted = set(hint)

    def rank(place: Place) -> tuple[float, bool, int]:
        shared = len(wanted.intersection(place.words)) / len(place.words) if wanted and place.words else 0.0
        return (-shared, place.match != "exact", place.words[0] if place.words else 0)

    return sorted(places, key=rank)


def find_places(quote: str, index: PageIndex, *, hint_words: Sequence[int] = ()) -> list[Place]:
    """Every place of a quote on one page, the one at `hint_words` first; empty when it does not say it."""
    asked = _Quote.of(quote)
    number = index.page.number
    count = len(index.page.words)
    hint = [w for w in hint_words if 0 <= w < count]
    if not asked.folded or not count:
        return []
    places = _places_in(asked, index.reading, number)
    if hint and not any(set(hint) & set(p.words) for p in places):
        # The engine's own words may stand in a column that reading order tears apart.
        places += _places_in(asked, build_text(index.page.words, hint), number)
    if not places and index.columns is not None:
        places = _places_in(asked, index.columns, number)
    if not places:
        places = _approximate_places(asked, index)
    return _by_hint(places, hint)


def _approximate_places(quote: _Quote, index: PageIndex) -> list[Place]:
    """The one most similar place, in reading order or else down the columns."""
    for text in (index.reading, index.columns):
        span = find_approximate(quote.text, quote.folded, text) if text is not None else None
        if text is not None and span is not None:
            words = text.words_at(span.start, span.end)
            said = text.text[span.start : span.end]
            return [Place(index.page.number, words, said, "fuzzy", span.score, span.start, span.end)]
    return []


_TYPED = frozenset(("date", "money", "number", "integer", "percent", "duration", "phone"))


def find_value_places(
    kind: str, quote: str, index: PageIndex, *, hint_words: Sequence[int] = (), day_first: bool | None = None
) -> list[Place]:
    """Places that print the quote's value in another format: `2020-02-05` where the page says `Feb. 5, 2020`.

    Only for quotes that are hardly more than the value itself.
    """
    if kind not in _TYPED:
        return []
    stated = find(kind, quote, day_first=day_first)
    if len(stated) != 1 or 2 * len(stated[0].text) < len(quote.strip()):
        return []
    wanted = stated[0]
    places: list[Place] = []
    for item in index.found(kind, day_first):
        same = same_value(kind, item.value, wanted.value) and (
            not (item.unit and wanted.unit) or item.unit == wanted.unit
        )
        if same and len(places) < MAX_PLACES:
            words = index.reading.words_at(item.start, item.end)
            places.append(
                Place(index.page.number, words, item.text, "normalized", 0.95, item.start, item.end)
            )
    return _by_hint(places, hint_words)


def _head_length(folded: str, stream: str, at: int) -> int:
    length = 0
    for one, other in zip(folded, stream[at:], strict=False):
        if one != other:
            break
        length += 1
    return length


def find_across_break(quote: str, first: PageIndex, second: PageIndex) -> list[Place]:
    """A quote that begins near the end of one page and ends near the start of the next: a place on each."""
    folded, _ = fold_text(quote)
    head, tail = first.reading, second.reading
    if len(folded) < 2 * _BREAK_PART:
        return []
    reach = head.stream[-_BREAK_REACH - len(folded) :]
    offset = len(head.stream) - len(reach)
    at = -1
    while (at := reach.find(folded[:_BREAK_PART], at + 1)) >= 0:
        length = _head_length(folded, reach, at)
        rest = folded[length:]
        if len(rest) < 4 or (rest[0].isdigit() and folded[length - 1].isdigit()):
            continue
        there = tail.stream.find(rest, 0, _BREAK_REACH + len(rest))
        if there < 0 or not _edge_is_free(
            tail.stream, tail, there + len(rest), before=False, length=len(rest)
        ):
            continue
        spans = ((first, offset + at, offset + at + length), (second, there, there + len(rest)))
        return [_part(index, start, end) for index, start, end in spans]
    return []


def _part(index: PageIndex, start: int, end: int) -> Place:
    text = index.reading
    first, last = text.origin[start], text.origin[end - 1] + 1
    words = text.words_at(first, last)
    return Place(index.page.number, words, text.text[first:last], "normalized", 0.98, first, last)


def find_in_document(
    quote: str, page: int, indexes: PageIndexes, *, hint_words: Sequence[int] = ()
) -> list[Place]:
    """Places of a quote on its page; failing that over the breaks to the pages beside it."""
    here = indexes.get(page)
    if here is None:
        return []
    places = find_places(quote, here, hint_words=hint_words)
    if places and places[0].match != "fuzzy":
        return places
    before, after = indexes.get(page - 1), indexes.get(page + 1)
    for one, other in ((here, after), (before, here)):
        if one is not None and other is not None and (parts := find_across_break(quote, one, other)):
            return parts
    return places


def to_evidence(places: Iterable[Place], indexes: PageIndexes, role: Role = "value") -> tuple[Evidence, ...]:
    """Places as evidence: the page's own text, one box a line."""
    evidence: list[Evidence] = []
    for place in places:
        index = indexes.get(place.page)
        if index is not None:
            boxes = index.boxes(place.words)
            quote = " ".join(place.text.split())
            evidence.append(
                Evidence(
                    page=place.page, quote=quote, match=place.match, score=place.score, role=role, boxes=boxes
                )
            )
    return tuple(evidence)


def locate(quote: str, page: Page | PageIndex, *, hint_words: Sequence[int] = ()) -> tuple[Evidence, ...]:
    """Where a page says a quote: all places, the one at `hint_words` first, boxes in page points."""
    index = page if isinstance(page, PageIndex) else PageIndex(page)
    indexes = PageIndexes({})
    indexes.add(index)
    return to_evidence(find_places(quote, index, hint_words=hint_words), indexes)
