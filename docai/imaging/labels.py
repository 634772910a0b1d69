"""What the labels beside a page say, and where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from docai.imaging.geometry import area
from docai.types import Box, Evidence, FieldValue, Status

# Okabe and Ito's advice: hues that colour-blind readers tell apart, dark enough for text on white.
STATUS_COLOURS: dict[Status, str] = {
    "grounded": "#0B8A6F",
    "inferred": "#2563EB",
    "seen": "#B7660A",
    "unsupported": "#C81E3A",
    "missing": "#64748B",
    "corrected": "#7C3AED",
}
STATUS_MEANINGS: dict[Status, str] = {
    "grounded": "the page says it",
    "inferred": "a rule derives it from the page",
    "seen": "ink, read twice alike",
    "unsupported": "claimed, not on the page",
    "missing": "no value",
    "corrected": "a person said so",
}
_WORST_FIRST: tuple[Status, ...] = ("unsupported", "missing", "seen", "inferred", "corrected", "grounded")
_MAX_ROWS = 8  # more rows of one list than this share one label


@dataclass(frozen=True, slots=True)
class Label:
    """One label: a field, or a row of a list. `boxes` in points of the page as it lies, on this page."""

    name: str
    value: str
    note: str
    status: Status
    confidence: float
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """One place to draw: a box for each of its lines. `main` is false for operands and definitions that an
    inferred value rests on."""

    boxes: tuple[Box, ...]
    status: Status
    main: bool


def make_marks(fields: Iterable[FieldValue], page_number: int) -> list[Mark]:
    """Every place on the page, each once; what values rest on comes first, then the larger places, so that
    a small one on top of a large one stays seen."""
    marks: dict[tuple[tuple[Box, ...], Status], Mark] = {}
    for field in fields:
        for evidence in _on_page(field, page_number):
            boxes = tuple(Box(*box) for box in evidence.boxes)
            main = evidence.role == "value"
            if boxes and (main or (boxes, field.status) not in marks):
                marks[boxes, field.status] = Mark(boxes, field.status, main)
    return sorted(marks.values(), key=lambda mark: (mark.main, -sum(map(area, mark.boxes))))


def make_labels(fields: Iterable[FieldValue], page_number: int) -> list[Label]:
    """Labels for the fields that have a place on the page; rows of a list share one."""
    groups: dict[str, list[FieldValue]] = {}
    for field in fields:
        if any(evidence.boxes for evidence in _on_page(field, page_number)):
            groups.setdefault(_row(field.path) or field.path, []).append(field)
    lists: dict[str, list[str]] = {}
    for key, members in groups.items():
        if members[0].path != key:
            lists.setdefault(key.rpartition("/")[0], []).append(key)
    for name, rows in lists.items():
        if len(rows) > _MAX_ROWS:
            groups = _merge_rows(groups, name, rows)
    return [_label(key, members, page_number) for key, members in groups.items()]


def _merge_rows(
    groups: dict[str, list[FieldValue]], name: str, rows: list[str]
) -> dict[str, list[FieldValue]]:
    merged: dict[str, list[FieldValue]] = {}
    for key, members in groups.items():
        merged.setdefault(name + "/*" if key in rows else key, []).extend(members)
    return merged


def _label(key: str, members: Sequence[FieldValue], page_number: int) -> Label:
    status = min((member.status for member in members), key=_WORST_FIRST.index)
    boxes = [Box(*b) for member in members for e in _on_page(member, page_number) for b in e.boxes]
    main = [
        Box(*b)
        for member in members
        for e in _on_page(member, page_number)
        if e.role == "value"
        for b in e.boxes
    ]
    if key.endswith("/*"):
        value = f"{len({_row(member.path) for member in members})} rows"
    else:
        value = " · ".join(text for text in (_value_text(member) for member in members) if text)
    return Label(
        name=_name(key),
        value=value or "no value",
        note=_note(members),
        status=status,
        confidence=min(member.confidence for member in members),
        boxes=tuple(main or boxes),
    )


def _row(path: str) -> str | None:
    """`/line_items/0/total` -> `/line_items/0`; None for a path that is in no row of a list."""
    parts = path.split("/")
    index = next((i for i, part in enumerate(parts[:-1]) if part.isdigit()), None)
    return None if index is None else "/".join(parts[: index + 1])


def _on_page(field: FieldValue, page_number: int) -> list[Evidence]:
    return [evidence for evidence in field.evidence if evidence.page == page_number]


def _name(path: str) -> str:
    """`/line_items/0/total` -> `line items 1 total`."""
    parts = [part for part in path.split("/") if part and part != "*"]
    words = [str(int(p) + 1) if p.isdigit() else p.replace("~1", "/").replace("~0", "~") for p in parts]
    return " ".join(words).replace("_", " ")


def _value_text(field: FieldValue) -> str:
    if field.value is None:
        return (field.reason or "no value").replace("_", " ")
    text = _plain(field.value)
    return f"{text} {field.unit}" if field.unit else text


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def _note(members: Sequence[FieldValue]) -> str:
    rules = dict.fromkeys(member.derivation.rule for member in members if member.derivation)
    return "by " + ", ".join(rule.replace("_", " ") for rule in rules) if rules else ""


def stack(
    wanted: Sequence[float], heights: Sequence[float], gap: float, top: float, bottom: float
) -> list[float]:
    """Tops of a column of labels, in order, none overlapping, as near as can be to where they want to be.

    Least squares under order constraints: neighbours that collide merge into blocks that move as one
    (pool adjacent violators). `wanted`: tops, ascending. Labels that are too many run over `bottom`.
    """
    blocks: list[tuple[float, float, int]] = []  # mean of (wanted - offset in block), height, labels
    for want, height in zip(wanted, heights, strict=True):
        mean, size, count = want, height + gap, 1
        while blocks and blocks[-1][0] + blocks[-1][1] > mean:
            before, its_size, its_count = blocks.pop()
            mean = (before * its_count + (mean - its_size) * count) / (its_count + count)
            size, count = its_size + size, its_count + count
            mean = max(mean, top)
        blocks.append((max(mean, top), size, count))
    tops: list[float] = []
    index = 0
    for start, _, count in blocks:
        for _ in range(count):
            tops.append(start)
            start += heights[index] + gap
            index += 1
    limit = bottom
    for i in range(len(tops) - 1, -1, -1):
        tops[i] = min(tops[i], limit - heights[i])
        limit = tops[i] - gap
    over = top - min([top, *tops])
    return [t + over for t in tops]
