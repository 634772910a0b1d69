"""How well a label speaks of a field: words under a common name, met with tolerance for reading errors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz import fuzz, process

from docai.extraction.forms.lexicon import COMPOUND_TAILS, CONCEPTS, CONTRAST, SAME_LABELS, STOP_WORDS
from docai.schema import Field

_TOKEN = re.compile(r"[nN][°º]|[^\W\d_]+(?:['’][^\W\d_]+)?|\d{1,20}|[#%№]")
# Letters that are read for one another at a word's beginning, where the rest decides.
_LOOKALIKE = str.maketrans("l1|j0", "iiiio")
# "TVA 20 %": a rate within a label says nothing against it.
_RATE = re.compile(r"@?\s?\d{1,3}(?:[.,]\d{1,4})?\s?%")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])")
# Words that many labels share say less about a field than the others.
_COMMON = {
    "date": 0.5,
    "number": 0.5,
    "amount": 0.5,
    "name": 0.5,
    "total": 0.7,
    "id": 0.5,
    "code": 0.5,
    "value": 0.5,
    "to": 0.5,
    "item": 0.7,
    "pos": 0.3,
    "customer": 0.8,
}
_FUZZY_CUTOFF = 80.0
PARTY_KINDS = frozenset({"organization", "person", "party", "address", "place", "text", "title"})


class LabelMatch(NamedTuple):
    """`f1` and `recall` of the best alias, 0..1; `contrast`: words that speak of another field."""

    f1: float
    recall: float
    contrast: int


NO_MATCH = LabelMatch(0.0, 0.0, 0)


def split_tokens(text: str) -> list[str]:
    """Words of a label under their common names; digits, stop words and single letters dropped."""
    out: list[str] = []
    text = _RATE.sub(" ", text)
    for raw in _TOKEN.findall(_CAMEL.sub(" ", text.replace("_", " "))):
        word = raw.casefold().replace("’", "'")
        if word.isdigit() or word in STOP_WORDS:
            continue
        if "'" in word and word not in CONCEPTS:
            word = word.split("'")[-1]
        out.extend(_name_word(word))
    return out


def _name_word(word: str) -> list[str]:
    if word in CONCEPTS:
        return [CONCEPTS[word]]
    if len(word) < 2:
        return []
    if word.endswith("s") and word[:-1] in CONCEPTS:
        return [CONCEPTS[word[:-1]]]
    for tail in COMPOUND_TAILS:
        head = word[: -len(tail)]
        if word.endswith(tail) and len(head) >= 3:
            head = head if head in CONCEPTS or not head.endswith(("s", "n")) else head[:-1]
            if tail == "rechnung" and head not in CONCEPTS:
                return [CONCEPTS[tail]]  # a trade invoice, a rent invoice: an invoice
            return [CONCEPTS.get(head, head), CONCEPTS.get(tail, tail)]
    return [word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word]


class LabelMatcher:
    """Labels against the fields of one schema. Results are kept, since forms repeat their labels."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._phrases = [_field_phrases(field) for field in fields]
        self._vocabulary = sorted(
            {w for phrases in self._phrases for p in phrases for w in p} | set(CONCEPTS.values())
        )
        self._known = set(self._vocabulary)
        self._long = [w for w in {*self._vocabulary, *CONCEPTS} if len(w) >= 4]
        self._own = [frozenset(w for p in phrases for w in p) for phrases in self._phrases]
        self._contrast = [_contrast_words(field) for field in fields]
        self._demands = [_demanded(phrases) for phrases in self._phrases]
        self._words: dict[str, str] = {}
        self._tokens: dict[str, tuple[str, ...]] = {}
        self._by_text: dict[str, tuple[LabelMatch, ...]] = {}
        self._by_words: dict[tuple[str, ...], tuple[LabelMatch, ...]] = {}

    def tokens(self, text: str) -> tuple[str, ...]:
        """Words of a label as the schema knows them; misread words count as the nearest known word."""
        found = self._tokens.get(text)
        if found is None:
            found = tuple(self._nearest(word) for word in split_tokens(text[:160]))
            self._tokens[text] = found
        return found

    def match(self, text: str, index: int) -> LabelMatch:
        """How well `text` labels the field at `index`."""
        return self._scores(text)[index] if text else NO_MATCH

    def best(self, text: str) -> float:
        """The best F1 of the label among all fields."""
        return max((m.f1 for m in self._scores(text)), default=0.0) if text else 0.0

    def best_other(self, text: str, index: int) -> float:
        """The best F1 of the label among the other fields."""
        return max((m.f1 for k, m in enumerate(self._scores(text)) if k != index), default=0.0)

    def _scores(self, text: str) -> tuple[LabelMatch, ...]:
        found = self._by_text.get(text)
        if found is None:
            words = self.tokens(text)
            found = self._by_words.get(words)
            if found is None:
                found = tuple(self._match(words, k) for k in range(len(self._phrases)))
                self._by_words[words] = found
            self._by_text[text] = found
        return found

    def own_words(self, index: int) -> frozenset[str]:
        """All words of a field's name and aliases."""
        return self._own[index]

    def demands(self, index: int) -> frozenset[str]:
        """Words that all labels of a field have, beyond those that any label may have: "birth"."""
        return self._demands[index]

    def is_generic(self, index: int) -> bool:
        """Whether a field goes by a label that says its kind alone: "date", "total", "name"."""
        return any(phrase <= _COMMON.keys() for phrase in self._phrases[index])

    def polarity(self, index: int) -> int:
        """1 for a field that speaks of a beginning, 2 of an end, 0 of neither or both."""
        own = self._own[index]
        return {(True, False): 1, (False, True): 2}.get(("start" in own, "end" in own), 0)

    def phrases(self, index: int) -> Sequence[frozenset[str]]:
        """Word sets of a field's name and aliases."""
        return self._phrases[index]

    def _match(self, words: tuple[str, ...], index: int) -> LabelMatch:
        if not words:
            return NO_MATCH
        seen = set(words)
        weight = sum(_COMMON.get(w, 1.0) for w in seen)
        best_f1 = best_recall = 0.0
        for phrase in self._phrases[index]:
            hit = sum(_COMMON.get(w, 1.0) for w in phrase & seen)
            if not hit:
                continue
            recall = hit / sum(_COMMON.get(w, 1.0) for w in phrase)
            f1 = 2 * recall * (hit / weight) / (recall + hit / weight)
            best_f1, best_recall = max(best_f1, f1), max(best_recall, recall)
        contrast = len((seen & self._contrast[index]) - self._own[index])
        return LabelMatch(best_f1, best_recall, contrast)

    def _nearest(self, word: str) -> str:
        known = self._words.get(word)
        if known is None:
            known = word
            if word not in self._known and len(word) >= 4:
                hit = process.extractOne(word, self._long, scorer=fuzz.ratio, score_cutoff=_FUZZY_CUTOFF)
                if hit is not None and hit[0][0].translate(_LOOKALIKE) in word[:2].translate(_LOOKALIKE):
                    known = CONCEPTS.get(hit[0], hit[0])
            self._words[word] = known
        return known


def _demanded(phrases: Sequence[frozenset[str]]) -> frozenset[str]:
    shared = frozenset.intersection(*phrases) if phrases else frozenset()
    return shared - _COMMON.keys()


def _field_phrases(field: Field) -> list[frozenset[str]]:
    """Word sets of a field's name and aliases; a field without aliases gets those that its name implies."""
    out: list[frozenset[str]] = []
    for text in (field.name, *field.aliases):
        words = frozenset(split_tokens(text))
        if words and words not in out:
            out.append(words)
    if not field.aliases and out:
        out.extend(words for words in _implied_phrases(out[0]) if words not in out)
    return out


def _implied_phrases(name: frozenset[str]) -> list[frozenset[str]]:
    """Labels that mean what a name says: "grand total" is also printed as "amount due"."""
    found = [
        frozenset(split_tokens(text))
        for group in SAME_LABELS
        if frozenset(split_tokens(group[0])) == name
        for text in group[1:]
    ]
    ends = name & {"start", "end"}
    if ends and len(name) > 1:
        # Both ends of a period stand under one label: "Flight dates".
        rest = name - ends - {"date"}
        found += [rest, rest | {"date"}, rest | {"period"}] if rest else [ends]
    return [words for words in found if words]


def _contrast_words(field: Field) -> frozenset[str]:
    if field.kind == "date":
        return CONTRAST["date"]
    if field.kind in ("money", "number", "integer", "percent"):
        return CONTRAST["money"]
    if field.kind == "identifier":
        return CONTRAST["identifier"]
    return CONTRAST["party"] if field.kind in PARTY_KINDS else frozenset()
