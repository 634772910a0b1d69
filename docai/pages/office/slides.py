"""PowerPoint files (.pptx): one part a slide, its notes at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docai.pages.office.content import Block, Part, table_blocks, text_block
from docai.pages.office.elements import NO_LANGUAGE, load_extra, read_table
from docai.pages.office.packages import open_package


def read_slides(path: Path, uri: str) -> list[Part]:
    """A part for every slide, empty ones too, so that page and slide have one number."""
    pptx = load_extra("pptx", uri)
    package = open_package(path)
    slides = pptx.Presentation(package).slides
    notes = {number: _read_notes(slide) for number, slide in enumerate(slides, 1)}
    if not isinstance(package, Path):
        package.seek(0)
    source = {"filename": str(package)} if isinstance(package, Path) else {"file": package}
    partition = load_extra("unstructured.partition.pptx", uri).partition_pptx
    elements = partition(
        **source, include_page_breaks=False, include_slide_notes=False, languages=NO_LANGUAGE
    )
    blocks: dict[int, list[Block]] = {number: [] for number in notes}
    counts: dict[tuple[int, str], int] = {}
    for element in elements:
        number = element.metadata.page_number
        if not element.text.strip() or number not in blocks:
            continue
        kind = "table" if element.category == "Table" else "paragraph"
        count = counts[number, kind] = counts.get((number, kind), 0) + 1
        name = f"slide {number}, {kind} {count}"
        if kind == "table":
            blocks[number] += table_blocks(read_table(element), name)
        else:
            title = element.category == "Title" and not element.metadata.category_depth
            blocks[number].append(text_block(element.text, name, title=title))
    for number, text in notes.items():
        if text:
            blocks[number].append(text_block(text, f"slide {number}, notes"))
    return [Part(tuple(found)) for found in blocks.values()]


def _read_notes(slide: Any) -> str:
    if not slide.has_notes_slide or slide.notes_slide.notes_text_frame is None:
        return ""
    return str(slide.notes_slide.notes_text_frame.text).strip()
