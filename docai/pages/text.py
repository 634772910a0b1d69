"""The text layer of a PDF page as words in the page's own points, in reading order."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import Any

from docai.imaging.geometry import clip, turn_box
from docai.pages.file import TextLayer
from docai.pages.mupdf import pymupdf
from docai.pages.order import order_blocks
from docai.types import Box, Word

_LIGATURES = {ord(c): unicodedata.normalize("NFKC", c) for c in "ﬀﬁﬂﬃﬄﬅﬆ"} | {0xAD: "-", 0xA0: " "}
# No TEXT_PRESERVE_LIGATURES: MuPDF then writes them out; the table above is for fonts that map to them.
# No TEXT_CID_FOR_UNKNOWN_UNICODE: a glyph without a character stays U+FFFD, so that a reader sees it.
_FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE
_SMALL_SHARE = 0.05


def read_words(page: Any) -> TextLayer:
    """Words of a pymupdf page, hidden ones too; those off the page are dropped."""
    matrix = page.rotation_matrix
    width, height = page.rect.width, page.rect.height
    text = page.get_textpage(flags=_FLAGS)
    raw = page.get_text("words", textpage=text)
    if not raw:
        return TextLayer()
    share, turned = _describe(page.get_text("dict", textpage=text), matrix)
    lines: dict[tuple[int, int], list[tuple[str, Box]]] = {}
    for x0, y0, x1, y1, string, block, line, _ in raw:
        rect = pymupdf.Rect(x0, y0, x1, y1) * matrix
        box = Box(rect.x0, rect.y0, rect.x1, rect.y1)
        inside = 0 <= (box.x0 + box.x1) / 2 <= width and 0 <= (box.y0 + box.y1) / 2 <= height
        clean = clean_text(string)
        if inside and clean:
            lines.setdefault((block, line), []).append((clean, clip(box, width, height)))
    upright: dict[int, list[tuple[tuple[int, int], Box]]] = {}
    for key, words in lines.items():
        hull = _hull([box for _, box in words])
        upright.setdefault(key[0], []).append((key, turn_box(hull, turned, width, height)))
    ordered = order_blocks(list(upright.values()))
    words_out = [
        Word(string, box, None, "text-layer", number)
        for number, key in enumerate(ordered)
        for string, box in lines[key]
    ]
    return TextLayer(tuple(words_out), share, turned)


def clean_text(text: str) -> str:
    """Ligatures written out, hyphens and spaces made plain, control characters dropped."""
    plain = text.translate(_LIGATURES)
    return "".join(
        c for c in plain if c == "\ufffd" or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    ).strip()


def smallest_type_pt(page: Any) -> float | None:
    """Type size that only 5 % of the visible characters fall below, in points; None without any."""
    sizes: Counter[float] = Counter()
    for span in _spans(page.get_text("dict", flags=0)):
        if span["size"] > 0.5 and span.get("alpha", 255):
            sizes[round(float(span["size"]), 1)] += len(span["text"].strip())
    total, seen = sum(sizes.values()), 0
    for size in sorted(sizes):
        seen += sizes[size]
        if seen and seen >= _SMALL_SHARE * total:
            return size
    return None


def _describe(content: dict[str, Any], matrix: Any) -> tuple[float, int]:
    """Share of characters without ink, and the turn that makes most lines level."""
    hidden = total = 0
    turns: Counter[int] = Counter()
    for block in content["blocks"]:
        for line in block.get("lines", ()):
            count = 0
            for span in line["spans"]:
                size = len(span["text"].strip())
                count += size
                # Render mode 3 paints neither fill nor stroke: MuPDF gives such spans no opacity.
                hidden += size if span.get("alpha", 255) == 0 else 0
            total += count
            turns[_turn_of(line["dir"], matrix)] += count
    if not total:
        return 0.0, 0
    return hidden / total, turns.most_common(1)[0][0]


def _turn_of(direction: tuple[float, float], matrix: Any) -> int:
    """The clockwise turn that makes a line with this direction run to the right on the page shown."""
    x = direction[0] * matrix.a + direction[1] * matrix.c
    y = direction[0] * matrix.b + direction[1] * matrix.d
    if abs(x) >= abs(y):
        return 0 if x >= 0 else 180
    return 270 if y > 0 else 90


def _spans(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [span for block in content["blocks"] for line in block.get("lines", ()) for span in line["spans"]]


def _hull(boxes: list[Box]) -> Box:
    return Box(
        min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes)
    )
