"""Word files (.docx): paragraphs, tables, headers, text boxes and notes, as the final text reads."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from docai.pages.office.content import Block, Part, note, table_blocks, text_block
from docai.pages.office.elements import NO_LANGUAGE, list_sections, load_extra, read_table
from docai.pages.office.packages import open_package
from docai.types import Issue

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SPACES = {
    "w": _W[1:-1],
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
}
_WRAPPERS = ("ins", "moveTo", "smartTag", "customXml", "sdtContent", "sdt")
_TRACKED = "//w:ins | //w:del | //w:moveFrom | //w:moveTo"
_HIDDEN = "//w:r[w:rPr/w:vanish[not(@w:val) or not(@w:val='0' or @w:val='false' or @w:val='off')]]"
_BOXES = "//w:txbxContent[not(ancestor::mc:Fallback)][not(ancestor::wp:inline)][not(ancestor::w:txbxContent)]"


def read_word(path: Path, uri: str) -> list[Part]:
    """One part a page where the file tells its pages, else one for all."""
    docx = load_extra("docx", uri)
    document = docx.Document(open_package(path))
    root = document.element
    issues = _settle(root)
    beside = list(_list_beside(document, root))
    settled = io.BytesIO()
    document.save(settled)
    settled.seek(0)
    partition = load_extra("unstructured.partition.docx", uri).partition_docx
    elements = partition(file=settled, include_page_breaks=False, languages=NO_LANGUAGE)
    pages = _list_pages(list_sections(elements, uri))
    pages[-1] += beside
    return [Part(tuple(blocks), issues if not number else ()) for number, blocks in enumerate(pages)]


def _settle(root: Any) -> tuple[Issue, ...]:
    """Take out what is hidden or deleted, and unwrap what is inserted or filled in: the text as it reads."""
    tracked = bool(_find(root, _TRACKED))
    for run in _find(root, _HIDDEN):
        run.getparent().remove(run)
    for name in _WRAPPERS:
        for wrapper in list(root.iter(_W + name)):
            parent = wrapper.getparent()
            if parent is None or parent.tag == _W + "rPr":
                continue
            at = parent.index(wrapper)
            kept = [child for child in wrapper if not str(child.tag).endswith("Pr")]
            parent[at : at + 1] = kept
    if not tracked:
        return ()
    return (note("tracked-changes", "has tracked changes; it was read as if all of them were accepted"),)


def _list_pages(sections: Sequence[Sequence[Any]]) -> list[list[Block]]:
    pages: list[list[Block]] = [[]]
    paragraphs = tables = 0
    page_number = None
    for section in sections:
        for place, element in enumerate(section):
            stated = element.metadata.page_number
            if stated is not None and stated != page_number and pages[-1]:
                pages.append([])
            page_number = stated or page_number
            if element.category == "Table":
                tables += 1
                pages[-1] += table_blocks(read_table(element), f"table {tables}")
            elif element.category in ("Header", "Footer"):
                pages[-1].append(text_block(element.text, element.category.lower()))
            elif element.text.strip():
                paragraphs += 1
                title = element.category == "Title"
                pages[-1].append(
                    text_block(element.text, f"paragraph {paragraphs}", title=title, opens=not place)
                )
    return pages


def _list_beside(document: Any, root: Any) -> Iterator[Block]:
    """What stands beside the running text: floating text boxes, footnotes and endnotes."""
    for number, box in enumerate(_find(root, _BOXES), 1):
        for paragraph in box.iter(_W + "p"):
            if text := _text_of(paragraph):
                yield text_block(text, f"text box {number}")
    for relation in document.part.rels.values():
        kind = relation.reltype.rpartition("/")[2]
        if relation.is_external or kind not in ("footnotes", "endnotes"):
            continue
        yield from _list_notes(relation.target_part.blob, kind.removesuffix("s"))


def _list_notes(data: bytes, kind: str) -> Iterator[Block]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    notes = [n for n in etree.fromstring(data, parser).iter(_W + kind) if n.get(_W + "type") is None]
    for number, element in enumerate(notes, 1):
        if text := "\n".join(filter(None, map(_text_of, element.iter(_W + "p")))):
            yield text_block(text, f"{kind} {number}")


def _find(root: Any, path: str) -> list[Any]:
    from lxml import etree

    found: list[Any] = etree.ElementBase.xpath(root, path, namespaces=_SPACES)
    return found


def _text_of(paragraph: Any) -> str:
    signs = {_W + "tab": "\t", _W + "br": "\n"}
    return "".join(
        signs.get(node.tag) or node.text or "" for node in paragraph.iter(_W + "t", _W + "tab", _W + "br")
    ).strip()
