"""What is known about a document: pydantic models, since they are stored and leave the program."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from docai.types.pages import Box, Role

Status: TypeAlias = Literal["grounded", "inferred", "seen", "unsupported", "missing", "corrected"]
Reason: TypeAlias = Literal["not_found", "blank", "redacted", "unreadable", "not_read", "doubtful"]
"""Why a field is `missing`; `doubtful`: why a value that a page prints is `unsupported`."""
Match: TypeAlias = Literal["exact", "normalized", "fuzzy", "region"]


class Model(BaseModel):
    """Frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")


def _round_box(box: Box) -> list[float]:
    return [round(float(v), 1) for v in box]


JsonBox = Annotated[Box, PlainSerializer(_round_box, return_type=list[float])]


class Evidence(Model):
    """Where docai found a quote: `boxes` are of `page`, one a line of text; `score` 0..1.

    `locator`: paragraph or cell, in place of boxes, where the file has no pages.
    """

    page: int
    quote: str
    match: Match
    score: float
    role: Role = "value"
    boxes: tuple[JsonBox, ...] = ()
    locator: str | None = None


class Derivation(Model):
    """How an inferred value came about: the rule's name and the paths or values it used."""

    rule: str
    operands: tuple[str, ...] = ()


class Alternative(Model):
    """Another reading of a field, with where it stands."""

    value: Any
    confidence: float
    evidence: tuple[Evidence, ...] = ()


def _to_json_number(value: Any) -> Any:
    """Decimals live inside docai; at the border they are JSON numbers (integers stay integers)."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


JsonValue = Annotated[Any, BeforeValidator(_to_json_number)]


class FieldValue(Model):
    """One leaf of a record. `unit` is a currency code for money."""

    path: str
    value: JsonValue = None
    status: Status
    reason: Reason | None = None
    confidence: float = 0.0
    unit: str | None = None
    evidence: tuple[Evidence, ...] = ()
    derivation: Derivation | None = None
    alternatives: tuple[Alternative, ...] = ()

    @property
    def lead_evidence(self) -> Evidence | None:
        """Where the value stands; where no place says it, the first that it was derived from."""
        first = next((e for e in self.evidence if e.role == "value"), None)
        return first or next(iter(self.evidence), None)


class DocumentRef(Model):
    id: str
    uri: str
    page_count: int


class SchemaRef(Model):
    id: str
    hash: str


class Segment(Model):
    """Pages `first`..`last` (from 1, inclusive) where one file holds several documents."""

    first: int
    last: int


class RecordIssue(Model):
    stage: str
    code: str
    message: str
    page: int | None = None


class Amends(Model):
    """The agreement that this one changes, as far as this one names it."""

    title: str | None = None
    date: str | None = None
    parties: tuple[str, ...] = ()


class Run(Model):
    docai: str
    engine: str
    model: str | None = None
    prompt: str | None = None
    dpi: float | None = None
    tokens: int | None = None
    seconds: float = 0.0


class Record(Model):
    """What docai knows about one document (or one segment of it)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    document: DocumentRef
    segment: Segment | None = None
    schema_ref: SchemaRef = Field(alias="schema")
    complete: bool
    values: dict[str, Any]
    fields: tuple[FieldValue, ...]
    amends: Amends | None = None
    issues: tuple[RecordIssue, ...] = ()
    run: Run


class ErrorInfo(Model):
    code: str
    message: str
    stage: str | None = None
    page: int | None = None
    hint: str | None = None


class FailedDocument(Model):
    id: str | None = None
    uri: str


class Failure(Model):
    """A document that ended without a record, and why."""

    document: FailedDocument
    error: ErrorInfo


Outcome: TypeAlias = Record | Failure


def under_uri(outcome: Outcome, uri: str) -> Outcome:
    """The same outcome for another file with the same bytes."""
    if outcome.document.uri == uri:
        return outcome
    return outcome.model_copy(update={"document": outcome.document.model_copy(update={"uri": uri})})
