"""Blocks of lines that may be a postal address: where one begins and ends, by what its lines hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docai.extraction.forms.candidates import Candidate, Document
from docai.extraction.layout import Cell, PageLayout
from docai.values import addresses, names

MAX_LINES = 6
MAX_LENGTH = 190
_LETTERS = re.compile(r"[^\W\d_]")
_START = re.compile(
    r"^\W{0,3}(?:no\b|lot\b|unit\b|block\b|blk\b|suite\b|level\b|floor\b|plot\b|p\.?\s?o\.?\s?box|\d{1,5}\b)",
    re.I,
)
_INLINE = re.compile(r"^[^:\d]{3,24}:\s{0,3}(?=\S)")
_SEPARATOR = re.compile(r"\s[●•|·]\s|[●•|]|\s-\s")
_REGISTER = re.compile(r"\(\s?[A-Z]{0,3}\d{4,9}\s?-?\s?[A-Z]{0,2}\s?\)|\b\d{5,8}\s?-\s?[A-Z]\b|\d{9,}")


def find_addresses(document: Document) -> list[Candidate]:
    """Runs of one to six lines of a column around lines that look like an address."""
    out: list[Candidate] = []
    for page, layout in enumerate(document.layouts):
        seen: set[int] = set()
        for row in layout.rows:
            for cell in row:
                if cell.index not in seen and len(_LETTERS.findall(cell.text)) >= 2:
                    chain = _chain(layout, cell)
                    seen.update(c.index for c in chain)
                    out.extend(_runs(document, page, chain))
        out.extend(_within_lines(document, page, layout))
    return out


def _chain(layout: PageLayout, cell: Cell) -> list[Cell]:
    """The column of close lines that a cell begins."""
    chain = [cell]
    for number in range(cell.row + 1, len(layout.rows)):
        last = chain[-1]
        if layout.rows[number][0].box.y0 - last.box.y1 > 2.5 * last.height or len(chain) >= 24:
            break
        near = [c for c in layout.rows[number] if _follows(last, c)]
        if near:
            chain.append(near[0])
    return chain


def _follows(last: Cell, cell: Cell) -> bool:
    gap = cell.box.y0 - last.box.y1
    height = max(last.height, cell.height)
    left = abs(cell.box.x0 - last.box.x0) < 1.5 * height
    centre = abs(cell.centre_x - last.centre_x) < 3 * height
    return (left or centre) and gap < 1.6 * height


def _runs(document: Document, page: int, chain: list[Cell]) -> Iterator[Candidate]:
    scores = [document.judge.address(c.text) for c in chain]
    for i in range(len(chain)):
        for count in range(1, MAX_LINES + 1):
            run = chain[i : i + count]
            if len(run) < count or sum(len(c.text) + 1 for c in run) > MAX_LENGTH:
                break
            weak = max(scores[i : i + count]) < 0.25
            if weak and not (
                _START.match(run[0].text) and run[0].box.y0 < 0.4 * document.layouts[page].height
            ):
                continue
            yield _make(document, page, tuple(run), 0, len(run[-1].text))
            label = _INLINE.match(run[0].text)
            if label:
                yield _make(document, page, tuple(run), label.end(), len(run[-1].text))


def _within_lines(document: Document, page: int, layout: PageLayout) -> Iterator[Candidate]:
    """The address within "Name ● Street 1 ● 12345 Town"."""
    for cell in layout.cells:
        parted = _SEPARATOR.search(cell.text)
        if parted and document.judge.address(cell.text[parted.end() :]) > 0.5:
            yield _make(document, page, (cell,), parted.end(), len(cell.text))


def _make(document: Document, page: int, run: tuple[Cell, ...], start: int, end: int) -> Candidate:
    first = run[0]
    parts = [c.text for c in run]
    parts[-1] = parts[-1][:end]
    parts[0] = parts[0][start:]
    words = first.span_words(start, len(first.text) if len(run) > 1 else end)
    words += tuple(w for c in run[1:] for w in c.words)
    text = " ".join(parts)
    key = "".join(ch for ch in text.casefold() if ch.isalnum())
    context = document.finders[page].find(first, start, len(first.text), typed=False)
    return Candidate(page, run, start, end, text, words, text, key, context)


def address_facts(candidate: Candidate, document: Document) -> dict[str, float]:
    """Features of an address block: its own lines, its borders and its neighbours."""
    layout, judge = document.layouts[candidate.page], document.judge
    lines = [c.text for c in candidate.cells]
    lines[0] = lines[0][candidate.start :]
    scores = [judge.address(t) for t in lines]
    before = _neighbour(layout, candidate.cells[0], -1)
    after = _neighbour(layout, candidate.cells[-1], +1)
    posted = [bool(addresses.find_postcodes(t)) for t in lines]
    return {
        "score_sum": min(4.0, sum(scores)) / 2,
        "score_min": min(scores),
        "score_first": scores[0],
        "score_last": scores[-1],
        "lines": len(lines) / 4,
        "many_lines": max(0.0, len(lines) - 4.0),
        "start_word": float(bool(_START.match(lines[0]))),
        "start_inside": sum(bool(_START.match(t)) for t in lines[1:]) / 2,
        "postcode": float(any(posted)),
        "postcodes": float(sum(posted) > 1),
        "postcode_last": float(
            posted[-1] and bool(after) and judge.address(after) >= 0.25 and not judge.noise(after)
        ),
        "after_postcode": float(
            len(lines) - 1 - max((k for k, p in enumerate(posted) if p), default=len(lines) - 1)
        ),
        "noise": float(sum(judge.noise(t) for t in lines)),
        "register": float(sum(bool(_REGISTER.search(t)) for t in lines)),
        "company_inside": float(sum(names.has_suffix(t) for t in lines)),
        "business_first": float(judge.business(lines[0]) > 0 and scores[0] < 0.3),
        "comma_end": float(lines[-1].rstrip().endswith(",")),
        "stop_end": float(lines[-1].rstrip().endswith(".")),
        "comma_joins": sum(t.rstrip().endswith(",") for t in lines[:-1]) / 2,
        "before_score": judge.address(before) if before else 0.0,
        "before_comma": float(before.rstrip().endswith(",")),
        "before_company": float(names.has_suffix(before) or judge.business(before) > 0) if before else 0.0,
        "before_register": float(bool(_REGISTER.search(before)) or judge.noise(before)),
        "before_none": float(not before),
        "after_score": judge.address(after) if after else 0.0,
        "after_noise": float(judge.noise(after) or bool(_REGISTER.search(after))),
        "after_none": float(not after),
        "length": len(candidate.text) / 100,
        "colon": float(":" in candidate.text),
    }


def _neighbour(layout: PageLayout, cell: Cell, step: int) -> str:
    number = cell.row + step
    if not 0 <= number < len(layout.rows):
        return ""
    for other in layout.rows[number]:
        pair = (other, cell) if step < 0 else (cell, other)
        if _follows(*pair):
            return other.text
    return ""
