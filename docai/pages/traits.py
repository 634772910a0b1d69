"""What a read page tells about its place in a document: numbers, identifiers, head and foot, title."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from docai.imaging.geometry import to_upright, upright_size
from docai.types import Box, Page

_PAGE_OF = re.compile(
    r"\b(?:page|seite|pagina|página|blatt|pag|pg|p|s)\b[\s.:#]{0,4}(\d{1,4})\s{0,2}(?:(?:of|von|de|sur|di|/)\s{0,2}(\d{1,4})\b)?",
    re.IGNORECASE,
)
_K_OF_N = re.compile(r"^\W{0,3}(\d{1,3})\s{0,2}(?:of|von|de|sur|di|/)\s{0,2}(\d{1,3})\W{0,3}$", re.IGNORECASE)
_BARE = re.compile(r"^\W{0,3}(\d{1,3})\W{0,3}$")
# A label of one document's own number, and the number: four characters or more, one of them a digit.
_IDENTIFIER = re.compile(
    r"\b(?:tax |commercial |handels)?(invoice|receipt|order|contract|bill|doc(?:ument)?|rechnung|beleg"
    r"|auftrag|bestell(?:ung)?|facture|bon|check|estimate|credit note|gutschrift|slip|trans(?:action)?)"
    r"(?:s|es)?[ .-]{0,2}(?:no|nr|num|number|nummer|numéro|id|n°|/ ?revision)?[ .:#°]{0,5}"
    r"((?=[A-Z0-9/-]{0,18}\d)[A-Z0-9][A-Z0-9/-]{3,19})\b",
    re.IGNORECASE,
)
_NO_IDENTIFIER = re.compile(r"^\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?$|^(?:19|20)\d\d$")
_LETTERHEAD = re.compile(
    r"\b(?:tel|phone|telefon|fax|telefax|hotline|www|e-?mail|gst|vat|ust|roc|co|siret|tva)\b.{0,20}?[\d.@]",
    re.IGNORECASE,
)
_DATE = re.compile(r"\b\d{1,4}[./-](?:\d{1,2}|[a-z]{3})[./-]\d{2,4}\b|\b(?:19|20)\d\d\b", re.IGNORECASE)
_TOTAL = re.compile(
    r"\b(?:grand total|total|amount due|balance due|gesamtbetrag|gesamtsumme|zahlbetrag|rechnungsbetrag"
    r"|bruttobetrag|bruttosumme|net à payer|montant dû)\b.{0,60}?\d[.,]\d\d\b",
    re.IGNORECASE,
)
_TITLE_WORD = re.compile(
    r"\b(?:invoice|receipt|agreement|contract|order|statement|rechnung|gutschrift|facture|avoir|quittung"
    r"|lieferschein|amendment|lease|license|memorandum|letter|certificate|report|proposal|estimate|purchase"
    r"|bill|angebot|vertrag)s?\b",
    re.IGNORECASE,
)
# "Exhibit 10.3" is the number under which a whole document was filed, not an annex within one.
_ATTACHED = re.compile(
    r"^\W{0,3}(?:exhibit(?!\s{1,3}\d{1,3}\.\d)|schedule|annex|appendix|attachment|addendum|anlage|anhang"
    r"|annexe|signature page|in witness)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"\b(?:agreement|amendment|lease|contract|memorandum|deed)\b.{0,160}?\b(?:(?:is|are|was) made"
    r"|made (?:as of|this|on|by|and entered)|entered into|by and (?:between|among)|dated (?:as of|this)"
    r"|effective as of|executed (?:as of|this))\b",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"\bin witness whereof\b|^\W{0,3}(?:by|name|title|its|signed|signature|unterschrift|signé)\s{0,2}:"
    r"|^\W{0,3}/s/|\bunterschrift\b",
    re.IGNORECASE,
)
_EDGE_SHARE = 0.12
_HEAD_ROWS = 3
_FLOWING_WORDS = 6


@dataclass(frozen=True, slots=True)
class Row:
    """A row of words as it reads, left to right."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class PageTraits:
    """`number`, `total`: as printed ("Page 2 of 5"; 2 and 0 if alone). `bare`: the number stands alone at an
    edge of the page, which may be a sheet of an annex. `identifiers`: label -> numbers. `head`, `foot`:
    letters of the outer rows. `title`: letters of rows near the top that name a kind of document.
    `attached`: the page opens as an exhibit or the like. `open_end`, `flows_on`: the last sentence does not
    end here; the first row begins within one. `dated`: a date. `totalled`: an amount that
    closes an account. `opens`: the formula with which agreements begin. `signed`: places for signatures.
    `letterhead`: a telephone or tax number near the top."""

    size: tuple[float, float]
    blank: bool
    number: int
    total: int
    bare: bool
    identifiers: dict[str, frozenset[str]]
    head: frozenset[str]
    foot: frozenset[str]
    title: frozenset[str]
    attached: bool
    open_end: bool
    flows_on: bool
    dated: bool
    totalled: bool
    opens: bool
    signed: bool
    letterhead: bool


def describe_page(page: Page) -> PageTraits:
    width, height = upright_size(page)
    rows = make_rows(page)
    number, total, bare = _find_number(rows, height)
    texts = [row.text for row in rows]
    body = [r for r in rows if len(r.text.split()) >= _FLOWING_WORDS]
    identifiers: dict[str, set[str]] = {}
    for text in texts:
        for match in _IDENTIFIER.finditer(text):
            if not _NO_IDENTIFIER.match(match[2]):
                identifiers.setdefault(match[1].lower(), set()).add(match[2].upper())
    return PageTraits(
        (width, height),
        sum(len(text) for text in texts) < 12,
        number,
        total,
        bare,
        {label: frozenset(values) for label, values in identifiers.items()},
        _letters(texts[:_HEAD_ROWS]),
        _letters(texts[-2:]),
        _letters([row.text for row in rows[:8] if row.box.y0 < height / 3 and _is_title(row, width)]),
        any(_ATTACHED.match(text) for text in texts[:3]),
        bool(body) and body[-1].text.rstrip()[-1:].isalpha() and body[-1].box.x1 > 0.7 * width,
        bool(body) and body[0] in rows[:3] and body[0].text.lstrip()[:1].islower(),
        any(_DATE.search(text) for text in texts),
        any(_TOTAL.search(text) for text in texts),
        bool(_OPENING.search(" ".join(row.text for row in rows if row.box.y0 < 0.6 * height)[:1500])),
        sum(1 for text in texts if _SIGNED.search(text)) >= 2,
        any(_LETTERHEAD.search(row.text) for row in rows if row.box.y1 < 0.4 * height),
    )


def make_rows(page: Page) -> list[Row]:
    """Rows of words of a page as it reads, top to bottom, whatever its lines are."""
    placed = [(to_upright(page, word.box), word.text) for word in page.words]
    placed.sort(key=lambda item: (item[0].y0 + item[0].y1) / 2)
    if not placed:
        return []
    reach = 0.5 * median(box.y1 - box.y0 for box, _ in placed)
    groups: list[list[tuple[Box, str]]] = []
    centre = float("-inf")
    for box, text in placed:
        middle = (box.y0 + box.y1) / 2
        if middle - centre > reach:
            groups.append([])
            centre = middle
        groups[-1].append((box, text))
    return [_join(sorted(group, key=lambda item: item[0].x0)) for group in groups]


def _join(group: Sequence[tuple[Box, str]]) -> Row:
    boxes = [box for box, _ in group]
    hull = Box(
        min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes)
    )
    return Row(" ".join(text for _, text in group), hull)


def _find_number(rows: Sequence[Row], height: float) -> tuple[int, int, bool]:
    """Page number and total (0 if not printed), and whether the number stands alone."""
    edges = [r for r in rows if r.box.y1 < _EDGE_SHARE * height or r.box.y0 > (1 - _EDGE_SHARE) * height]
    for row in rows:
        match = _PAGE_OF.search(row.text)
        if match and (match[2] or (row in edges and len(row.text) < 40)):
            number, total = int(match[1]), int(match[2] or 0)
            if number and (not total or number <= total):
                return number, total, False
    for row in edges:
        match = _K_OF_N.match(row.text)
        if match and 0 < int(match[1]) <= int(match[2]):
            return int(match[1]), int(match[2]), False
    for row in reversed(edges):
        match = _BARE.match(row.text)
        if match and int(match[1]):
            return int(match[1]), 0, True
    return 0, 0, False


def _is_title(row: Row, width: float) -> bool:
    """A short row that begins or ends with a kind of document and is centred or set in capitals."""
    words = re.findall(r"[^\W\d_]{3,30}", row.text)
    if not words or len(row.text.split()) > 8 or row.text.rstrip()[-1:] in ":,":
        return False
    if not any(_TITLE_WORD.fullmatch(word) for word in (words[0], words[-1])):
        return False
    middle = (row.box.x0 + row.box.x1) / 2
    return row.text.isupper() or abs(middle - width / 2) < 0.06 * width


def _letters(texts: Sequence[str]) -> frozenset[str]:
    """Words of some rows without digits, so that running heads agree from page to page."""
    return frozenset(w for text in texts for w in re.findall(r"[^\W\d_]{3,30}", text.lower()))
