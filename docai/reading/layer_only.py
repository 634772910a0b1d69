"""A reader without OCR: the text layer as it is. The fake of the `Reader` protocol, and handy in tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from docai.types import Page, PageImage, Word


class LayerReader:
    """Takes every word of the text layer on trust; a scan has no words for it."""

    name = "layer-only"

    def read(self, page: Page, image: PageImage, layer: Sequence[Word]) -> Page:
        words = tuple(word for word in layer if word.text.strip())
        return replace(page, words=words, reader="text-layer" if words else "none")
