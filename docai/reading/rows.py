"""Reading order of lines that were found one by one: row by row, cells of a row from left to right."""

from __future__ import annotations

from docai.reading.tokens import Line


def sort_rows(lines: list[Line]) -> list[Line]:
    """Lines whose middles overlap by half a height stand on one row."""
    rest = sorted(lines, key=lambda line: line.box[1] + line.box[3])
    rows: list[list[Line]] = []
    for line in rest:
        middle = (line.box[1] + line.box[3]) / 2
        if rows and _shares_row(rows[-1], middle):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.box[0])]


def _shares_row(row: list[Line], middle: float) -> bool:
    top = sum(line.box[1] for line in row) / len(row)
    bottom = sum(line.box[3] for line in row) / len(row)
    return top + (bottom - top) * 0.2 < middle < bottom - (bottom - top) * 0.2
