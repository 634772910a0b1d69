"""Which listed item has which outcome: lines in parts that are written once and never changed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from docai.batch.store.known import KnownItems, Standing
from docai.batch.store.layout import digest_item, ledger_key, ledger_prefix
from docai.errors import ServiceError
from docai.protocols import ObjectStore
from docai.types import SourceItem

PART_LINES = 1000
PART_S = 30.0
"""A line waits this long at most for its part; until then a killed job finds the outcome without it."""
HURRY_S = 2.0
"""The same while other runs want to know what is done."""
_READERS = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `document`: `sha256:…` of the bytes, None where they could not be had; `outcome`: the
    object's key; `pages` of the document; `shared`: another key with the same bytes did the work."""

    uri: str
    size: int
    version: str
    document: str | None
    outcome: str
    state: str
    code: str = ""
    pages: int = 0
    attempt: int = 0
    shared: bool = False

    @property
    def item(self) -> SourceItem:
        return SourceItem(self.uri, self.size, self.version)

    @property
    def standing(self) -> Standing:
        return Standing(self.state, self.code)


class LedgerWriter:
    """Lines of one run. Any thread may call it; `flush` returns when what was added before is kept."""

    def __init__(self, store: ObjectStore, recipe: str, run: str) -> None:
        self._store = store
        self._recipe = recipe
        self._run = run
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._lines: list[str] = []
        self._part = 0
        self._flushed_s = time.monotonic()

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._lines.append(write_entry(entry))

    def is_due(self, *, hurry: bool = False) -> bool:
        """Whether there is enough for a part, or something has waited long enough. `hurry`: others wait."""
        waited = time.monotonic() - self._flushed_s > (HURRY_S if hurry else PART_S)
        return len(self._lines) >= PART_LINES or (waited and bool(self._lines))

    def flush(self) -> None:
        """Raises `ServiceError`; then the lines stay, for the next call."""
        with self._writing:
            with self._lock:
                lines = self._lines
                self._lines = []
            self._flushed_s = time.monotonic()
            if not lines:
                return
            try:
                key = ledger_key(self._recipe, self._run, self._part)
                self._store.put(key, "".join(lines).encode())
                self._part += 1
            except BaseException:
                with self._lock:
                    self._lines = lines + self._lines
                raise


class LedgerReader:
    """All lines of a recipe; asked again, those that came since."""

    def __init__(self, store: ObjectStore, recipe: str) -> None:
        self._store = store
        self._recipe = recipe
        self._read: set[str] = set()

    def entries(self) -> Iterator[Entry]:
        """Lines that were not given before, in no order that matters. Flat memory."""
        fresh = [o.key for o in self._store.list(ledger_prefix(self._recipe)) if o.key not in self._read]
        with ThreadPoolExecutor(_READERS) as pool:
            for start in range(0, len(fresh), _READERS):
                keys = fresh[start : start + _READERS]
                for key, data in zip(keys, pool.map(self._store.get, keys), strict=True):
                    self._read.add(key)
                    yield from read_part(data or b"", key)

    def update(self, known: KnownItems) -> None:
        """Note in `known` what came since."""
        for entry in self.entries():
            known.add(digest_item(entry.item), entry.standing, entry.attempt)


def write_entry(entry: Entry) -> str:
    values = asdict(entry)
    for name in ("code", "pages", "attempt", "shared"):
        if not values[name]:
            del values[name]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace").decode() + "\n"


def read_part(data: bytes, key: str) -> Iterator[Entry]:
    """Raises `ServiceError` for bytes that no ledger wrote."""
    try:
        for line in data.decode().split("\n"):
            if line:
                yield read_entry(line)
    except (ValueError, TypeError) as error:
        raise ServiceError(
            "batch-damaged",
            f"{key} is no part of a ledger: {error}",
            stage="batch",
            hint="move it away and run again: its documents' outcomes are found by their content",
        ) from error


def read_entry(line: str) -> Entry:
    return Entry(**json.loads(line))
