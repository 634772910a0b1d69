"""The embedded engine: no model, no network. Running text and forms have a reader each.

The dispatcher looks at the pages' shape (words per line, sentences) and at each field's kind: what is
said in sentences goes to the prose reader, what stands in boxes and tables to the forms reader; a mixed
document is read by both, and both may claim.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from docai.schema import Field, Schema
from docai.types import Claim, DocumentView

NAME = "extractive"
# Above this share of running text the forms reader is not asked for a prose schema's single fields, below it
# the prose reader is not; between them both are, and the one that the page resembles less has its scores cut.
_SURE_PROSE, _SURE_FORM = 0.55, 0.25
# A page with less running text than this is a form, whatever stands on the pages after it.
_FORM_PAGE, _FORM_PAGE_WORDS = 0.45, 10
_LETTER = 0.8
_FORM_KINDS = frozenset(
    ("money", "number", "integer", "percent", "identifier", "address", "currency", "email", "phone")
)
# Fields whose values sentences say.
_PROSE_KINDS = frozenset(("party", "duration", "place", "boolean", "title"))


@dataclass(frozen=True, slots=True)
class Shape:
    """`prose`: share 0..1 of words that stand in running text; `has_form`: whether some page is a form."""

    prose: float
    words: int
    has_form: bool = False

    @property
    def is_letter(self) -> bool:
        """Whether all pages are running text."""
        return self.prose >= _LETTER and not self.has_form


def measure_shape(view: DocumentView) -> Shape:
    """How much of a document is running text: words in full lines of mostly small letters."""
    running = total = 0
    has_form = False
    for page in view.pages:
        lines: dict[int, list[str]] = {}
        for word in page.words:
            lines.setdefault(word.line, []).append(word.text)
        here = sum(len(t) for t in lines.values() if len(t) >= 7 and _reads_like_text(t))
        running += here
        total += len(page.words)
        has_form |= len(page.words) >= _FORM_PAGE_WORDS and here < _FORM_PAGE * len(page.words)
    return Shape(running / total if total else 0.0, total, has_form)


def is_form_schema(fields: Sequence[Field]) -> bool:
    """Whether a schema asks for what forms print (amounts, numbers, rows) more than for what text says."""
    singles = [f for f in fields if f.group is None]
    rows = {f.group for f in fields if f.group is not None and not _speaks_of_signing(f.group)}
    for_forms = sum(f.kind in _FORM_KINDS for f in singles) + len(rows)
    for_prose = sum(f.kind in _PROSE_KINDS for f in singles)
    return for_forms > for_prose


def _reads_like_text(texts: Sequence[str]) -> bool:
    """Whether most words are made of letters, many of them small, and few of digits."""
    letters = sum(t.strip(".,;:()\"'“”").isalpha() for t in texts)
    small = sum(t[:1].islower() for t in texts)
    return letters >= 0.7 * len(texts) and (
        small >= 0.4 * len(texts) or all(t.isupper() for t in texts if t.isalpha())
    )


class ExtractiveEngine:
    """Satisfies `docai.protocols.ExtractionModel`. Deterministic; holds no state."""

    name = NAME

    def extract(self, view: DocumentView, schema: Schema) -> list[Claim]:
        """Claims for all fields of the schema; the best claim of a field first."""
        shape = measure_shape(view)
        to_prose, to_forms = share_fields(shape, schema.fields)
        claims: list[Claim] = []
        if to_prose:
            from docai.extraction.prose import extract_prose

            said = share_probability(extract_prose(view, schema, to_prose))
            claims += _scaled(said, shape.prose, _SURE_PROSE)
        if to_forms:
            from docai.extraction.forms import extract_forms

            likeness = 1 - shape.prose if shape.is_letter or not is_form_schema(schema.fields) else 1.0
            claims += _scaled(extract_forms(view, schema, to_forms), likeness, 1 - _SURE_FORM)
        return _one_voice(claims)


def share_fields(shape: Shape, fields: Sequence[Field]) -> tuple[list[Field], list[Field]]:
    """(fields for the prose reader, fields for the forms reader); some go to both."""
    form_schema = is_form_schema(fields)
    to_prose: list[Field] = []
    to_forms: list[Field] = []
    for field in fields:
        prose, forms = _readers(field, shape, form_schema=form_schema)
        if prose:
            to_prose.append(field)
        if forms:
            to_forms.append(field)
    return to_prose, to_forms


def _readers(field: Field, shape: Shape, *, form_schema: bool) -> tuple[bool, bool]:
    """Whether the prose reader and the forms reader are asked for a field."""
    if field.group is not None:
        signing = _speaks_of_signing(field.group)
        return signing, not signing
    if form_schema:
        # Orders and invoices bring pages of terms; what the schema asks for stands on the form, unless the
        # document is a letter.
        return field.kind in _PROSE_KINDS or shape.is_letter, True
    if shape.prose >= _SURE_PROSE:
        return True, field.kind in _FORM_KINDS
    if shape.prose <= _SURE_FORM:
        return field.kind == "boolean", True
    return True, True


def _speaks_of_signing(group: str) -> bool:
    return (
        re.search(
            r"sign(?:ed|er|ator|atur|ature|ing)?|execution|unterschrift",
            group.rsplit("/", 1)[-1],
            re.IGNORECASE,
        )
        is not None
    )


def _scaled(claims: Sequence[Claim], likeness: float, sure: float) -> list[Claim]:
    """Scores cut by how little the document is of the reader's kind."""
    factor = min(1.0, 0.6 + 0.4 * likeness / sure)
    return [replace(c, score=round((c.score or 0.0) * factor, 4)) for c in claims]


def share_probability(claims: Sequence[Claim]) -> list[Claim]:
    """Scores of one field's rivals as shares of what its best claim leaves: they exclude each other."""
    best: dict[str, Claim] = {}
    for claim in claims:
        if claim.path not in best or (claim.score or 0.0) > (best[claim.path].score or 0.0):
            best[claim.path] = claim
    shared = []
    for claim in claims:
        top = best[claim.path]
        if claim.value != top.value:
            left = 1 - (top.score or 0.0)
            claim = replace(claim, score=round(min(claim.score or 0.0, 1.0) * left, 4))
        shared.append(claim)
    return shared


def _one_voice(claims: Sequence[Claim]) -> list[Claim]:
    """Of a flag's true and false, the likelier alone: a page's weak yes must not outvote a sure no."""
    best: dict[tuple[str, bool], float] = {}
    for claim in claims:
        if isinstance(claim.value, bool):
            key = (claim.path, claim.value)
            best[key] = max(best.get(key, 0.0), claim.score or 0.0)
    return [
        c
        for c in claims
        if not isinstance(c.value, bool)
        or ((c.score or 0.0) > 0 and best[(c.path, c.value)] >= best.get((c.path, not c.value), -1.0))
    ]
