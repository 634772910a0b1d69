"""Tries that ended in nothing: they tell, over runs, which documents take their workers down."""

from __future__ import annotations

import json
from collections import Counter

from docai.batch.store.layout import attempt_key, attempts_prefix
from docai.errors import DocaiError
from docai.protocols import ObjectStore

FATAL_CODES = frozenset({"crashed", "memory", "timeout"})
"""The worker did not survive the task, or had to be ended."""
MOST_DEATHS = 2
"""Of workers at one task; then its document, or its page, is set aside with that cause."""


class Attempts:
    """Failed tries of a recipe. `load` lists what earlier runs left; names tell enough, nothing is read."""

    def __init__(self, store: ObjectStore, recipe: str, run: str) -> None:
        self._store = store
        self._recipe = recipe
        self._run = run
        self._deaths: Counter[tuple[str, str]] = Counter()

    def load(self) -> None:
        """Raises `ServiceError`."""
        prefix = attempts_prefix(self._recipe)
        for found in self._store.list(prefix):
            work, _, name = found.key.removeprefix(prefix).partition("/")
            task, code, *_ = (*name.split("."), "")
            if code in FATAL_CODES:
                self._deaths[work, task] += 1

    def count_deaths(self, work: str, task: str) -> int:
        return self._deaths[work, task]

    def note(self, work: str, task: str, error: DocaiError) -> tuple[str, bytes]:
        """Count a try; gives the object that is to be put."""
        if error.code in FATAL_CODES:
            self._deaths[work, task] += 1
        content = {
            "run": self._run,
            "document": error.document,
            "page": error.page,
            "error": {"code": error.code, "message": error.message, "stage": error.stage},
        }
        key = attempt_key(self._recipe, work, task, error.code)
        return key, json.dumps(content).encode()
