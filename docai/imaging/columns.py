"""Labels as cards in columns beside a page: which side, how tall, how high up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from docai.imaging.fonts import Typeface, wrap
from docai.imaging.labels import Label, stack
from docai.types import Box

# Pixels of the finished picture.
COLUMN_PX = 372
CARD_PAD_PX = 14
NAME_PX, VALUE_PX, NOTE_PX = 18, 21, 16
NAME_LEADING_PX, VALUE_LEADING_PX, NOTE_LEADING_PX = 26, 27, 21
_GAP_PX = 14
_VALUE_LINES = 3


@dataclass(frozen=True, slots=True)
class Card:
    """A label laid out. `top`, `height` and the `anchor` (where its line starts) in pixels of the page."""

    label: Label
    names: tuple[str, ...]
    lines: tuple[str, ...]
    top: float
    height: float
    anchor: tuple[float, float]
    on_right: bool


def lay_out(labels: Sequence[Label], page_size: tuple[int, int], typeface: Typeface) -> list[Card]:
    """Cards to the right of the page if they all fit there, else on both sides, each near its own edge;
    with one line of text where even that does not suffice. Columns may end below the page.
    """
    for lines in (_VALUE_LINES, 1):
        cards = [_measure(label, typeface, lines) for label in labels]
        if _total(cards) <= page_size[1]:
            return _place(cards, page_size, on_right=True)
        left, right = _split(cards, page_size)
        if max(_total(left), _total(right)) <= page_size[1]:
            break
    return _place(left, page_size, on_right=False) + _place(right, page_size, on_right=True)


def told(label: Label) -> str:
    """What stands in a card's upper right corner."""
    return f"{label.status}  {label.confidence:.0%}" if label.confidence else label.status


def _measure(label: Label, typeface: Typeface, lines: int) -> Card:
    inner_px = COLUMN_PX - 2 * CARD_PAD_PX - 5
    name_px = inner_px - typeface.at(NOTE_PX).getlength(told(label)) - 12
    names = wrap(typeface.plain(label.name), typeface.at(NAME_PX), name_px, min(lines, 2))
    text = wrap(typeface.plain(label.value), typeface.at(VALUE_PX), inner_px, lines)
    height = 2 * CARD_PAD_PX + len(names) * NAME_LEADING_PX + len(text) * VALUE_LEADING_PX
    height += NOTE_LEADING_PX if label.note else 0
    return Card(label, tuple(names), tuple(text), 0.0, height - 4, (0.0, 0.0), True)


def _total(cards: Sequence[Card]) -> float:
    return sum(card.height + _GAP_PX for card in cards) - _GAP_PX


def _split(cards: Sequence[Card], page_size: tuple[int, int]) -> tuple[list[Card], list[Card]]:
    """Left and right by where the place lies; from a side that is too full, those nearest the middle move."""
    middle = page_size[0] / 2
    order = sorted(cards, key=lambda card: _centre_x(card.label.boxes))
    cut = sum(_centre_x(card.label.boxes) < middle for card in order)
    while cut > 0 and _total(order[:cut]) > max(page_size[1], _total(order[cut - 1 :])):
        cut -= 1
    while cut < len(order) and _total(order[cut:]) > max(page_size[1], _total(order[: cut + 1])):
        cut += 1
    return order[:cut], order[cut:]


def _centre_x(boxes: Sequence[Box]) -> float:
    return (min(box.x0 for box in boxes) + max(box.x1 for box in boxes)) / 2


def _place(cards: Sequence[Card], page_size: tuple[int, int], *, on_right: bool) -> list[Card]:
    anchored = []
    for card in cards:
        boxes = card.label.boxes
        # The line leaves from the box that reaches farthest towards the column, along its lower edge, where
        # the gap between two lines of text is.
        box = max(boxes, key=lambda b: b.x1) if on_right else min(boxes, key=lambda b: b.x0)
        anchored.append((card, (box.x1 if on_right else box.x0, box.y1)))
    anchored.sort(key=lambda pair: (pair[1][1], pair[1][0]))
    tops = stack(
        [anchor[1] - card.height / 2 for card, anchor in anchored],
        [card.height for card, _ in anchored],
        _GAP_PX,
        0.0,
        float(page_size[1]),
    )
    return [
        replace(card, top=top, anchor=anchor, on_right=on_right)
        for (card, anchor), top in zip(anchored, tops, strict=True)
    ]
