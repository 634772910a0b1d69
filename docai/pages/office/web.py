"""HTML: what a browser would show, without running or loading anything."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Any

from docai.pages.office.content import Block, Part, table_blocks, text_block
from docai.pages.office.elements import (
    NO_LANGUAGE,
    list_sections,
    load_extra,
    mark_lines,
    place_cells,
    read_table,
    restore_lines,
)

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_STATED = re.compile(
    rb"charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_.:-]{2,40})|encoding=[\"']([A-Za-z0-9_.:-]{2,40})"
)
_STATED_WITHIN = 2048
_UNSEEN = ("script", "style", "template", "noscript", "iframe", "object", "svg", "head")
_HIDDEN_STYLE = re.compile(r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden", re.IGNORECASE)


def read_web(path: Path, uri: str) -> list[Part]:
    return [Part(tuple(read_html(decode_text(path.read_bytes()), uri)))]


def read_html(text: str, uri: str) -> list[Block]:
    """Blocks of an HTML text: `paragraph 3`, `table 1, row 2, column 1`."""
    partition = load_extra("unstructured.partition.html", uri).partition_html
    shown = _strip(text)
    if not shown:
        return []
    blocks: list[Block] = []
    paragraphs = tables = 0
    for section in list_sections(partition(text=shown, languages=NO_LANGUAGE), uri):
        for place, element in enumerate(section):
            words = restore_lines(element.text)
            if element.category == "Table":
                tables += 1
                blocks += table_blocks(read_table(element), f"table {tables}")
            elif element.category != "Image" and words.strip():
                paragraphs += 1
                title = element.category == "Title"
                blocks.append(text_block(words, f"paragraph {paragraphs}", title=title, opens=not place))
    return blocks


def decode_text(data: bytes, stated: str | None = None) -> str:
    """Text of bytes: by byte order mark, as stated (here or in the text), else UTF-8, else Windows-1252.

    What an encoding cannot read becomes U+FFFD.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    found = _STATED.search(data[:_STATED_WITHIN])
    in_text = (found[1] or found[2]).decode("ascii") if found else None
    for name in (stated, in_text, "utf-8"):
        if name is None:
            continue
        try:
            return data.decode(name)
        except (LookupError, UnicodeError):
            continue
    return data.decode("cp1252", "replace")


def _strip(text: str) -> str:
    """Without what is not shown; line breaks within paragraphs as marks."""
    from lxml import html

    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True)
    root: Any = html.document_fromstring(_DECLARATION.sub("", text, count=1) or "<p></p>", parser=parser)
    for element in list(root.iter()):
        unseen = element.tag in _UNSEEN or element.get("hidden") is not None
        if (unseen or _HIDDEN_STYLE.search(element.get("style") or "")) and element.getparent() is not None:
            element.drop_tree()
        elif element.tag == "br":
            element.tail = mark_lines("\n") + (element.tail or "")
    for table in root.iter("table"):
        _spell_out(table)
    return str(html.tostring(root, encoding="unicode")) if root.text_content().strip() else ""


def _spell_out(table: Any) -> None:
    """Empty cells where others reach over: unstructured forgets spans, and columns would slip."""
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    for row, cells in zip(rows, place_cells(rows), strict=True):
        for place, (column, cell) in enumerate(cells):
            before = cells[place - 1][0] + 1 if place else 0
            for _ in range(column - before):
                cell.addprevious(row.makeelement("td"))
            for name in ("colspan", "rowspan"):
                cell.attrib.pop(name, None)


_DECLARATION = re.compile(r"^\s{0,100}<\?xml[^>]{0,200}\?>")
"""lxml takes no text that states an encoding of bytes."""
