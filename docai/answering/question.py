"""A question as docai reads it: what kind of answer it wants, about which topics, of whom."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from docai.answering.languages import guess_language
from docai.answering.names import DOCUMENT_NOUNS, Name, find_names, without_names
from docai.answering.shapes import Asked, asks_of_documents, read_shape
from docai.answering.vocabulary import asked_topics, get_topic, plain_text
from docai.answering.words import is_telling, iterate_words, stem
from docai.errors import ConfigError

MAX_LENGTH = 2_000

_NEGATED = re.compile(
    r"\b(?:not|no|never|without any|lack|lacks|lacking|fail to|kein\w{0,2}|nicht|ne|pas|aucun\w?)\b|n't\b"
)
_PERMITS = re.compile(
    r"\b(?:can|may|could|allow\w{0,3}|permit\w{0,4}|free|freely|able|darf|kann|peut|possible|entitled)\b"
)
_LIMITS = re.compile(
    r"\b(?:forbid\w{0,4}|forbidden|prohibit\w{0,4}|restrict\w{0,4}|prevent\w{0,3}|bar|bars|barred|limit\w{0,3}|cap|capped|caps|require\w{0,2}|"
    r"need|needs|needed|only with|must|verbiet\w{0,3}|interdi\w{0,3})\b"
)
_UNLIMITED = re.compile(r"\b(?:unlimited|uncapped|without (?:limit|limitation|cap|restriction)|freely)\b")


@dataclass(frozen=True, slots=True)
class Question:
    """`bare`: the plain text without names; `topics`: what it asks about; `stems`: its other telling words.

    `also`: a value that a yes-or-no question asks for as well ("does it renew, and for how long?").
    `contrary`: it asks whether a limit is absent, or for the contrary of a topic.
    """

    text: str
    bare: str
    names: tuple[Name, ...]
    asked: Asked
    topics: frozenset[str]
    stems: tuple[str, ...]
    also: Asked | None = None
    which_documents: bool = False
    negated: bool = False
    permits: bool = False
    language: str | None = None


@lru_cache(maxsize=256)
def read_question(text: str) -> Question:
    """Raises ConfigError `question-empty` or `question-too-long`."""
    question = " ".join(text.split())
    if not any(c.isalnum() for c in question):
        raise ConfigError(
            "question-empty",
            "the question has no words",
            stage="answering",
            hint='ask in a sentence: docai ask "When does the lease end?"',
        )
    if len(question) > MAX_LENGTH:
        raise ConfigError(
            "question-too-long",
            f"the question has {len(question):,} characters; docai reads {MAX_LENGTH:,} at most",
            stage="answering",
            hint="ask one thing at a time; documents are indexed with docai index, not pasted",
        )
    names = find_names(question)
    bare = plain_text(without_names(question, names))
    asked, also = read_shape(bare)
    topics = asked_topics(bare)
    return Question(
        text=question,
        bare=bare,
        names=names,
        asked=asked,
        also=also,
        topics=frozenset(topics).union(*(get_topic(t).implies for t in topics)),
        stems=_other_stems(bare, [span for spans in topics.values() for span in spans]),
        which_documents=asks_of_documents(bare),
        negated=bool(_NEGATED.search(bare)) != bool(_UNLIMITED.search(bare)),
        permits=_PERMITS.search(bare) is not None and _LIMITS.search(bare) is None,
        language=guess_language(bare),
    )


def reread(question: Question, bare: str, asked: Asked) -> Question:
    """The same question with another plain text that asks for another kind of value."""
    topics = asked_topics(bare)
    return replace(
        question,
        bare=bare,
        asked=asked,
        also=None,
        topics=frozenset(topics).union(*(get_topic(t).implies for t in topics)),
        stems=_other_stems(bare, [span for spans in topics.values() for span in spans]),
        negated=bool(_NEGATED.search(bare)),
    )


def _other_stems(bare: str, spans: list[tuple[int, int]]) -> tuple[str, ...]:
    """Stems of telling words that no topic has taken."""
    stems = []
    for start, end, word in iterate_words(bare):
        taken = any(a < end and start < b for a, b in spans)
        if not taken and is_telling(word) and word not in DOCUMENT_NOUNS:
            stems.append(stem(word))
    return tuple(dict.fromkeys(stems))
