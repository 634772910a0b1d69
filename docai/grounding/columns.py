"""Another order of a page's words: down each column, as address blocks and table columns are read."""

from __future__ import annotations

from dataclasses import dataclass

from docai.imaging.geometry import to_upright, union
from docai.types import Box, Page

_GAP = 1.8  # of the text's height: a wider gap ends a segment
_LEADING = 2.2  # of the text's height: a larger step down ends a column
_MAX_SEGMENTS = 1500


@dataclass(slots=True)
class _Segment:
    words: list[int]
    box: Box
    used: bool = False


def _segments(page: Page) -> list[_Segment]:
    """Lines cut at wide gaps, in reading order, boxes as the page reads."""
    turned = bool(page.turned or page.skew_deg)
    boxes = [to_upright(page, w.box) if turned else w.box for w in page.words]
    segments: list[_Segment] = []
    line = None
    for number, word in enumerate(page.words):
        box = boxes[number]
        current = segments[-1] if segments else None
        height = max(1.0, box.y1 - box.y0)
        if current is not None and word.line == line and -height < box.x0 - current.box.x1 <= _GAP * height:
            current.words.append(number)
            current.box = union((current.box, box))
        else:
            segments.append(_Segment([number], box))
        line = word.line
    return segments


def _below(segment: _Segment, others: list[_Segment]) -> _Segment | None:
    """The nearest unused segment under this one that starts where it starts, or shares its middle."""
    best: _Segment | None = None
    height = max(1.0, segment.box.y1 - segment.box.y0)
    for other in others:
        step = other.box.y0 - segment.box.y0
        if other.used or step <= 0.4 * height:
            continue
        if step > (1 + _LEADING) * height:
            continue
        left = abs(other.box.x0 - segment.box.x0) <= 1.0 * height
        middle = abs(other.box.x0 + other.box.x1 - segment.box.x0 - segment.box.x1) <= 2.0 * height
        if (left or middle) and (best is None or other.box.y0 < best.box.y0):
            best = other
    return best


def column_order(page: Page) -> tuple[int, ...] | None:
    """Indices into `Page.words` down the columns; None when that is the reading order (no column at all)."""
    segments = _segments(page)
    if not 1 < len(segments) <= _MAX_SEGMENTS:
        return None
    order: list[int] = []
    for position, first in enumerate(segments):
        if first.used:
            continue
        segment: _Segment | None = first
        while segment is not None:
            segment.used = True
            order += segment.words
            segment = _below(segment, segments[position + 1 : position + 120])
    return tuple(order) if order != sorted(order) else None
