"""Names in a table's text column: the line beside an item's numbers and the lines it wraps into."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from docai.extraction.forms.rows import Body, Item, in_column, is_text
from docai.extraction.forms.tables import Column
from docai.extraction.layout import Cell, PageLayout
from docai.imaging.geometry import union

# "Packaging : box" is a remark with a label of its own.
_LABEL = re.compile(r"[^\W\d_]\s?:")


def read_text(
    layout: PageLayout, body: Body, items: Sequence[Item], column: Column
) -> Iterator[tuple[Item, list[Cell]]]:
    """Each item's name: the line of the text column beside its leading value, and the lines it wraps into."""
    cells = [c for row in body.rows for c in row if in_column(c, column, body.header)]
    cells.sort(key=lambda c: (c.box.y0, c.box.x0))
    pairs: list[tuple[Item, list[Cell]]] = []
    for number, item in enumerate(items):
        top = (items[number - 1].y + item.y) / 2 if number else item.y - 4 * layout.line_height
        bottom = items[number + 1].y if number + 1 < len(items) else item.y + 6 * layout.line_height
        near = [c for c in cells if top < c.centre_y < bottom - 0.5 * c.height]
        names = [c for c in near if is_text(c, column, body.header)]
        lead = min(
            names,
            # Of cells at one height the text column's own, not what a narrower column lets in.
            key=lambda c: (round(abs(c.centre_y - item.y) / c.height), abs(c.box.x0 - column.box.x0)),
            default=None,
        )
        if lead is not None and abs(lead.centre_y - item.y) <= 2.5 * layout.line_height:
            pairs.append((item, _paragraph(layout, lead, near)))
    # Lines of several words tell how far the column reaches.
    full = [c.box.x1 for _, lines in pairs for c in lines if " " in c.text]
    for item, lines in pairs:
        yield item, _wrapped(lines, full)


def _paragraph(layout: PageLayout, lead: Cell, near: Sequence[Cell]) -> list[Cell]:
    """The line and those that follow it closely, begin where it begins and hold no label of their own."""
    out = [lead]
    for straddling in near:
        last = out[-1]
        cell = _from_edge(layout, straddling, lead.box.x0)
        if (
            cell.box.y0 < last.box.y0 + 0.5 * last.height
            or abs(cell.box.x0 - lead.box.x0) > 0.8 * last.height
        ):
            continue
        if cell.box.y0 - last.box.y1 > 0.5 * last.height or _LABEL.search(cell.text.rstrip(" :")):
            break
        out.append(cell)
    return out


def _wrapped(lines: Sequence[Cell], full: Sequence[float]) -> list[Cell]:
    """Lines up to the first that would have had room on the line before."""
    out = [lines[0]]
    for cell in lines[1:]:
        last = out[-1]
        width = (cell.box.x1 - cell.box.x0) * len(cell.text.split()[0]) / max(1, len(cell.text))
        needed = last.box.x1 + 0.3 * last.height + width
        if any(reach > needed + 0.3 * last.height for reach in (*full, cell.box.x1)):
            break
        out.append(cell)
    return out


def _from_edge(layout: PageLayout, cell: Cell, x0: float) -> Cell:
    """The part of a cell that begins at the column's left edge, where a narrow gap hid the edge."""
    if cell.box.x0 > x0 - 0.8 * cell.height:
        return cell
    for k, word in enumerate(cell.words):
        if abs(layout.boxes[word].x0 - x0) <= 0.6 * cell.height:
            start = cell.starts[k]
            starts = tuple(s - start for s in cell.starts[k:])
            box = union(layout.boxes[w] for w in cell.words[k:])
            return replace(cell, text=cell.text[start:], box=box, words=cell.words[k:], starts=starts)
    return cell
