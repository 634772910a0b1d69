"""Signature blocks: for whom, by whom, when, and whether there is a signature."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docai.extraction.layout import Cell, PageLayout, build_layout, overlap
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
_SIGNING_WORDS = ("by:", "/s/", "signature", "signed", "unterschrift")
_SIGNED_FOR = re.compile(
    r"^(?:(?:duly )?(?:signed|executed|agreed|accepted|acknowledged|delivered)(?: as a deed)?\s)?"
    r"(?:(?:for )?(?:and )?(?:in the name )?(?:and )?on behalf of|by and for|for|by)\s(?:the\s)?(?=[A-Z0-9])"
    r"|^(?:f[üu]r(?: die| den)?|pour(?: la)?)\s(?=[A-Z0-9])",
    re.IGNORECASE,
)
_HONORIFIC = re.compile(r"^(?:Dr|Mr|Mrs|Ms|Prof|Herr|Frau)\.? ")
_BLOCK_ROWS = 6
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
        for anchor in _find_anchors(layout):
            block = _read_block(layout, anchor, parties, prose.day_first)
            if block is not None:
                blocks.append(block)
    return blocks[:12]


def _may_sign(page: Page) -> bool:
    texts = [w.text.lower() for w in page.words]
    return any(t.startswith(_SIGNING_WORDS) or t == "by" or t == "name:" for t in texts)


def _find_anchors(layout: PageLayout) -> list[Cell]:
    """One cell for each block: the line to sign on, or the name under it where that line was not read."""
    kept: list[Cell] = []
    named: list[Cell] = []
    for cell in layout.cells:
        by = _BY.match(cell.text) is not None and not _is_rule(cell)
        name = _LABELS["name"].match(cell.text) is not None
        if not by and not name:
            continue
        above = [k for k in kept if overlap(cell.box, k.box) > 0.15 and cell.row - k.row <= _BLOCK_ROWS]
        # "/s/ Ann Lee" under "By:" signs the same line; a name belongs to the line above it, once.
        near = above and cell.row - above[-1].row <= 1
        has_name = above and any(n.row >= above[-1].row and overlap(n.box, cell.box) > 0.15 for n in named)
        if not above or (by and not near) or (name and has_name):
            kept.append(cell)
        if name:
            named.append(cell)
    return kept


def _is_rule(cell: Cell) -> bool:
    return cell.text.startswith("_") and len(cell.text) > 90


def _read_block(
    layout: PageLayout, anchor: Cell, parties: Sequence[Party], day_first: bool | None
) -> Block | None:
    below = _own_rows(layout, anchor)
    right = layout.right_of(anchor)[:1]
    block: Block = {}
    for key in ("name", "title", "date"):
        piece = _labelled(layout, key, [anchor, *below, *right], day_first)
        if piece:
            block[key] = piece
    own = _BY_VALUE.search(anchor.text + (" " + right[0].text if right and "/s/" in anchor.text else ""))
    if "name" not in block:
        named = _person_below(below) or (_piece(anchor, own.group("name"), 0.7) if own else None)
        if named:
            block["name"] = named
    party = _party_above(layout, anchor, parties)
    if party:
        block["party"] = party
    if "party" not in block and ("name" not in block or (not own and len(block) < 2)):
        return None
    present = _presence(layout, anchor, right)
    if present:
        block["present"] = present
    return block


def _own_rows(layout: PageLayout, anchor: Cell) -> list[Cell]:
    """Cells below a block's anchor up to the next party."""
    own: list[Cell] = []
    for cell in layout.below(anchor, rows=_BLOCK_ROWS + 2):
        if _BY.match(cell.text) and cell.row > anchor.row + 2:
            break
        own.append(cell)
    return own


def _piece(cell: Cell, value: str, score: float) -> Piece | None:
    """A value that is part of a cell's text."""
    text = value.strip(" _.,:;")
    at = cell.text.find(text)
    if not text or at < 0:
        return None
    words = cell.span_words(at, at + len(text))
    return Piece(text, text, cell.page, words, score)


def _labelled(layout: PageLayout, key: str, cells: Sequence[Cell], day_first: bool | None) -> Piece | None:
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
            found = find_dates(rest, day_first=day_first)
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


def _party_above(layout: PageLayout, anchor: Cell, parties: Sequence[Party]) -> Piece | None:
    """The party in the lines above a block, or on the block's own line."""
    names = sorted((fold(_HONORIFIC.sub("", p.name)) for p in parties), key=len, reverse=True)
    for cell in layout.above(anchor, rows=_BLOCK_ROWS + 1):
        if cell.row < anchor.row - 1 and any(r.match(cell.text) for r in (_BY, *_LABELS.values())):
            break
        found = _party_in_row(layout, cell, [n for n in names if len(n) > 3])
        if found:
            return found
        text = _SIGNED_FOR.sub("", cell.text.strip(" :"))
        if HAS_SUFFIX.search(text) and len(text.split()) > 1 and len(text) < 90 and not _HEADS.search(text):
            return _piece(cell, text, 0.7)
    return None


def _party_in_row(layout: PageLayout, cell: Cell, names: Sequence[str]) -> Piece | None:
    """A known party at a cell; wide blanks may have cut its name into several cells."""
    words: list[int] = []
    beside = [c for c in layout.rows[cell.row] if c.box.x0 >= cell.box.x0][:5]
    for part in beside:
        words += part.words
        trimmed = _trim(layout.page, words, names)
        if trimmed:
            text = " ".join(layout.page.words[i].text for i in trimmed).strip(" ,:;")
            return Piece(text, text, cell.page, tuple(trimmed), 0.85)
    whole = fold(cell.text)
    if any(n.startswith(whole) and len(whole) >= 0.5 * len(n) for n in names):
        return _piece(cell, cell.text, 0.6)
    return None


def _trim(page: Page, words: Sequence[int], names: Sequence[str]) -> list[int] | None:
    """The run of words that says one of the names and nothing else."""
    folded = [fold(page.words[i].text) for i in words]
    for name in names:
        for first in range(len(words)):
            said = ""
            for last in range(first, len(words)):
                said += folded[last]
                if said == name:
                    return list(words[first : last + 1])
                if not name.startswith(said):
                    break
    return None


def _presence(layout: PageLayout, anchor: Cell, right: Sequence[Cell]) -> Piece | None:
    """Whether the line is signed: by a mark in words, by ink, or by what was read on it.

    None where there is only a name under a line that nobody read.
    """
    line = " ".join([anchor.text, *(c.text for c in right)])
    inked = _ink_near(layout.page, anchor.box)
    if _SIGNED.search(line):
        return Piece(True, anchor.text, anchor.page, anchor.words, 0.9)
    if not _BY.match(anchor.text):
        return Piece(True, anchor.text, anchor.page, anchor.words, 0.6) if inked else None
    written = _BY.sub("", anchor.text).strip(" _.:-—|")
    quote = anchor if any(c.isalpha() for c in anchor.text) else None
    if inked or written:
        return Piece(True, anchor.text, anchor.page, anchor.words, 0.75 if inked else 0.6)
    return Piece(False, anchor.text, anchor.page, anchor.words, 0.7) if quote else None


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
