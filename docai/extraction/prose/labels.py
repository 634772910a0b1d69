"""What a field asks for, read from the words of its label: no schema's names are known here.

A field's name is asked first, then its aliases, then its description, since a description often says what
the field is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from docai.extraction.prose.sentences import stem
from docai.extraction.prose.wordlists import FILLER
from docai.schema import Field

# Words that decide what a label is about, by kind of field; the first role with a word in the label wins.
_ROLES: dict[str, tuple[tuple[str, str], ...]] = {
    "date": (
        (
            "end",
            "expir expiry expire end ends ending terminate until lapse finish conclusion last through",
        ),
        (
            "start",
            "effective effect commence start begin beginning force inception onset valid since from first",
        ),
        (
            "made",
            "agreement contract dated sign signed signature execute execution made enter entered conclude "
            "concluded letter document deed issue issued written",
        ),
    ),
    "duration": (
        ("notice", "notice notify notification cancel cancellation"),
        (
            "renewal",
            "renew renewal renewed extend extension prolong prolongation rollover further successive",
        ),
        (
            "secrecy",
            "confidential confidentiality secrecy secret survive survival nondisclosure disclosure",
        ),
        ("term", "term duration length period lifetime validity run runs last lasts initial"),
    ),
    "place": (
        ("law", "law laws govern governing jurisdiction legal applicable"),
        ("court", "court courts venue forum arbitration seat tribunal"),
    ),
}


@dataclass(frozen=True, slots=True)
class Label:
    """The words of a field's label: its name, the phrases under which documents print it, its description."""

    field: Field
    name: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    description: tuple[str, ...]

    @property
    def words(self) -> frozenset[str]:
        """Stems of name and aliases."""
        return frozenset(self.name).union(*self.phrases) if self.phrases else frozenset(self.name)


@lru_cache(maxsize=4096)
def content_stems(text: str) -> tuple[str, ...]:
    """Stems of the words that carry meaning; camel case and underscores are split."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).replace("_", " ").replace("-", " ")
    words = re.findall(r"[^\W\d_]+|\d+", spaced.lower())
    return tuple(stem(w) for w in words if w not in FILLER)


def read_label(item: Field) -> Label:
    phrases = tuple(s for s in (content_stems(alias) for alias in item.aliases) if s)
    return Label(item, content_stems(item.name), phrases, content_stems(item.description))


@lru_cache(maxsize=64)
def _role_stems(kind: str) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((role, frozenset(stem(w) for w in words.split())) for role, words in _ROLES.get(kind, ()))


def find_role(label: Label, kind: str) -> str | None:
    """The role of a date (`start`, `end`, `made`), a duration (`notice`, `renewal`, `secrecy`, `term`) or a
    place (`law`, `court`); None where the label tells none."""
    return (
        _first_role(label.name, kind)
        or _majority_role(label.phrases, kind)
        or _first_role(label.description, kind)
    )


def _first_role(stems: Iterable[str], kind: str) -> str | None:
    present = set(stems)
    for role, words in _role_stems(kind):
        if present & words:
            return role
    return None


def _majority_role(phrases: tuple[tuple[str, ...], ...], kind: str) -> str | None:
    votes: dict[str, int] = {}
    for phrase in phrases:
        role = _first_role(phrase, kind)
        if role:
            votes[role] = votes.get(role, 0) + 1
    order = [role for role, _ in _role_stems(kind)]
    return max(votes, key=lambda role: (votes[role], -order.index(role))) if votes else None
