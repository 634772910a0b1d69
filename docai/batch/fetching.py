"""A document's bytes on their way from the source to a file that workers open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from docai.types import SourceItem

Fetch: TypeAlias = Callable[[SourceItem, Path], str]
"""Bring an item's bytes into a file; gives the document's id, `sha256:…` of them. Raises `DocumentError` for
what this item will not give (it was replaced or deleted since the listing, it is too large), `ServiceError`
for what may be otherwise the next time. Any thread may call it."""
