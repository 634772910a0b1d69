"""Who works at which part of the listing, so that two jobs on one folder do not do the same work.

A claim is create-only and names its run. One whose run has ended or died is taken over by creating its
successor, of which again there is only one: claims of dead runs form a chain, and the last living one holds.
"""

from __future__ import annotations

from docai.batch.store.beats import Beats
from docai.batch.store.layout import claims_prefix
from docai.protocols import ObjectStore


class Claims:
    """Claims of one run. Claims save work; exactness does not rest on them."""

    def __init__(self, store: ObjectStore, recipe: str, run: str, beats: Beats) -> None:
        self._store = store
        self._prefix = claims_prefix(recipe)
        self._run = run
        self._beats = beats

    def take(self, chunk: str) -> bool:
        """Take part of the listing, or say that a living run has it. Raises `ServiceError`."""
        key = self._prefix + chunk
        while not self._store.create(key, self._run.encode()):
            holder = self._store.get(key)
            if holder is None:
                continue
            run = holder.decode()
            if run == self._run:
                return True
            if self._beats.is_alive(run):
                return False
            key = f"{self._prefix}{chunk}.after.{run}"
        return True

    def clear(self) -> None:
        """Remove all claims: for a run that ends and is alone."""
        keys: list[str] = []
        for found in self._store.list(self._prefix):
            keys.append(found.key)
            if len(keys) == 1000:
                self._store.delete(keys)
                keys = []
        if keys:
            self._store.delete(keys)
