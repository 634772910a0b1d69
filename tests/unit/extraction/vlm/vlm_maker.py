"""Small schemas, pages and sheets for the tests of the engine for vision models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from docai.extraction.vlm.engine import PageQuestion
from docai.extraction.vlm.sheets import PageSheet, SheetPart
from docai.imaging.profiles import VisionProfile
from docai.schema import Schema, load_schema
from docai.types import Box, Document, Page, Word

ORDER = {
    "title": "Order",
    "type": "object",
    "properties": {
        "number": {"type": "string", "x-docai-kind": "identifier"},
        "order_date": {"type": "string", "format": "date", "x-docai-aliases": ["order date"]},
        "delivery_date": {"type": "string", "format": "date"},
        "total": {"type": "number", "x-docai-kind": "money"},
        "paid": {"type": "boolean"},
        "kind": {"enum": ["purchase", "sale", None]},
        "buyers": {"type": "array", "items": {"type": "string", "x-docai-kind": "party"}},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "count": {"type": "integer"},
                    "price": {"type": "number", "x-docai-kind": "money"},
                },
            },
        },
    },
}


def order_schema() -> Schema:
    return load_schema(ORDER)


def make_page(text: str, number: int = 1, document_id: str = "sha256:d") -> Page:
    """A page that was read: a word every 60 points, a line of the text every 20."""
    words = [
        Word(word, Box(60.0 * i, 20.0 * n, 60.0 * i + 50, 20.0 * n + 12), 0.99, "ocr", n)
        for n, line in enumerate(text.splitlines())
        for i, word in enumerate(line.split())
    ]
    return Page(document_id, number, 595, 842, 200, 200, "native", words=tuple(words), reader="test")


def make_document(count: int) -> Document:
    return Document("sha256:d", "order.pdf", "application/pdf", count)


def make_question(schema: Schema | None = None, number: int = 1, context: str = "") -> PageQuestion:
    return PageQuestion(make_page("", number), number, 1, schema or order_schema(), context)


def make_sheet(profile: VisionProfile, tiles: int = 2) -> PageSheet:
    cost = profile.max_cells + profile.marker_tokens
    parts = (SheetPart(f"{profile.name} {i}".encode(), cost, f"Image {i + 1}") for i in range(tiles))
    return PageSheet(1, tuple(parts), 200.0, profile)


def write_reply(claims: Sequence[dict[str, Any]]) -> str:
    return json.dumps({"claims": list(claims)}, ensure_ascii=False)
