"""Pages with a text layer: check it, and read with OCR only what it leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from docai.imaging.orientation import Gray
from docai.reading import layer as layer_checks
from docai.reading.blocks import InkLines, find_ink_lines
from docai.reading.coverage import group_boxes, merge_words, uncovered_lines, without_overlap
from docai.reading.engines import Engines
from docai.reading.printed import is_word
from docai.reading.recognition import read_sheet
from docai.reading.sheet import Sheet, lay_sheet
from docai.reading.tokens import Line, PixelBox, line_of
from docai.types import ImageKind, Page, Word

MOSTLY_UNCOVERED = 0.5
"""Where this share of the lines is not in the layer (a stamp on a scan has one), the page is read whole."""
SURE = 0.6
"""Words read inside pictures of a page with a text layer: shapes are taken for letters easily."""


def find_layer_defect(
    engines: Engines, words: Sequence[Word], gray: Gray, dpi: float, small: InkLines, kind: ImageKind
) -> tuple[list[Word], str | None]:
    """The layer's visible words, and why they are not to be trusted, or None.

    A layer over a scan comes from an earlier OCR: a few of its lines are read again and compared.
    """
    shown = layer_checks.drop_hidden(words, small.small, small.dpi)
    if len(words) >= 10 and 2 * len(shown) < len(words):
        return shown, "does not lie on the page's ink"
    defect = layer_checks.find_defect(shown) if shown else None
    if defect is None and kind == "native" and shown and engines.tesseract is not None:
        turned = layer_checks.turn_of(shown)
        if turned == 0 and _agreement(engines, shown, gray, dpi) < layer_checks.GOOD_AGREEMENT:
            defect = "differs from what the page shows (an earlier, poorer OCR)"
    return shown, defect


def _agreement(engines: Engines, words: Sequence[Word], gray: Gray, dpi: float) -> float:
    """The median agreement of sampled lines; 1 where there is nothing to sample."""
    assert engines.tesseract is not None
    scores = []
    for line in layer_checks.sample_lines(words):
        hull = _pixel_hull(line, dpi, pad=0.02 * dpi, shape=gray.shape)
        read = engines.tesseract.read_block(gray, dpi, hull)
        said = "".join(w.text for w in line)
        scores.append(layer_checks.agreement(said, "".join(t.text for row in read for t in row.tokens)))
    return sorted(scores)[len(scores) // 2] if scores else 1.0


def _pixel_hull(line: Sequence[Word], dpi: float, pad: float, shape: tuple[int, ...]) -> PixelBox:
    k = dpi / 72.0
    return (
        max(0.0, min(w.box.x0 for w in line) * k - pad),
        max(0.0, min(w.box.y0 for w in line) * k - pad),
        min(float(shape[1]), max(w.box.x1 for w in line) * k + pad),
        min(float(shape[0]), max(w.box.y1 for w in line) * k + pad),
    )


def complete_layer(
    engines: Engines, page: Page, words: Sequence[Word], gray: Gray, dpi: float, small: InkLines
) -> tuple[list[Word], Sheet, InkLines]:
    """The layer's words with OCR's where the layer leaves ink out; the sheet and its ink, for the regions."""
    turned = layer_checks.turn_of(words)
    sheet = lay_sheet(page, gray, dpi, turned, 0.0)
    ink = find_ink_lines(sheet.gray, dpi) if turned else small
    left_out = uncovered_lines(ink, [sheet.find(word.box, ink.dpi) for word in words])
    if not len(left_out) or (engines.tesseract is None and engines.recogniser is None):
        return list(words), sheet, ink
    if len(left_out) >= 5 and len(left_out) > MOSTLY_UNCOVERED * len(ink.boxes):
        lines = read_sheet(engines, sheet, ink)[0]
    else:
        lines = _read_groups(engines, sheet, group_boxes(left_out, 0.15 * ink.dpi), ink)
    added = without_overlap(sheet.words(lines), words)
    return (merge_words(words, added) if added else list(words)), sheet, ink


def _read_groups(engines: Engines, sheet: Sheet, groups: list[PixelBox], ink: InkLines) -> list[Line]:
    lines: list[Line] = []
    for group in groups:
        pad = 0.03 * ink.dpi
        x0, y0, x1, y1 = ((v + d) / ink.scale for v, d in zip(group, (-pad, -pad, pad, pad), strict=True))
        height, width = sheet.gray.shape
        left, top, right, bottom = (
            max(0, int(x0)),
            max(0, int(y0)),
            min(width, int(x1)),
            min(height, int(y1)),
        )
        if right - left < 0.15 * sheet.dpi or bottom - top < 0.06 * sheet.dpi:
            continue
        for line in _read_part(engines, sheet, (left, top, right, bottom)):
            sure = [token for token in line.tokens if token.confidence >= SURE and is_word(token)]
            if sum(c.isalnum() for token in sure for c in token.text) >= 2:
                lines.append(line_of(sure))
    return lines


def _read_part(engines: Engines, sheet: Sheet, box: tuple[int, int, int, int]) -> list[Line]:
    if engines.tesseract is not None:
        return engines.tesseract.read_block(sheet.gray, sheet.dpi, box)
    part = Sheet(sheet.page, sheet.gray[box[1] : box[3], box[0] : box[2]], sheet.dpi)
    lines = read_sheet(engines, part, find_ink_lines(part.gray, part.dpi))[0]
    return [line.moved(box[0], box[1]) for line in lines]
