"""Pictures of the places where values stand, for the cells of a workbook to open."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from docai.errors import DocaiError
from docai.imaging.drawing import crop_evidence
from docai.types import Box, FieldValue, Record
from docai.workspace.export.files import writing
from docai.workspace.export.views import PageViews

_MARGIN_PT = 24.0


class CropFolder:
    """`add` writes one picture for each field that has a place; pages are rendered once each."""

    def __init__(self, folder: Path, name: str, views: PageViews) -> None:
        """`folder`: where to write; `name`: what it will be called beside the workbook."""
        self._folder = folder
        self._name = name
        self._views = views
        self._count = 0

    def add(self, record: Record) -> dict[str, str]:
        """Links (relative to the workbook) by path. A page that cannot be rendered (its file is gone) has
        none: the values are exported all the same."""
        self._count += 1
        stem = _slug(PurePosixPath(record.document.uri).stem)
        sub = f"{self._count:05d}-{stem}"
        links: dict[str, str] = {}
        for number, fields in sorted(_by_page(record).items()):
            try:
                image = self._views.render_page(record.document, number)
            except DocaiError:
                continue
            turned = self._views.find_turn(record.document, number)
            for item, boxes in fields:
                crop = crop_evidence(image, boxes, _MARGIN_PT, turned=turned, status=item.status)
                name = f"{len(links) + 1:03d}-{_slug(item.path)}.png"
                with writing(self._folder):
                    (self._folder / sub).mkdir(exist_ok=True)
                    crop.save(self._folder / sub / name, optimize=False, compress_level=3)
                links[item.path] = f"{self._name}/{sub}/{name}"
        return links


def _by_page(record: Record) -> dict[int, list[tuple[FieldValue, tuple[Box, ...]]]]:
    """Fields by the page of their first place, with the boxes they have there."""
    pages: dict[int, list[tuple[FieldValue, tuple[Box, ...]]]] = {}
    for item in record.fields:
        first = next((evidence for evidence in item.evidence if evidence.boxes), None)
        if first is not None:
            pages.setdefault(first.page, []).append((item, tuple(Box(*box) for box in first.boxes)))
    return pages


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]{1,200}", "-", text).strip("-")[:60] or "file"
