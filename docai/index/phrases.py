"""Phrases over words: a small language, matched in one walk through a text however many the phrases.

A phrase is a row of atoms: `word`, `start*` (any ending), `this|that` (either). Atoms follow each other with
at most two words between them (`law* of state` meets `laws of the great State`); `...` between two atoms
allows fourteen. Text comes as folded words (`split_words`), so that nothing depends on punctuation.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from docai.values.calendar_words import strip_accents

_WORD = re.compile(r"[^\W_]+|[$€£%]")
_NEAR, _FAR = 3, 15
_MOST_KNOWN = 50_000


def split_words(text: str) -> list[str]:
    """Words of a text without case and accents; signs of currencies and `%` are words."""
    words = _WORD.findall(text.casefold())
    return words if text.isascii() else [word if word.isascii() else _plain(word) for word in words]


_plain = lru_cache(maxsize=_MOST_KNOWN)(strip_accents)


class PhraseSet:
    """Phrases that are looked for together."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._starts: list[tuple[str, int]] = []
        self._steps: list[tuple[tuple[int, int], ...]] = []
        self._atoms: dict[str, int] = {}
        for phrase in phrases:
            self._steps.append(tuple(self._read(phrase)))
        self._first: dict[int, list[int]] = defaultdict(list)
        for number, steps in enumerate(self._steps):
            self._first[steps[0][0]].append(number)
        self._find_atoms = lru_cache(maxsize=_MOST_KNOWN)(self._look_up)

    def _read(self, phrase: str) -> list[tuple[int, int]]:
        """Atoms of a phrase, each with how many words behind the one before it may stand."""
        steps, reach = [], _NEAR
        for part in phrase.split():
            if part == "...":
                reach = _FAR
                continue
            steps.append((self._number(part), reach))
            reach = _NEAR
        return steps

    def _number(self, atom: str) -> int:
        if atom not in self._atoms:
            number = self._atoms[atom] = len(self._atoms)
            for form in atom.split("|"):
                if form.endswith("*"):
                    self._starts.append((form[:-1], number))
                else:
                    self._exact[form].append(number)
        return self._atoms[atom]

    def _look_up(self, word: str) -> tuple[int, ...]:
        """The atoms that a word satisfies."""
        started = [number for start, number in self._starts if word.startswith(start)]
        return tuple(dict.fromkeys([*self._exact.get(word, ()), *started]))

    def knows(self, word: str) -> bool:
        """Whether a folded word is part of any phrase."""
        return bool(self._find_atoms(word))

    def find(self, words: Sequence[str]) -> list[tuple[int, int]]:
        """(place of the first word, number of the phrase) of every occurrence, by place."""
        places: dict[int, list[int]] = defaultdict(list)
        find_atoms = self._find_atoms
        for at, word in enumerate(words):
            for atom in find_atoms(word):
                places[atom].append(at)
        found = []
        for atom, starts in places.items():
            for number in self._first.get(atom, ()):
                steps = self._steps[number]
                found += [(at, number) for at in starts if _follows(steps, at, places)]
        found.sort()
        return found


def _follows(steps: tuple[tuple[int, int], ...], at: int, places: dict[int, list[int]]) -> bool:
    """Whether the atoms behind the first follow it, each at its nearest place."""
    for atom, reach in steps[1:]:
        following = next((p for p in places.get(atom, ()) if at < p <= at + reach), None)
        if following is None:
            return False
        at = following
    return True
