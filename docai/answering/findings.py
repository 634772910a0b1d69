"""What one document says to a question, before it becomes an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from docai.answering.library import LibraryDocument
from docai.types import Box, Match, Passage, Verdict

Unknown: TypeAlias = Literal["not_found", "blank", "redacted", "unreadable", "not_read", "unsure"]


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a page. `boxes`: where they were found before; `passage`: which they are taken from."""

    page: int
    text: str
    path: str | None = None
    boxes: tuple[Box, ...] = ()
    match: Match = "exact"
    score: float = 1.0
    locator: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the document, verbatim, with the quotes in it that prove the answer."""

    text: str
    quotes: tuple[Quote, ...]
    passage: Passage | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """A document's answer. `kind`: of the value; `label`: what the value is ("governing law").

    Without a value and verdict, `reason` says why. `rule`: by which an inferred value came about.
    `source`: `record` or `sentence`. `told`: the value that a verdict comes from, in words.
    """

    document: LibraryDocument
    kind: str
    label: str
    value: Any = None
    unit: str | None = None
    verdict: Verdict | None = None
    confidence: float = 0.0
    statements: tuple[Statement, ...] = ()
    reason: Unknown | None = None
    rule: str | None = None
    path: str | None = None
    source: Literal["record", "sentence"] = "sentence"
    warnings: tuple[str, ...] = ()
    told: str = ""

    @property
    def found(self) -> bool:
        return self.reason is None and (
            self.value is not None or bool(self.statements) or self.verdict is not None
        )
