"""Objects in memory: for trial runs, whose results nobody keeps, and for tests."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence

from docai.types import StoredObject


class MemoryStore:
    """Satisfies `ObjectStore`. For many threads; ends with its process."""

    url = "memory"

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def create(self, key: str, data: bytes) -> bool:
        _check(key)
        with self._lock:
            if key in self._objects:
                return False
            self._objects[key] = data
        return True

    def put(self, key: str, data: bytes) -> None:
        _check(key)
        with self._lock:
            self._objects[key] = data

    def get(self, key: str) -> bytes | None:
        _check(key)
        return self._objects.get(key)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        if prefix and not prefix.endswith("/"):
            raise ValueError(f"a prefix ends with a slash: {prefix!r}")
        with self._lock:
            found = sorted(key for key in self._objects if key.startswith(prefix))
        for key in found:
            data = self._objects.get(key)
            if data is not None:
                yield StoredObject(key, len(data), hashlib.sha256(data).hexdigest())

    def delete(self, keys: Sequence[str]) -> None:
        with self._lock:
            for key in keys:
                self._objects.pop(key, None)


def _check(key: str) -> None:
    if any(part in ("", ".", "..") for part in key.split("/")):
        raise ValueError(f"no key of an object: {key!r}")
