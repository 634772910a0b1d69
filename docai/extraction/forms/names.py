"""Lines that may be a name: of a shop at the head of a receipt, or of a party beside its label."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docai.extraction.forms.candidates import Candidate, Document
from docai.extraction.forms.labels import LabelMatcher, split_tokens
from docai.extraction.forms.lexicon import BUSINESS_WORDS, CONCEPT_NAMES, NOISE_WORDS
from docai.extraction.layout import Cell, PageLayout
from docai.values import addresses, names

_LETTERS = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[^\W\d_]+")
# "(587969-U)", "(Co. No:20154-T)", "273500-U (KSB)": a registration behind the name, and all after it.
_TAIL = re.compile(
    r"\s{0,2}[(\[{][^()\[\]{}]{0,12}\d{3}[^()\[\]{}]{0,12}(?:[)\]}]|$)|\s{1,2}[A-Z]{0,3}\d{4,9}\s?-\s?[A-Z]{1,2}\b",
    re.I,
)
_SEPARATOR = re.compile(r"\s[●•|·∙–—\-]\s|[●•|]")
_INLINE = re.compile(r"^[^:]{2,40}:\s{0,3}(?=\S)")
_LEAD = re.compile(r"^[\s:;.,>*=_|\-–—]{1,6}")
_SALUTATION = re.compile(
    r"\W{0,2}(?:herrn?|frau|firma|mr|mrs|ms|mme|monsieur|madame|messrs|m/s|attn|an|to)\b\.?\s{1,2}\S", re.I
)
_SALUTATION_LINE = re.compile(
    r"\W{0,2}(?:herrn?|frau|firma|mr|mrs|ms|mme|monsieur|madame|messrs)\W{0,2}$", re.I
)
_CONTACT = re.compile(r"@|www\.|https?:|\btel\b|\bfax\b|\bh/?p\b", re.I)
MAX_LENGTH = 90
LABEL_WORDS = 4
# Heights of the line: blanks within a text measure about 0.3.
BARE_GAP = 0.4


def find_names(document: Document, matcher: LabelMatcher, index: int) -> list[Candidate]:
    """Whole lines, lines without their label or registration number, and pairs of lines."""
    out: list[Candidate] = []
    for page, cell in document.cells():
        if len(_LETTERS.findall(cell.text)) < 2:
            continue
        layout = document.layouts[page]
        spans = dict.fromkeys(_spans(layout, cell, matcher, index))
        for start, end in spans:
            out.append(_make(document, page, (cell,), start, end))
        for row in _wide_names(layout, cell):
            out.append(_make(document, page, row, next(iter(spans))[0], len(cell.text)))
        for start in {start: None for start, end in spans if end == len(cell.text)}:
            follower = _continuation(layout, cell, start)
            if follower is not None:
                out.append(_make(document, page, (cell, follower), start, len(cell.text)))
    return [c for c in out if 2 <= len(c.text) <= MAX_LENGTH and c.text.rstrip()[-1] not in ":#"]


def _spans(layout: PageLayout, cell: Cell, matcher: LabelMatcher, index: int) -> Iterator[tuple[int, int]]:
    """Parts of a line that may be a name: with and without label in front and number behind."""
    text = cell.text
    starts = {_skip(text, 0)}
    inline = _INLINE.match(text)
    if inline:
        starts.add(_skip(text, inline.end()))
    starts.update(_bare_starts(layout, cell, matcher, index))
    for start in sorted(starts):
        if len(_LETTERS.findall(text[start:])) < 2:
            continue
        yield start, len(text.rstrip())
        tail = _TAIL.search(text, start)
        if tail and tail.start() - start >= 4:
            yield start, len(text[: tail.start()].rstrip(" ([{"))
        parted = _SEPARATOR.search(text, start)
        if parted and parted.start() - start >= 4:
            yield start, parted.start()


def _bare_starts(layout: PageLayout, cell: Cell, matcher: LabelMatcher, index: int) -> Iterator[int]:
    """Where a name begins behind a label without a colon: "Advertiser   Acme Inc", set off by a wider gap."""
    if len(cell.text) > MAX_LENGTH:
        return
    for count in range(1, min(LABEL_WORDS, len(cell.words) - 1) + 1):
        before, after = layout.boxes[cell.words[count - 1]], layout.boxes[cell.words[count]]
        at = cell.starts[count]
        if after.x0 - before.x1 < max(BARE_GAP, 1.8 * layout.word_gap) * cell.height or concept_share(
            cell.text[at:].split()[0]
        ):
            continue
        match = matcher.match(cell.text[:at], index)
        if match.f1 >= 0.9 and not match.contrast:
            yield _skip(cell.text, at)


def _skip(text: str, start: int) -> int:
    lead = _LEAD.match(text[start:])
    return start + lead.end() if lead and start + lead.end() < len(text) else start


def _wide_names(layout: PageLayout, cell: Cell) -> Iterator[tuple[Cell, ...]]:
    """A name in wide letters, which falls into several cells: its row, when that holds words alone."""
    row = layout.rows[cell.row]
    if row[0] is not cell or len(row) < 2 or ":" in "".join(c.text for c in row):
        return
    gaps = [b.box.x0 - a.box.x1 for a, b in zip(row, row[1:], strict=False)]
    if max(gaps) < 3.5 * cell.height and not any(ch.isdigit() for c in row for ch in c.text):
        yield tuple(row)


def _continuation(layout: PageLayout, cell: Cell, start: int) -> Cell | None:
    """The next line of a name that runs over two lines: close below, same size, alike in place."""
    if concept_share(cell.text[start:]) >= 0.5:
        return None
    left = layout.boxes[cell.span_words(start, start + 1)[0]].x0
    for other in layout.below(cell, 3):
        gap = other.box.y0 - cell.box.y1
        size = other.height / max(1.0, cell.height)
        aligned = min(abs(other.box.x0 - left), abs(other.centre_x - cell.centre_x)) < 1.5 * cell.height
        if aligned and gap < 0.9 * cell.height and 0.7 < size < 1.4:
            if len(_LETTERS.findall(other.text)) < 3 or any(ch.isdigit() for ch in other.text):
                return None
            foreign = ":" in other.text or concept_share(other.text) >= 0.5 or is_noise(other.text)
            return None if foreign or addresses.address_score(other.text) > 0.5 else other
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


def is_noise(text: str) -> bool:
    """Whether a line speaks of telephones, taxes, totals and the like."""
    return bool(_CONTACT.search(text)) or bool({w.casefold() for w in _WORDS.findall(text)} & NOISE_WORDS)


def business_words(text: str) -> int:
    """How many words of a line are such as shops and companies are called by."""
    return sum(w.casefold() in BUSINESS_WORDS for w in _WORDS.findall(text))


def is_sender_line(text: str) -> bool:
    """Whether a line is a sender's small print above an address: "Name ● Street 1 ● 12345 Town"."""
    return bool(_SEPARATOR.search(text)) and addresses.address_score(text) > 0.35


def concept_share(text: str) -> float:
    """How many of a text's words are such as labels are made of, 0..1."""
    words = split_tokens(text)
    # "Inc" is a legal form in names, "inclusive" in labels.
    return sum(w in CONCEPT_NAMES and w != "inclusive" for w in words) / len(words) if words else 0.0


def name_facts(candidate: Candidate, layout: PageLayout) -> dict[str, float]:
    """Features of a name that do not depend on the field."""
    text, cell = candidate.text, candidate.cell
    letters = _LETTERS.findall(text)
    digits = sum(ch.isdigit() for ch in text)
    words = _WORDS.findall(text)
    below = _below(layout, candidate.cells[-1])
    address_below = max(
        (_address_strength(t) * w for t, w in zip(below, (1.0, 0.7, 0.5), strict=False)), default=0.0
    )
    above = [c.text for c in layout.above(cell, 4)][:4]
    text_rows = [row for row in layout.rows if any(len(_LETTERS.findall(c.text)) >= 3 for c in row)]
    rank = next((k for k, row in enumerate(text_rows) if row[0].row == cell.row), 99)
    return {
        "suffix": float(names.has_suffix(text)),
        "business": min(2.0, business_words(text)) / 2,
        "caps": sum(ch.isupper() for ch in letters) / max(1, len(letters)),
        "lower_start": float(bool(letters) and letters[0].islower()),
        "digits": digits / max(1, len(letters) + digits),
        "noise": float(is_noise(text)),
        "address_like": _address_strength(text),
        "address_below": address_below,
        "short": float(len(letters) < 5),
        "one_word": float(len(words) == 1),
        "long": max(0.0, (len(text) - 45) / 45),
        "tall": min(2.0, cell.height / max(0.1, layout.line_height)) - 1.0,
        "row_rank": min(8, rank) / 8,
        "first_row": float(rank == 0),
        "centred": 1.0 - min(1.0, abs(cell.centre_x - layout.width / 2) / (layout.width / 4)),
        "alone": float(len(layout.rows[cell.row]) == 1),
        "two_lines": float(len(candidate.cells) > 1),
        "colon": float(":" in text),
        "trimmed": float(candidate.end < len(cell.text.rstrip())),
        "bracket_number": float(bool(re.search(r"[(\[][^()]{0,4}\d[^()]{2,16}[)\]]?\s{0,2}$", text))),
        "after_label": float(candidate.start > 0),
        "bare_label": float(candidate.start > 0 and cell.text[: candidate.start].rstrip()[-1:].isalnum()),
        # One label word in a name ("Total Energies") says little, label words alone say all.
        "concepts": concept_share(text) ** 2,
        "salutation": float(bool(_SALUTATION.match(text))),
        "after_salutation": float(any(_SALUTATION_LINE.match(t) for t in above[:1])),
        "sender_line": float(is_sender_line(cell.text)),
        "below_sender": float(any(is_sender_line(t) for t in above)),
    }


def _address_strength(text: str) -> float:
    return float(min(1.0, max(0.0, addresses.address_score(text))))


def _below(layout: PageLayout, cell: Cell) -> list[str]:
    return [c.text for c in layout.below(cell, 3)][:3]


def label_like(text: str, matcher: LabelMatcher, count: int) -> float:
    """How much a line looks like a label of any of the schema's fields."""
    return max((matcher.match(text, k).f1 for k in range(count)), default=0.0) if split_tokens(text) else 0.0
