"""Plain text, Markdown and tables of separated values: every line as it stands."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from docai.pages import media
from docai.pages.office.cells import name_cell
from docai.pages.office.content import MOST_CELLS, Block, Part, Piece, raise_too_large, text_block, tidy
from docai.pages.office.web import decode_text

_HEADING = re.compile(r"#{1,6}\s{1,9}(?=\S)")
_SAMPLE = 64 << 10
_MOST_FIELD = 1 << 20


def read_plain(path: Path, uri: str, media_type: str) -> list[Part]:
    text = decode_text(path.read_bytes())
    if media_type in (media.CSV, media.TSV):
        return [Part(tuple(_row_blocks(text, uri)))]
    return [Part(tuple(line_blocks(text, markdown=media_type == media.MARKDOWN)))]


def line_blocks(text: str, *, markdown: bool = False) -> list[Block]:
    """Lines with their numbers; empty ones part paragraphs."""
    blocks: list[Block] = []
    lines: list[Piece] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        heading = _HEADING.match(line) if markdown else None
        if lines and (heading or not line.strip()):
            blocks.append(Block("text", tuple(lines), opens=not blocks or blocks[-1].kind != "title"))
            lines = []
        if heading:
            blocks.append(text_block(line[heading.end() :], f"line {number}", title=True, opens=True))
        elif line.strip():
            lines.append(Piece(tidy(line.rstrip()), f"line {number}"))
    return blocks


def _row_blocks(text: str, uri: str) -> list[Block]:
    """Rows whose cells are named as a spreadsheet names them (B7)."""
    try:
        dialect: type[csv.Dialect] | str = csv.Sniffer().sniff(text[:_SAMPLE], delimiters=",;\t|")
    except csv.Error:
        dialect = "excel-tab" if "\t" in text[:_SAMPLE] else "excel"
    csv.field_size_limit(_MOST_FIELD)
    blocks, cells = [], 0
    for number, row in enumerate(csv.reader(io.StringIO(text), dialect), 1):
        pieces = tuple(
            Piece(" ".join(tidy(value).split()), name_cell(column, number), column)
            for column, value in enumerate(row)
            if value.strip()
        )
        cells += len(pieces)
        if cells > MOST_CELLS:
            raise_too_large(f"has more than {MOST_CELLS:,} cells", uri)
        if pieces:
            blocks.append(Block("row", pieces))
    return blocks
