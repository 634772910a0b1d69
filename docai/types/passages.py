"""What is indexed and found: dataclasses, since there are as many as paragraphs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from docai.types.pages import Box

PassageKind: TypeAlias = Literal["paragraph", "table", "heading"]


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of one page that stay together: a paragraph or part of a long one, short ones joined, table rows.

    `id`: UUID made of document and place, the same in every run over the same reading. `ordinal`: from 0, in
    reading order within the document. `boxes`: one a line of text, of `page`, as they lie in the file.
    `heading`: of the section. `context`: the document's title and parties, which the passage does not repeat.
    `locator`: paragraph or cell, in files without pages.
    """

    id: str
    document_id: str
    page: int
    ordinal: int
    text: str
    boxes: tuple[Box, ...] = ()
    heading: str = ""
    context: str = ""
    kind: PassageKind = "paragraph"
    locator: str | None = None


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Weights of terms. `indices`: uint32, ascending, each once; `weights`: float32, of the same length."""

    indices: NDArray[np.uint32]
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class IndexedPassage:
    """A passage with its vectors. `dense`: float32, (dimension,), of length 1."""

    passage: Passage
    dense: NDArray[np.float32]
    sparse: SparseVector


@dataclass(frozen=True, slots=True)
class Query:
    """A question in the index's terms. One of the two vectors may be left out: the other decides alone."""

    text: str
    dense: NDArray[np.float32] | None = None
    sparse: SparseVector | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """Which passages may be found: those of these documents; None means all."""

    document_ids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. Higher scores first; scores of two queries do not compare."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class ScoredPage:
    """A page that was found, best first, with the passages that speak for it, best first."""

    document_id: str
    number: int
    score: float
    passages: tuple[Passage, ...] = ()
