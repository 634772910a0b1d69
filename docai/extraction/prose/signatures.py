"""Signature blocks: for whom, by whom, when, and whether there is a signature."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docai.extraction.layout import Cell, PageLayout, build_layout
from docai.extraction.prose.claims import ENGINE
from docai.extraction.prose.document import Prose
from docai.extraction.prose.mentions import HAS_SUFFIX
from docai.extraction.prose.parties import Party
from docai.imaging.geometry import intersection_area, to_upright
from docai.schema import Field
from docai.types import Box, Claim, Page, Scalar
from docai.values.compare import fold
from docai.values.dates import find_dates

_BY = re.compile(
    r"^(?:\W{0,3}(?:by|signed|signature|signed by|per|sign|unterschrift)\s?:"
    r"|\W{0,3}by\b\s?(?=[_/.]|$)|/s/|s/|x_{3,}|_{8,}$)",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"/\s?s\s?/|\bs/\s?[A-Z]|\(signed\)|\(seal\)", re.IGNORECASE)
_BY_VALUE = re.compile(r"(?:/\s?s\s?/|\bs/)\s?(?P<name>[A-Z][\w.'’ -]{2,40})")
_LABELS = {
    "name": re.compile(r"^\W{0,2}(?:print(?:ed)? ?)?(?:name|nom)(?:\s\([^)]*\))?\s?:\s?", re.IGNORECASE),
    "title": re.compile(r"^\W{0,2}(?:title|its|position|titel)\s?:\s?", re.IGNORECASE),
    "date": re.compile(r"^\W{0,2}(?:date(?:d| signed)?|datum)\s?:\s?", re.IGNORECASE),
}
_HEADS = re.compile(r"(?i)in witness whereof|duly authori[sz]ed|executed|agreed (?:and|to)|accepted")
_PERSON = re.compile(
    r"(?:[A-Z][a-z'’.-]*|[A-Z]\.)(?: (?:[A-Z][\w'’.-]*|[A-Z]\.|de|van|von|der)){1,3}(?:,? (?:Jr"
    r"|Sr|III|II)\.?)?"
)
_BLANK = re.compile(r"_{3,}|\.{5,}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a block: its value, the text and words that show it."""

    value: Scalar
    quote: str
    page: int
    words: tuple[int, ...]
    score: float


Block = dict[str, Piece]


def find_signatures(prose: Prose, parties: Sequence[Party]) -> list[Block]:
    """Blocks in reading order; keys `party`, `present`, `name`, `date`, `title` as far as they are there."""
    blocks: list[Block] = []
    for page in prose.view.pages:
        if not _may_sign(page):
            continue
        layout = build_layout(page)
        for cell in layout.cells:
            if _BY.match(cell.text) and not (cell.text.startswith("_") and len(cell.text) > 90):
                block = _read_block(layout, cell, parties)
                if block is not None:
                    blocks.append(block)
    return blocks[:12]


def _may_sign(page: Page) -> bool:
    texts = [w.text.lower() for w in page.words]
    return any(
        t.startswith(("by:", "/s/", "signature", "signed", "unterschrift")) or t == "by" or t == "name:"
        for t in texts
    )


def _read_block(layout: PageLayout, by: Cell, parties: Sequence[Party]) -> Block | None:
    below = layout.below(by, rows=7)
    right = layout.right_of(by)[:1]
    block: Block = {}
    for key in ("name", "title", "date"):
        piece = _labelled(layout, key, [*below, *right])
        if piece:
            block[key] = piece
    own = _BY_VALUE.search(by.text + (" " + right[0].text if right and "/s/" in by.text else ""))
    if "name" not in block:
        named = _person_below(below) or (_piece(by, own.group("name"), 0.7) if own else None)
        if named:
            block["name"] = named
    party = _party_above(layout, by, parties)
    if party:
        block["party"] = party
    if not block and not own:
        return None
    block["present"] = _presence(layout, by, right)
    if "party" not in block and "name" not in block:
        return None
    return block


def _piece(cell: Cell, value: str, score: float) -> Piece | None:
    """A value that is part of a cell's text."""
    text = value.strip(" _.,:;")
    at = cell.text.find(text)
    if not text or at < 0:
        return None
    words = cell.span_words(at, at + len(text))
    return Piece(text, text, cell.page, words, score)


def _labelled(layout: PageLayout, key: str, cells: Sequence[Cell]) -> Piece | None:
    for cell in cells:
        label = _LABELS[key].match(cell.text)
        if label is None:
            continue
        rest = cell.text[label.end() :]
        if not rest.strip(" _."):
            beside = [
                c for c in layout.right_of(cell)[:1] if not any(r.match(c.text) for r in _LABELS.values())
            ]
            if not beside:
                return None
            cell, rest = beside[0], beside[0].text
        if key == "date":
            found = find_dates(rest)
            if not found:
                return None
            piece = _piece(cell, found[0].text, 0.85)
            return Piece(found[0].value, piece.quote, piece.page, piece.words, 0.85) if piece else None
        rest = re.split(r"\s(?:Title|Date|By|Its)\s?:", rest)[0]
        return _piece(cell, rest, 0.85) if not _BLANK.fullmatch(rest.strip()) else None
    return None


def _person_below(cells: Sequence[Cell]) -> Piece | None:
    for cell in cells[:2]:
        text = re.sub(r"^Name\s?:?\s?", "", cell.text).split(",")[0].strip()
        if _PERSON.fullmatch(text) and not HAS_SUFFIX.search(text):
            return _piece(cell, text, 0.65)
    return None


def _party_above(layout: PageLayout, by: Cell, parties: Sequence[Party]) -> Piece | None:
    names = [(fold(p.name), p) for p in parties]
    for cell in layout.above(by, rows=7):
        if _BY.match(cell.text) or any(r.match(cell.text) for r in _LABELS.values()):
            break
        folded = fold(cell.text)
        for name, _ in names:
            if len(name) > 3 and (name in folded or (len(folded) > 5 and folded in name)):
                return _piece(cell, cell.text.rstrip(":"), 0.85)
        text = cell.text.strip(" :")
        if HAS_SUFFIX.search(text) and len(text) < 90 and not _HEADS.search(text):
            return _piece(cell, text, 0.7)
    return None


def _presence(layout: PageLayout, by: Cell, right: Sequence[Cell]) -> Piece:
    line = " ".join([by.text, *(c.text for c in right)])
    signed = _SIGNED.search(line) is not None
    if not signed:
        signed = _ink_near(layout.page, by.box)
    score = 0.9 if _SIGNED.search(line) else 0.7
    return Piece(signed, by.text, by.page, by.words, score)


def _ink_near(page: Page, box: Box) -> bool:
    """Whether ink that no word covers lies on or right over the line of a signature."""
    height = box.y1 - box.y0
    place = Box(box.x0, box.y0 - 2.5 * height, box.x1 + 22 * height, box.y1 + 0.6 * height)
    return any(
        intersection_area(to_upright(page, r.box), place) > 0.3 * height * height
        for r in page.regions
        if r.kind == "ink"
    )


_PART_OF_KIND = {
    "party": "party",
    "organization": "party",
    "boolean": "present",
    "person": "name",
    "date": "date",
    "title": "title",
    "text": "title",
}


def claim_signatures(blocks: Sequence[Block], fields: Sequence[Field]) -> list[Claim]:
    """One row for each block; a field takes the part that its kind names."""
    claims: list[Claim] = []
    for row, block in enumerate(blocks):
        for field in fields:
            piece = block.get(_PART_OF_KIND.get(field.kind, ""))
            if piece is None:
                continue
            claims.append(
                Claim(
                    path=field.path.replace("*", str(row), 1),
                    quote=piece.quote,
                    value=piece.value,
                    page=piece.page,
                    engine=ENGINE,
                    score=piece.score,
                    words=piece.words,
                    rule="clause" if field.kind == "boolean" else None,
                )
            )
    return claims
