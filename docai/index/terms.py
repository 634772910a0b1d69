"""Words as terms: what two spellings of one word have in common.

Letters and digits alone, case folded, without accents, stemmed (Snowball's English stemmer, and the plural
ending -en of German, which English words hardly share). Numbers stay as they are, and those with separators
count whole as well: `1,500.00` gives `1`, `500`, `00` and `1500.00`.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from docai.values.calendar_words import strip_accents

if TYPE_CHECKING:
    from Stemmer import Stemmer

_WORD = re.compile(r"[^\W_]+")
_BROKEN = re.compile(r"([^\W\d_]{2,30})[-\u00ad] ([^\W\d_]{2,30})")
_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d{2,3}){1,5}")
_MOST_KNOWN = 200_000
_LONGEST = 40
"""Letters of a word that count: what is longer is no word but a line of signs."""


class Terms:
    """Terms of texts as numbers (uint32, from CRC-32). Two of 100,000 words share a number about once."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def count(self, text: str) -> Counter[int]:
        """How often each term occurs."""
        folded = text.casefold()
        found = Counter(self.number(word) for word in _WORD.findall(folded))
        if "- " in folded or "\u00ad" in folded:
            # A word that a line's end has broken counts whole too.
            found.update(self.number(a + b) for a, b in _BROKEN.findall(folded))
        if "," in folded or "." in folded:
            found.update(self.number(number.replace(",", "")) for number in _NUMBER.findall(folded))
        return found

    def number(self, word: str) -> int:
        """The term of a word that is case folded."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[word] = zlib.crc32(self.stem(word).encode("utf-8", "replace"))
        return known

    def stem(self, word: str) -> str:
        """`agreements` and `agreement`, `Verträge` and `Vertrag` give the same."""
        word = word[:_LONGEST]
        if not word.isascii():
            word = strip_accents(word)
        if not word.isalpha():
            return word
        if len(word) > 6 and word.endswith("en"):
            word = word[:-2]
        return str(self._stemmer.stemWord(word))

    @cached_property
    def _stemmer(self) -> Stemmer:
        from Stemmer import Stemmer

        return Stemmer("english")
