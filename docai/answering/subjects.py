"""Which documents a question is about, and whether they are here at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from docai.answering.library import Finder
from docai.answering.names import Name
from docai.answering.question import Question
from docai.answering.sources import Source, Sources
from docai.answering.words import split_words
from docai.grounding.text_index import fold_text
from docai.types import Where

_TIED = 0.85  # of the best share: documents that fit the question as well
_MOST_TIED = 4
_CARRIED = 0.5  # share of the question's names that a document must carry
_EXPLAINED = 0.5  # of what a title says: below it, the document meant is another one
_SIMILAR = 84  # of 100: a name with an OCR slip
_SHORTEST_FUZZY = 6


@dataclass(frozen=True, slots=True)
class Subject:
    """`document_ids`: whom the question names, best first; empty where it names nobody. `missing`: names that
    no document carries. `absent`: the question names something and no document is it.
    """

    document_ids: tuple[str, ...] = ()
    named: bool = False
    missing: tuple[str, ...] = ()
    absent: bool = False


def find_subject(question: Question, finder: Finder, sources: Sources, where: Where) -> Subject:
    """The documents that a question names; of those that fit equally well, all."""
    identified = finder.explain(question.text, where)
    documents = [(d, share) for d, share in identified.documents if d in sources.documents]
    parties = [n for n in question.names if n.kind != "title" and n.cores]
    if not identified.named and not parties:
        return Subject()
    named = tuple(n.text for n in parties or question.names) or tuple(identified.missing)
    if not documents:
        return Subject((), True, named, True)
    top = documents[0][1]
    tied = [d for d, share in documents if share >= _TIED * top][:_MOST_TIED]
    if not parties:
        strange = top < _EXPLAINED and bool(identified.missing)
        return Subject((), True, named, True) if strange else Subject(tuple(tied), True)
    carried = {d: carried_share(parties, source) for d in tied if (source := sources.get(d)) is not None}
    best = max(carried.values(), default=0.0)
    if best < _CARRIED:
        return Subject((), True, named, True)
    kept = tuple(d for d in tied if carried.get(d, 0.0) >= _TIED * best)
    return Subject(kept, True, (), False)


def carried_share(names: Sequence[Name], source: Source) -> float:
    """How much of the names, by their letters, a document carries: each as it stands, in one place."""
    text = _Text(source)
    total = met = 0.0
    for name in names:
        cores = [_fold_words(core) for core in name.cores]
        length = max((sum(map(len, words)) for words in cores), default=0)
        total += length
        met += length * any(text.carries(words) for words in cores if words)
    return met / total if total else 1.0


def _fold_words(core: Sequence[str]) -> list[str]:
    return [folded for word in core for part in split_words(word) if (folded := fold_text(part)[0])]


class _Text:
    """A document's words, its title and file name before them."""

    def __init__(self, source: Source) -> None:
        texts = [source.document.title, source.document.file_name]
        texts += [p.context for p in source.passages[:1]]
        texts += [p.text for p in source.passages]
        words = [folded for text in texts for w in split_words(text) if (folded := fold_text(w)[0])]
        self._stream = "".join(words)
        self._edges = frozenset(accumulate(map(len, words), initial=0))
        self._words = tuple(dict.fromkeys(words))

    def carries(self, words: Sequence[str]) -> bool:
        """Whether the words follow each other, written together or apart; slips of OCR are allowed in long
        words, each word by itself.
        """
        wanted = "".join(words)
        at = self._stream.find(wanted)
        while at >= 0:
            if at in self._edges and at + len(wanted) in self._edges:
                return True
            at = self._stream.find(wanted, at + 1)
        if len(wanted) < _SHORTEST_FUZZY or not all(self._has(word) for word in words):
            return False
        return fuzz.partial_ratio(wanted, self._stream, score_cutoff=_SIMILAR) > 0

    def _has(self, word: str) -> bool:
        if word in self._words:
            return True
        slips = len(word) // _SHORTEST_FUZZY
        found = process.extractOne(word, self._words, scorer=OSA.distance, score_cutoff=slips)
        return slips > 0 and found is not None
