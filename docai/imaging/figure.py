"""The picture of a page with its evidence: marks, cards, the lines between them, the legend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

from docai.imaging import columns
from docai.imaging.columns import COLUMN_PX, Card, lay_out
from docai.imaging.fonts import Typeface, draw_text, wrap
from docai.imaging.labels import STATUS_COLOURS, STATUS_MEANINGS, Label, Mark
from docai.imaging.outlines import Rect, draw_outline
from docai.types import Box, Status

# Pixels of the finished picture.
_PAD = 44
_GUTTER = 72
_LEGEND_PX, _LEGEND_ROW = 19, 36
_SHARP = 2  # lines and corners are drawn so many times larger, then scaled down: Pillow does not smooth them

_PAPER, _BACKGROUND, _EDGE = "#FFFFFF", "#EEF1F5", "#D3D9E2"
_INK, _FAINT = "#111827", "#5B6676"


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where things stand in the picture."""

    size: tuple[int, int]
    page: tuple[int, int]
    page_size: tuple[int, int]
    legend_top: int

    def card_rect(self, card: Card) -> Rect:
        x0 = self.page[0] + self.page_size[0] + _GUTTER if card.on_right else _PAD
        y0 = self.page[1] + card.top
        return x0, y0, x0 + COLUMN_PX, y0 + card.height


@dataclass(frozen=True, slots=True)
class _LegendEntry:
    name: str
    meaning: str
    status: Status
    main: bool


def compose_figure(
    page: Image.Image, marks: Sequence[Mark], labels: Sequence[Label], typeface: Typeface
) -> Image.Image:
    """The finished picture. Boxes of marks and labels in pixels of `page`, which is upright."""
    cards = lay_out(labels, page.size, typeface)
    legend = _legend_rows(_legend(marks), typeface, _width(page.size, cards) - 2 * _PAD)
    frame = _frame(page.size, cards, len(legend))
    figure = Image.new("RGB", frame.size, _BACKGROUND)
    _paste_page(figure, _tinted(page, marks), frame.page)
    _draw_shapes(figure, frame, marks, cards)
    canvas = ImageDraw.Draw(figure)
    for card in cards:
        _write_card(canvas, frame.card_rect(card), card, typeface)
    _draw_legend(figure, frame, legend, typeface)
    return figure


def _width(page_size: tuple[int, int], cards: Sequence[Card]) -> int:
    sides = len({card.on_right for card in cards})
    return 2 * _PAD + page_size[0] + sides * (_GUTTER + COLUMN_PX)


def _frame(page_size: tuple[int, int], cards: Sequence[Card], legend_rows: int) -> _Frame:
    left = any(not card.on_right for card in cards)
    depth = max([page_size[1], *(int(card.top + card.height) + 1 for card in cards)])
    legend_top = _PAD + depth + 26
    height = legend_top + legend_rows * _LEGEND_ROW + 22 if legend_rows else _PAD + depth + _PAD
    x = _PAD + (_GUTTER + COLUMN_PX if left else 0)
    return _Frame((_width(page_size, cards), height), (x, _PAD), page_size, legend_top)


def _paste_page(figure: Image.Image, page: Image.Image, at: tuple[int, int]) -> None:
    shadow = Image.new("L", figure.size, 0)
    x, y = at
    ImageDraw.Draw(shadow).rectangle((x, y + 5, x + page.width, y + page.height + 5), fill=70)
    figure.paste(Image.new("RGB", figure.size, "#64748B"), mask=shadow.filter(ImageFilter.GaussianBlur(10)))
    figure.paste(page, at)


def _tinted(page: Image.Image, marks: Iterable[Mark]) -> Image.Image:
    """The places coloured as a marker pen does: multiplied, so that the ink below stays as dark as it was."""
    layer = Image.new("RGB", page.size, _PAPER)
    canvas = ImageDraw.Draw(layer)
    for mark in marks:
        tint = _on_paper(STATUS_COLOURS[mark.status], 0.24 if mark.main else 0.11)
        for box in mark.boxes:
            canvas.rounded_rectangle(_grown(box), radius=4, fill=tint)
    return ImageChops.multiply(page, layer)


def _draw_shapes(figure: Image.Image, frame: _Frame, marks: Iterable[Mark], cards: Iterable[Card]) -> None:
    layer = Image.new("RGBA", (frame.size[0] * _SHARP, frame.size[1] * _SHARP), (0, 0, 0, 0))
    canvas = ImageDraw.Draw(layer)
    dx, dy = frame.page
    for card in cards:
        colour = STATUS_COLOURS[card.label.status]
        path = _line_path(frame, card)
        scaled = [(x * _SHARP, y * _SHARP) for x, y in path]
        canvas.line(scaled[:2], fill=_alpha(colour, 105), width=2)  # paler where it runs over the page
        canvas.line(scaled[1:], fill=_alpha(colour, 190), width=3, joint="curve")
        _draw_dot(canvas, path[-1], colour)
    for mark in marks:
        rects = [_scaled(_grown(_moved(box, dx, dy))) for box in mark.boxes]
        width, colour = (4 if mark.main else 2), STATUS_COLOURS[mark.status]
        draw_outline(layer, rects, colour, width_px=width, radius_px=4 * _SHARP, alpha=235)
    for card in cards:
        _draw_card(canvas, frame.card_rect(card), STATUS_COLOURS[card.label.status])
    smooth = layer.resize(frame.size, Image.Resampling.BOX)
    figure.paste(smooth, mask=smooth.getchannel("A"))


def _draw_card(canvas: ImageDraw.ImageDraw, rect: Rect, colour: str) -> None:
    x0, y0, x1, y1 = (v * _SHARP for v in rect)
    radius = 9 * _SHARP
    canvas.rounded_rectangle(
        (x0, y0 + 3 * _SHARP, x1, y1 + 3 * _SHARP), radius=radius, fill=(100, 116, 139, 42)
    )
    canvas.rounded_rectangle((x0, y0, x1, y1), radius=radius, fill=colour)
    # White over all but a stripe at the left, whose outer corners stay round.
    canvas.rounded_rectangle(
        (x0 + 6 * _SHARP, y0, x1, y1), radius=radius, fill=_PAPER, corners=(False, True, True, False)
    )
    canvas.rounded_rectangle((x0, y0, x1, y1), radius=radius, outline=_EDGE, width=2)
    canvas.rounded_rectangle(
        (x0, y0, x0 + 6 * _SHARP, y1), radius=6 * _SHARP, fill=colour, corners=(True, False, False, True)
    )


def _draw_dot(canvas: ImageDraw.ImageDraw, at: tuple[float, float], colour: str) -> None:
    x, y, r = at[0] * _SHARP, at[1] * _SHARP, 4 * _SHARP
    canvas.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def _line_path(frame: _Frame, card: Card) -> list[tuple[float, float]]:
    """Along the lower edge of the box to the page's edge, then in a curve to the middle of the card."""
    dx, dy = frame.page
    x, y = card.anchor[0] + dx, card.anchor[1] + dy + 1.5
    rect = frame.card_rect(card)
    end_x, end_y = (rect[0] if card.on_right else rect[2]), (rect[1] + rect[3]) / 2
    edge_x = dx + frame.page_size[0] if card.on_right else dx
    bend = (end_x - edge_x) * 0.55
    path = [(x, y)]
    for step in range(25):
        t = step / 24
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        path.append(
            (a * edge_x + b * (edge_x + bend) + c * (end_x - bend) + d * end_x, (a + b) * y + (c + d) * end_y)
        )
    return path


def _write_card(canvas: ImageDraw.ImageDraw, rect: Rect, card: Card, typeface: Typeface) -> None:
    label, pad = card.label, columns.CARD_PAD_PX
    x, y, right = rect[0] + pad + 5, rect[1] + pad - 3, rect[2] - pad
    colour = STATUS_COLOURS[label.status]
    small = typeface.at(columns.NOTE_PX)
    told = columns.told(label)
    draw_text(canvas, (right - small.getlength(told), y + 1), told, small, _FAINT)
    name_font = typeface.at(columns.NAME_PX)
    for name in card.names:
        draw_text(canvas, (x, y), name, name_font, colour, bold=True)
        y += columns.NAME_LEADING_PX
    for line in card.lines:
        draw_text(canvas, (x, y), line, typeface.at(columns.VALUE_PX), _INK)
        y += columns.VALUE_LEADING_PX
    for note in wrap(typeface.plain(label.note), small, right - x, 1):
        draw_text(canvas, (x, y), note, small, _FAINT)


def _legend(marks: Iterable[Mark]) -> list[_LegendEntry]:
    found = list(marks)
    statuses = {mark.status for mark in found}
    entries = [_LegendEntry(s, STATUS_MEANINGS[s], s, True) for s in STATUS_COLOURS if s in statuses]
    if any(not mark.main for mark in found):
        status = next(mark.status for mark in found if not mark.main)
        entries.append(_LegendEntry("pale", "what a derived value rests on", status, False))
    return entries


def _legend_width(entry: _LegendEntry, typeface: Typeface) -> float:
    font = typeface.at(_LEGEND_PX)
    return 34 + font.getlength(entry.name) + 8 + font.getlength(entry.meaning) + 34


def _legend_rows(
    entries: Iterable[_LegendEntry], typeface: Typeface, width: float
) -> list[list[_LegendEntry]]:
    rows: list[list[_LegendEntry]] = []
    used = width + 1
    for entry in entries:
        need = _legend_width(entry, typeface)
        if used + need > width + 34:
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += need
    return rows


def _draw_legend(
    figure: Image.Image, frame: _Frame, rows: Sequence[Sequence[_LegendEntry]], typeface: Typeface
) -> None:
    canvas = ImageDraw.Draw(figure)
    font = typeface.at(_LEGEND_PX)
    for index, row in enumerate(rows):
        y = frame.legend_top + index * _LEGEND_ROW
        x = (frame.size[0] - sum(_legend_width(entry, typeface) for entry in row) + 34) / 2
        for entry in row:
            colour = STATUS_COLOURS[entry.status]
            tint = _on_paper(colour, 0.24 if entry.main else 0.11)
            canvas.rounded_rectangle(
                (x, y + 2, x + 24, y + 18), radius=4, fill=tint, outline=colour, width=2 if entry.main else 1
            )
            draw_text(canvas, (x + 34, y), entry.name, font, colour, bold=True)
            draw_text(canvas, (x + 42 + font.getlength(entry.name), y), entry.meaning, font, _FAINT)
            x += _legend_width(entry, typeface)


def _on_paper(colour: str, share: float) -> tuple[int, int, int]:
    """A share of a colour on white paper."""
    r, g, b = ImageColor.getrgb(colour)[:3]
    return round(255 - (255 - r) * share), round(255 - (255 - g) * share), round(255 - (255 - b) * share)


def _alpha(colour: str, alpha: int) -> tuple[int, int, int, int]:
    r, g, b = ImageColor.getrgb(colour)[:3]
    return r, g, b, alpha


def _moved(box: Box, dx: float, dy: float) -> Box:
    return Box(box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy)


def _scaled(rect: Rect) -> Rect:
    return rect[0] * _SHARP, rect[1] * _SHARP, rect[2] * _SHARP, rect[3] * _SHARP


def _grown(box: Box, by: float = 2.0) -> Rect:
    """A little air around the words."""
    return box.x0 - by, box.y0 - by, box.x1 + by, box.y1 + by
