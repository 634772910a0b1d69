"""One document from standard input, or from any byte stream."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from docai.errors import ConfigError, DocumentError
from docai.sources.item_errors import not_listed
from docai.types import SourceItem

URI = "-"


class StdinSource:
    """The one document that a stream holds, read once and kept; its version is the hash of its bytes."""

    def __init__(self, stream: BinaryIO, max_bytes: int = 1 << 30) -> None:
        self._stream = stream
        self._max_bytes = max_bytes
        self._data: bytes | None = None

    def items(self) -> Iterator[SourceItem]:
        data = self._load()
        if not data:
            raise ConfigError(
                "no-documents",
                "nothing came on standard input",
                stage="sources",
                hint="pipe a document in, or name files and folders",
            )
        yield SourceItem(URI, len(data), hashlib.sha256(data).hexdigest())

    def read(self, item: SourceItem) -> bytes:
        if item.uri != URI:
            raise not_listed(item, "is not what came on standard input")
        return self._load()

    def fetch(self, item: SourceItem, spool: Path) -> Path:
        """Its bytes in the file `spool`."""
        spool.write_bytes(self.read(item))
        return spool

    def _load(self) -> bytes:
        if self._data is None:
            data = self._stream.read(self._max_bytes + 1)
            if len(data) > self._max_bytes:
                raise DocumentError(
                    "too-large",
                    f"more than {self._max_bytes:,} bytes came on standard input",
                    document=URI,
                    stage="sources",
                    hint="save it to a file and name that",
                )
            self._data = data
        return self._data
