"""What single lines of a document look like: an address, a label, small print. Each line is judged once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from docai.extraction.forms.labels import split_tokens
from docai.extraction.forms.lexicon import BUSINESS_WORDS, CONCEPT_NAMES, NOISE_WORDS
from docai.extraction.layout import PageLayout
from docai.values import addresses

_LETTERS = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[^\W\d_]+")
_CONTACT = re.compile(r"@|www\.|https?:|\btel\b|\bfax\b|\bh/?p\b", re.I)
SEPARATOR = re.compile(r"\s[●•|·∙–—\-]\s|[●•|]")
_T = TypeVar("_T")


class LineJudge:
    """Judgements of texts, kept for the document's lifetime, since forms repeat their lines."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], object] = {}

    def _keep(self, name: str, text: str, judge: Callable[[str], _T]) -> _T:
        key = (name, text)
        if key not in self._kept:
            self._kept[key] = judge(text)
        return self._kept[key]  # type: ignore[return-value]

    def address(self, text: str) -> float:
        """How much a line looks like part of a postal address, 0..1."""
        return self._keep("address", text, _score_address)

    def noise(self, text: str) -> bool:
        """Whether a line speaks of telephones, taxes, totals and the like."""
        return self._keep("noise", text, _is_noise)

    def business(self, text: str) -> int:
        """How many words of a line are such as shops and companies are called by."""
        return self._keep("business", text, _count_business)

    def concepts(self, text: str) -> float:
        """How many of a text's words are such as labels are made of, 0..1."""
        return self._keep("concepts", text, _concept_share)

    def sender(self, text: str) -> bool:
        """Whether a line is a sender's small print above an address: "Name ● Street 1 ● 12345 Town"."""
        return bool(SEPARATOR.search(text)) and self.address(text) > 0.35


def _score_address(text: str) -> float:
    if _is_noise(text) and not addresses.find_postcodes(text):
        return 0.0
    return float(min(1.0, max(0.0, addresses.address_score(text))))


def _is_noise(text: str) -> bool:
    return bool(_CONTACT.search(text)) or bool({w.casefold() for w in _WORDS.findall(text)} & NOISE_WORDS)


def _count_business(text: str) -> int:
    return sum(w.casefold() in BUSINESS_WORDS for w in _WORDS.findall(text))


def _concept_share(text: str) -> float:
    words = split_tokens(text[:160])
    # "Inc" is a legal form in names, "inclusive" in labels.
    return sum(w in CONCEPT_NAMES and w != "inclusive" for w in words) / len(words) if words else 0.0


def text_ranks(layout: PageLayout) -> Sequence[int]:
    """For each row, how many rows with words stand above it."""
    ranks, count = [], 0
    for row in layout.rows:
        ranks.append(count)
        count += any(len(_LETTERS.findall(c.text)) >= 3 for c in row)
    return ranks
