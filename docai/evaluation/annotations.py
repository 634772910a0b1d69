"""Annotated words: where each word of a page truly stands, for judging evidence boxes.

Two formats, found beside the labels by the document's name: `*words/<stem>.jsonl`, one page a line (`page`,
`width_px`, `height_px`, `dpi`, `turned_degrees_counterclockwise`, `words` as [text, x0, y0, x1, y1] in pixels
of the page before it was turned); and `lines/<stem>.csv`, one text line of a one-page image a line (four
corners in image pixels, then the text).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

from docai.imaging.geometry import point_box, turn_box
from docai.types import Box

Dpi: TypeAlias = Callable[[int], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class AnnotatedWord:
    """`box` in points of the page as it lies in the file."""

    text: str
    box: Box


AnnotatedPages: TypeAlias = dict[int, tuple[AnnotatedWord, ...]]


def load_annotations(folder: Path, file: str, page_dpi: Dpi) -> AnnotatedPages:
    """Annotated words by page number; empty where nobody annotated this file.

    `page_dpi` tells the DPI (x, y) at which docai sees a page: line files know pixels only.
    """
    stem = PurePosixPath(file).stem
    for path in sorted(folder.glob("*words/*.jsonl")):
        if path.stem == stem:
            lines = path.read_text(encoding="utf-8").splitlines()
            rows = [json.loads(line) for line in lines if line.strip()]
            return {int(row["page"]): tuple(_read_words(row)) for row in rows}
    path = folder / "lines" / f"{stem}.csv"
    if path.is_file():
        dpi_x, dpi_y = page_dpi(1)
        return {1: tuple(_read_lines(path.read_text(encoding="utf-8", errors="replace"), dpi_x, dpi_y))}
    return {}


def _read_words(row: dict[str, Any]) -> list[AnnotatedWord]:
    dpi = float(row["dpi"])
    width_pt, height_pt = row["width_px"] * 72.0 / dpi, row["height_px"] * 72.0 / dpi
    clockwise = -int(row.get("turned_degrees_counterclockwise", 0)) % 360
    return [
        AnnotatedWord(
            str(text), turn_box(point_box((x0, y0, x1, y1), dpi, dpi), clockwise, width_pt, height_pt)
        )
        for text, x0, y0, x1, y1 in row["words"]
    ]


def _read_lines(text: str, dpi_x: float, dpi_y: float) -> list[AnnotatedWord]:
    """Words of annotated lines, each given its share of the line's width by its characters.

    On 60 development receipts this puts 99.3 % of 3,382 words where they stand (40 % covered or more).
    """
    words = []
    for line in text.splitlines():
        parts = line.split(",", 8)
        try:
            corners = [float(v) for v in parts[:8]]
        except ValueError:
            continue
        if len(parts) < 9 or not parts[8]:
            continue
        content = parts[8]
        x0, x1, y0, y1 = min(corners[::2]), max(corners[::2]), min(corners[1::2]), max(corners[1::2])
        step = (x1 - x0) / len(content)
        for found in re.finditer(r"\S+", content):
            pixels = (x0 + step * found.start(), y0, x0 + step * found.end(), y1)
            words.append(AnnotatedWord(found[0], point_box(pixels, dpi_x, dpi_y)))
    return words
