"""Which documents a question is about, and how sure that is.

A question names a document by its title, its parties or other words of its opening. Each word counts by its
rarity among the documents; a word that no document has counts most, so that a question about a contract that
is not indexed is told by what no document explains. Words that a scan's reading has hurt are met by the
nearest spelling, words written together or apart by their neighbours joined.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

from docai.index.cards import DocumentCard
from docai.index.mentions import STOPS, Mentions, fold_words, name_words, weigh_word
from docai.types import Passage

_Seen: TypeAlias = dict[str, set[str]]

_SHORTEST_FUZZY = 5
_FUZZY_WEIGHT = 0.8
_OPENING_WEIGHT = 0.9
"""A name in the opening words, against one in title or parties."""
_ELSEWHERE_WEIGHT = 0.6
"""A name that stands further behind: papers name others than their parties there."""
_SECURE = 0.34
"""Of what a question names: a document that explains less of it is not named."""
_SCATTERED = 0.25
"""Lost by a document that has the words of names, but none beside the next: `Commerce` and `One` apart."""
_RARE_SHARE = 0.2
"""Of the documents: words of small letters that more of them share are no names."""


@dataclass(frozen=True, slots=True)
class Identification:
    """`documents`: (id, share) best first; share (0..1): how much of what the question names the document
    explains. `named`: whether the question names anything. `missing`: words that no document has.
    """

    documents: tuple[tuple[str, float], ...]
    named: bool
    missing: tuple[str, ...] = ()


class Identifier:
    """Cards turned over: word -> documents. Made once per state of the catalogue."""

    def __init__(self, cards: Iterable[DocumentCard]) -> None:
        self.cards: dict[str, DocumentCard] = {}
        self._having: dict[str, dict[str, float]] = defaultdict(dict)
        self._joined: dict[str, set[str]] = defaultdict(set)
        self._small: set[str] = set()
        for card in cards:
            self.cards[card.document_id] = card
            self._add(card)

    def _add(self, card: DocumentCard) -> None:
        texts = ((card.opening, _OPENING_WEIGHT), (card.file_name, _OPENING_WEIGHT), (card.title, 1.0))
        self._small.update(w for text in (card.opening, card.title) for w in text.split() if w.islower())
        for text, weight in texts:
            words = _tell(text)
            for word in words:
                self._having[word][card.document_id] = weight
            for pair in _join_pairs(words):
                self._joined[pair].add(card.document_id)

    def identify(
        self, mentions: Mentions, among: Collection[str] | None = None, elsewhere: Sequence[Passage] = ()
    ) -> Identification:
        """Documents that explain what a question names. `among`: those that may be found; `elsewhere`:
        passages that may hold what openings do not, such as names that stand with the signatures.
        """
        seen = _list_words([passage for passage in elsewhere if passage.document_id in self.cards])
        words = self._weigh(mentions, seen)
        if not words:
            return Identification((), named=False)
        whole = sum(weight for weight, _ in words.values())
        scores: dict[str, float] = defaultdict(float)
        for weight, having in words.values():
            for document_id, share in having.items():
                if among is None or document_id in among:
                    scores[document_id] += weight * share
        least = _SECURE * (1.0 - _SCATTERED) * max(scores.values(), default=0.0)
        shares = {d: score / whole for d, score in scores.items() if score >= least}
        self._lower_scattered(shares, mentions, seen)
        ranked = sorted(((share, d) for d, share in shares.items()), key=lambda pair: (-pair[0], pair[1]))
        documents = tuple((d, min(1.0, s)) for s, d in ranked if s >= _SECURE * ranked[0][0])
        return Identification(documents, True, tuple(w for w, (_, having) in words.items() if not having))

    def _lower_scattered(self, shares: dict[str, float], mentions: Mentions, seen: _Seen) -> None:
        """Documents in which words of a name do not follow each other explain it less."""
        pairs = [pair for name in mentions.names for pair in _join_pairs(_tell(name))]
        if not pairs:
            return
        having = (self._joined.get(pair, set()) | seen.get(pair, set()) for pair in pairs)
        met = Counter(d for documents in having for d in documents if d in shares)
        for document_id in shares:
            shares[document_id] *= 1.0 - _SCATTERED * (1.0 - met[document_id] / len(pairs))

    def _weigh(self, mentions: Mentions, seen: _Seen) -> dict[str, tuple[float, Mapping[str, float]]]:
        """Each word that names: its weight, and the documents that have it."""
        found: dict[str, tuple[float, Mapping[str, float]]] = {}
        for name in mentions.names:
            words = name_words(name)
            pairs = _join_pairs(words)
            for word in words:
                having = self._find(word)
                if not having:
                    # `City Net` for `CityNet`: the pair may stand as one word.
                    pair = next((p for p in pairs if word in p and p in self._having), None)
                    having = self._having[pair] if pair else {}
                having = {**dict.fromkeys(seen.get(word, ()), _ELSEWHERE_WEIGHT), **having}
                found[word] = (weigh_word(word) * self._rarity(len(having)), having)
        if found:
            return found
        return self._weigh_small_letters(mentions.asked)

    def _weigh_small_letters(self, text: str) -> dict[str, tuple[float, Mapping[str, float]]]:
        """Words of a question without capitals that a title has, and that no document writes small: they
        name, and never are missing.
        """
        most = max(1, round(_RARE_SHARE * len(self.cards)))
        found: dict[str, tuple[float, Mapping[str, float]]] = {}
        for word in name_words(text):
            having = {d: w for d, w in self._having.get(word, {}).items() if w >= 1.0}
            rare = 0 < len(having) <= most and word not in self._small
            if len(word) > 2 and rare and weigh_word(word) == 1.0:
                found[word] = (self._rarity(len(having)), having)
        return found

    def _find(self, word: str) -> Mapping[str, float]:
        if word in self._having:
            return self._having[word]
        if word in self._joined:
            return dict.fromkeys(self._joined[word], _OPENING_WEIGHT)
        if len(word) < _SHORTEST_FUZZY or word.isdigit():
            return {}
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        most = 1 if len(word) < 9 else 2
        near = process.extractOne(word, self._proper, scorer=OSA.distance, score_cutoff=most)
        if near is None:
            return {}
        return {d: _FUZZY_WEIGHT * w for d, w in self._having[near[0]].items()}

    @cached_property
    def _proper(self) -> list[str]:
        """Words that no document writes small: a slip in a name gives no common word."""
        return [word for word in self._having if word not in self._small]

    def _rarity(self, documents: int) -> float:
        """IDF, bounded below: a word that all documents have still tells a little."""
        return math.log(1.2 + (len(self.cards) + 1) / (documents + 0.5))


def _list_words(passages: Sequence[Passage]) -> _Seen:
    """Words and joined neighbours of passages, with their documents."""
    seen: _Seen = defaultdict(set)
    for passage in passages:
        words = _tell(passage.text)
        for word in (*words, *_join_pairs(words)):
            seen[word].add(passage.document_id)
    return seen


def _tell(text: str) -> list[str]:
    """Words in order, without stop words."""
    return [word for word in fold_words(text) if word not in STOPS]


def _join_pairs(words: list[str]) -> list[str]:
    """Each word with the next one."""
    return [a + b for a, b in pairwise(words)]
