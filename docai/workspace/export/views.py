"""Page pictures for evidence, from whoever can render them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from docai.types import PageImage


def _lies_upright(document_id: str, number: int) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class PageViews:
    """`render_page(uri, number)` gives a page's pixels as it lies in the file, or raises DocaiError;
    `find_turn(document_id, number)` the clockwise turn (0, 90, 180, 270) that rights it."""

    render_page: Callable[[str, int], PageImage]
    find_turn: Callable[[str, int], int] = _lies_upright
