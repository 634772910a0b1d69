"""Claims from spans of running text."""

from __future__ import annotations

from docai.extraction.prose.document import Prose
from docai.types import Claim, Operand, Role, Scalar

ENGINE = "extractive"


def make_claim(
    prose: Prose,
    path: str,
    span: tuple[int, int],
    value: Scalar,
    score: float,
    *,
    rule: str | None = None,
    operands: tuple[Operand, ...] = (),
) -> Claim:
    """A claim whose quote is the verbatim text of the words under `span`; `score` is clipped to 0..1."""
    place = prose.running.place(*span)
    return Claim(
        path=path,
        quote=place.quote,
        value=value,
        page=place.page,
        engine=ENGINE,
        score=round(min(1.0, max(0.0, score)), 4),
        words=place.words,
        rule=rule,
        operands=operands,
    )


def make_absence(
    prose: Prose, path: str, span: tuple[int, int], score: float, *, redacted: bool = False
) -> Claim:
    """A claim that the place of a field was found and is empty or blacked out."""
    place = prose.running.place(*span)
    return Claim(
        path=path,
        quote=place.quote,
        value=None,
        page=place.page,
        engine=ENGINE,
        score=round(min(1.0, max(0.0, score)), 4),
        words=place.words,
        absent="redacted" if redacted else "blank",
    )


def make_operand(prose: Prose, span: tuple[int, int], value: Scalar, role: Role = "operand") -> Operand:
    place = prose.running.place(*span)
    return Operand(quote=place.quote, page=place.page, value=value, words=place.words, role=role)
