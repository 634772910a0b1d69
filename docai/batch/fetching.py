"""A document's bytes on their way from the source to a file that workers open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from docai.types import SourceItem


@dataclass(frozen=True, slots=True)
class Fetched:
    """`item` as it was when its bytes were read: a key may have been written anew since the listing.
    `document_id`: `sha256:…` of the bytes."""

    item: SourceItem
    document_id: str


Fetch: TypeAlias = Callable[[SourceItem, Path], Fetched]
"""Bring an item's bytes into a file. Raises `DocumentError` for what this item will not give (it was deleted,
it is too large), `ServiceError` for what may be otherwise the next time."""
