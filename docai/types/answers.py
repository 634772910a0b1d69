"""Answers with their proof: pydantic models, since they leave the program."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from docai.types.records import JsonBox, JsonValue, Match, Model

AnswerStatus: TypeAlias = Literal["answered", "partial", "conflict", "not_found"]
Route: TypeAlias = Literal["pages", "each", "records"]
Verdict: TypeAlias = Literal["yes", "no", "unknown"]


class Citation(Model):
    """Words on a page that an answer rests on; `boxes` one a line, of `page`.

    `locator`: paragraph or cell, in files without pages. `path`: the record's field that it comes from.
    """

    document_id: str
    uri: str
    page: int
    quote: str
    boxes: tuple[JsonBox, ...] = ()
    match: Match = "exact"
    score: float = 1.0
    locator: str | None = None
    path: str | None = None


class Sentence(Model):
    """One sentence of an answer. `citations`: places in `Answer.citations`, from 0.

    `supported`: whether its numbers, names and negations stand in what it cites; if not, `reason` says why
    and the sentence is shown struck through. `rule`: by which it computes what is printed nowhere.
    """

    text: str
    citations: tuple[int, ...] = ()
    supported: bool = True
    reason: str | None = None
    rule: str | None = None


class AnswerRow(Model):
    """What one document answers. `verdict` for yes-or-no questions, `value` for others.

    `reason`: why it is unknown. `struck`: what a model said that the document does not. `engine`: as of
    `Answer`.
    """

    document_id: str
    uri: str
    verdict: Verdict | None = None
    value: JsonValue = None
    text: str = ""
    reason: str | None = None
    confidence: float = 0.0
    citations: tuple[int, ...] = ()
    struck: tuple[Sentence, ...] = ()
    engine: str = "extractive"


class RetrievedPage(Model):
    """A page that was looked at, in the order of rank."""

    document_id: str
    uri: str
    page: int
    score: float


class UnreadDocument(Model):
    """A document in scope that could not be searched whole, and why."""

    uri: str
    reason: str
    pages: tuple[int, ...] = ()


class Scope(Model):
    """What was searched: documents and pages, and what could not be."""

    documents: int = 0
    pages: int = 0
    unread: tuple[UnreadDocument, ...] = ()


class AnswerIssue(Model):
    code: str
    message: str


class Answer(Model):
    """What docai answers to a question.

    `text`: the supported sentences joined, or why there is none. `value`: what the question asks for, typed
    (ISO date, ISO duration, amount, name, true or false), where it asks for one. `columns`, `table`: of a
    query over records, whose text is `sql`. `engine`: `extractive`, `records`, or `model` where one composed
    it; `prompt`: hash of the words by which it was asked.
    """

    question: str
    status: AnswerStatus
    route: Route = "pages"
    text: str = ""
    value: JsonValue = None
    unit: str | None = None
    confidence: float = 0.0
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    rows: tuple[AnswerRow, ...] = ()
    columns: tuple[str, ...] = ()
    table: tuple[tuple[Any, ...], ...] = ()
    sql: str | None = None
    retrieved: tuple[RetrievedPage, ...] = ()
    scope: Scope = Scope()
    engine: str = "extractive"
    model: str | None = None
    prompt: str | None = None
    tokens: int = 0
    issues: tuple[AnswerIssue, ...] = ()
    seconds: float = 0.0
