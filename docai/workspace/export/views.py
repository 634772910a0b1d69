"""Page pictures for evidence, from whoever can render them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from docai.types import DocumentRef, PageImage


def _lies_upright(document: DocumentRef, number: int) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class PageViews:
    """`render_page(document, number)` gives a page's pixels as it lies in the file, or raises DocaiError;
    `find_turn(document, number)` the clockwise turn (0, 90, 180, 270) that rights it."""

    render_page: Callable[[DocumentRef, int], PageImage]
    find_turn: Callable[[DocumentRef, int], int] = _lies_upright
