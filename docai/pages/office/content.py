"""What a file without pages holds: parts (a sheet, a slide, a text), blocks in them, and their places."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from docai.errors import DocumentError
from docai.pages.limits import STAGE
from docai.types import Issue

BlockKind: TypeAlias = Literal["title", "text", "row"]
MOST_CHARACTERS = 10_000_000
"""Of one file: a book has one million."""
MOST_CELLS = 250_000
"""Of one workbook or table; about 4,000 pages."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, one of its lines where each has a place of its own, or a cell.

    `locator`: where a reader finds it; `column`: from 0, of a cell.
    """

    text: str
    locator: str
    column: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A title, a paragraph, or a row of cells.

    `opens`: a section begins here, where a page may begin too, or a row that stands apart from the one above.
    """

    kind: BlockKind
    pieces: tuple[Piece, ...]
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What begins on a page of its own. `issues`: about its first page."""

    blocks: tuple[Block, ...]
    issues: tuple[Issue, ...] = ()


def text_block(text: str, locator: str, *, title: bool = False, opens: bool = False) -> Block:
    """A paragraph or title; line breaks and tabs in it are kept."""
    return Block("title" if title else "text", (Piece(tidy(text), locator),), opens)


def tidy(text: str) -> str:
    """Text with plain spaces, and without characters that have neither a sign nor a place on a line."""
    plain = text.replace("\r\n", "\n").replace("\u2011", "-")
    return "".join(
        c if c in "\n\t" or c.isprintable() else " " if c.isspace() else ""
        for c in plain
        if unicodedata.category(c) != "Cf"
    )


def table_blocks(rows: Sequence[Sequence[tuple[int, str]]], name: str) -> Iterator[Block]:
    """Rows of (column, text), columns from 0, as blocks with a locator for each cell."""
    for number, row in enumerate(rows, 1):
        pieces = tuple(
            Piece(" ".join(tidy(text).split()), f"{name}, row {number}, column {column + 1}", column)
            for column, text in row
            if text.strip()
        )
        if pieces:
            yield Block("row", pieces)


def list_names(names: Sequence[str], most: int) -> str:
    """At most so many names in words, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def note(code: str, message: str) -> Issue:
    """An issue of reading a file, which the record will tell."""
    return Issue(STAGE, code, message)


def check_size(parts: Sequence[Part], uri: str) -> None:
    """Raises `DocumentError` `too-large` for more text than a document has."""
    size = sum(len(piece.text) for part in parts for block in part.blocks for piece in block.pieces)
    if size > MOST_CHARACTERS:
        raise_too_large(f"holds {size:,} characters; docai takes {MOST_CHARACTERS:,}", uri)


def raise_too_large(message: str, uri: str) -> None:
    """Raises `DocumentError` `too-large`: nothing is read rather than a part of it."""
    raise DocumentError(
        "too-large",
        message,
        document=uri,
        stage=STAGE,
        hint="save the part that matters as a file of its own",
    )
