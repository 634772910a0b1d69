"""Lines that may be a name: of a shop at the head of a receipt, or of a party beside its label."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from docai.extraction.forms.candidates import Candidate, Document
from docai.extraction.forms.labels import LabelMatcher
from docai.extraction.forms.lines import SEPARATOR, LineJudge
from docai.extraction.layout import Cell, PageLayout, is_sideways
from docai.values import compare, names

_LETTERS = re.compile(r"[^\W\d_]")
# "(587969-U)", "(Co. No:20154-T)", "273500-U (KSB)": a registration behind the name, and all after it.
_TAIL = re.compile(
    r"\s{0,2}[(\[{][^()\[\]{}]{0,12}\d{3}[^()\[\]{}]{0,12}(?:[)\]}]|$)|\s{1,2}[A-Z]{0,3}\d{4,9}\s?-\s?[A-Z]{1,2}\b",
    re.I,
)
_INLINE = re.compile(r"^[^:]{2,40}:\s{0,3}(?=\S)")
_LEAD = re.compile(r"^[\s:;.,>*=_|\-–—]{1,6}")
MAX_LENGTH = 90
_VALUE_KINDS = ("date", "money", "phone", "email")
LABEL_WORDS = 4
# Heights of the line: blanks within a text measure about 0.3.
BARE_GAP = 0.4


def find_names(document: Document, matcher: LabelMatcher, index: int) -> list[Candidate]:
    """Whole lines, lines without their label or registration number, and pairs of lines."""
    plain = document.names
    if plain is None:
        plain = document.names = [
            c
            for page, cell in document.cells()
            if not is_sideways(cell.text, cell.box)
            for c in _variants(document, page, cell, _plain_starts(cell.text))
        ]
    behind = [
        c
        for page, cell in document.cells()
        if (starts := set(_bare_starts(document.judge, document.layouts[page], cell, matcher, index)))
        for c in _variants(document, page, cell, starts - _plain_starts(cell.text))
    ]
    return sorted([*plain, *behind], key=lambda c: (c.page, c.cell.index)) if behind else plain


def _plain_starts(text: str) -> set[int]:
    """Where a name may begin: with the line, and behind a label that ends in a colon."""
    if len(_LETTERS.findall(text)) < 2:
        return set()
    inline = _INLINE.match(text)
    return {_skip(text, 0), _skip(text, inline.end())} if inline else {_skip(text, 0)}


def _variants(document: Document, page: int, cell: Cell, starts: set[int]) -> Iterator[Candidate]:
    """Names that begin at `starts`: to the line's end, to a number behind, with the line below."""
    layout, text = document.layouts[page], cell.text
    for start in sorted(starts):
        if len(_LETTERS.findall(text[start:])) < 2:
            continue
        made = [_make(document, page, (cell,), start, end) for end in dict.fromkeys(_ends(text, start))]
        if start == min(starts):
            made += [_make(document, page, row, start, len(text)) for row in _wide_names(layout, cell)]
        follower = _continuation(document.judge, layout, cell, start)
        if follower is not None:
            made.append(_make(document, page, (cell, follower), start, len(text)))
        yield from (
            c
            for c in made
            if not _is_value(c.text) and 2 <= len(c.text) <= MAX_LENGTH and c.text.rstrip()[-1] not in ":#"
        )


def _ends(text: str, start: int) -> Iterator[int]:
    yield len(text.rstrip())
    tail = _TAIL.search(text, start)
    if tail and tail.start() - start >= 4:
        yield len(text[: tail.start()].rstrip(" ([{"))
    parted = SEPARATOR.search(text, start)
    if parted and parted.start() - start >= 4:
        yield parted.start()


def _bare_starts(
    judge: LineJudge, layout: PageLayout, cell: Cell, matcher: LabelMatcher, index: int
) -> Iterator[int]:
    """Where a name begins behind a label without a colon: "Advertiser   Acme Inc", set off by a wider gap."""
    if len(cell.text) > MAX_LENGTH:
        return
    for count in range(1, min(LABEL_WORDS, len(cell.words) - 1) + 1):
        before, after = layout.boxes[cell.words[count - 1]], layout.boxes[cell.words[count]]
        at = cell.starts[count]
        if after.x0 - before.x1 < max(BARE_GAP, 1.8 * layout.word_gap) * cell.height or judge.concepts(
            cell.text[at:].split()[0]
        ):
            continue
        match = matcher.match(cell.text[:at], index)
        if match.f1 >= 0.9 and not match.contrast:
            yield _skip(cell.text, at)


def _is_value(text: str) -> bool:
    """Whether a text is, but for a few signs, a date, an amount, a telephone number or an e-mail address."""
    if "@" not in text and not any(ch.isdigit() for ch in text):
        return False
    least = 0.8 * len(text.strip())
    return any(h.end - h.start >= least for kind in _VALUE_KINDS for h in compare.find(kind, text))


def _has_label(judge: LineJudge, layout: PageLayout, cell: Cell) -> bool:
    """Whether the nearest cell to the left is made of words that labels are made of."""
    return any(judge.concepts(other.text) >= 0.5 for other in layout.left_of(cell)[:1])


def _is_code(text: str) -> bool:
    """Whether a text is one word of letters and four digits or more: a register's or a tax number."""
    return " " not in text.strip() and sum(ch.isdigit() for ch in text) >= 4


def _begins_company(text: str) -> bool:
    """Whether a line begins with a legal form and names a company behind it: "SARL MARTYRS RESTAURATION"."""
    first, _, rest = text.strip().partition(" ")
    return names.has_suffix(f"X {first}") and bool(rest) and not names.has_suffix(text)


def _skip(text: str, start: int) -> int:
    lead = _LEAD.match(text[start:])
    return start + lead.end() if lead and start + lead.end() < len(text) else start


def _wide_names(layout: PageLayout, cell: Cell) -> Iterator[tuple[Cell, ...]]:
    """A name in wide letters, which falls into several cells: its row, when that holds words alone."""
    row = layout.rows[cell.row]
    if row[0] is not cell or len(row) < 2 or ":" in "".join(c.text for c in row):
        return
    gaps = [b.box.x0 - a.box.x1 for a, b in pairwise(row)]
    if max(gaps) < 3.5 * cell.height and not any(ch.isdigit() for c in row for ch in c.text):
        yield tuple(row)


def _continuation(judge: LineJudge, layout: PageLayout, cell: Cell, start: int) -> Cell | None:
    """The next line of a name that runs over two lines: close below, same size, alike in place."""
    if judge.concepts(cell.text[start:]) >= 0.5 or _is_code(cell.text[start:]):
        return None
    left = layout.boxes[cell.span_words(start, start + 1)[0]].x0
    for other in layout.below(cell, 3):
        gap = other.box.y0 - cell.box.y1
        size = other.height / max(1.0, cell.height)
        aligned = min(abs(other.box.x0 - left), abs(other.centre_x - cell.centre_x)) < 1.5 * cell.height
        if aligned and gap < 0.9 * cell.height and 0.7 < size < 1.4:
            if len(_LETTERS.findall(other.text)) < 3 or any(ch.isdigit() for ch in other.text):
                return None
            if _has_label(judge, layout, cell) and _has_label(judge, layout, other):
                return None  # each line has a label of its own
            foreign = ":" in other.text or judge.concepts(other.text) >= 0.5 or judge.noise(other.text)
            foreign = foreign or judge.address(other.text) > 0.5 or _begins_company(other.text)
            return None if foreign else other
    return None


def _make(document: Document, page: int, cells: tuple[Cell, ...], start: int, end: int) -> Candidate:
    first = cells[0]
    text = " ".join([first.text[start:end], *(c.text for c in cells[1:])])
    words = first.span_words(start, end) + tuple(w for c in cells[1:] for w in c.words)
    context = document.finders[page].find(first, start, end, typed=False)
    if len(cells) > 1 and not (context.inline or context.left):
        # A label beside a name of two lines may stand at the height of the second.
        below = document.finders[page].find(cells[1], 0, len(cells[1].text), typed=False)
        context = below if below.left else context
    key = "".join(ch for ch in text.casefold() if ch.isalnum())
    return Candidate(page, cells, start, end, text, words, text, key, context)
