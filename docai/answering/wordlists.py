"""Closed lists of words, from `wordlists.json`: lines of words by name."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any


@lru_cache(maxsize=1)
def _load() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(
        resources.files(__package__).joinpath("wordlists.json").read_text(encoding="utf-8")
    )
    return loaded


def load_words(name: str) -> tuple[str, ...]:
    """The words of a list, in order."""
    return tuple(word for line in _load()[name] for word in line.split())


def load_languages() -> dict[str, tuple[str, ...]]:
    """Function words by language."""
    return {
        name: tuple(w for line in lines for w in line.split()) for name, lines in _load()["languages"].items()
    }
