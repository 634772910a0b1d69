"""Patterns of keys: `contracts/**/*.pdf`. A name is matched part by part, so `*` never crosses a slash."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence

_SPECIAL = re.compile(r"[*?\[]")


def is_pattern(path: str) -> bool:
    return _SPECIAL.search(path) is not None


def fixed_part(pattern: str) -> str:
    """What every matching key begins with: up to the first special character."""
    found = _SPECIAL.search(pattern)
    return pattern[: found.start()] if found else pattern


class Pattern:
    """`*` any part of a name, `?` one character, `[ab]` one of these, `**` any number of folders.

    `[*]` is the character itself.
    """

    def __init__(self, pattern: str) -> None:
        parts = pattern.split("/")
        if parts[-1] == "**":
            parts.append("*")
        self._parts = [None if p == "**" else re.compile(fnmatch.translate(p)) for p in parts]

    def match(self, key: str) -> bool:
        return _match(self._parts, key.split("/"))


def _match(parts: Sequence[re.Pattern[str] | None], names: Sequence[str]) -> bool:
    """Steps through names with the set of parts that may come next: no backtracking."""
    states = _skip_folders(parts, {0})
    for name in names:
        following: set[int] = set()
        for state in states - {len(parts)}:
            part = parts[state]
            if part is None:
                following.add(state)
            elif part.match(name):
                following.add(state + 1)
        states = _skip_folders(parts, following)
    return len(parts) in states


def _skip_folders(parts: Sequence[re.Pattern[str] | None], states: set[int]) -> set[int]:
    """With the states behind each `**`, which may stand for no folder."""
    found = set(states)
    for state in states:
        while state < len(parts) and parts[state] is None:
            state += 1
            found.add(state)
    return found
