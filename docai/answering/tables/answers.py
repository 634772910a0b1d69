"""A query's result as an answer: its rows, the records that each rests on, and where their values stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from docai.answering.citing import cite_evidence
from docai.answering.tables.forms import TableQuery
from docai.answering.tables.plan import say
from docai.schema import template
from docai.types import Answer, AnswerIssue, Citation, Record, Scope, Sentence, TableResult

LoadRecords = Callable[[Sequence[int]], Iterable[tuple[int, Record]]]
_MAX_CITATIONS = 200
_HIDDEN = ("record_id", "record_ids")
_NOUN_OF_COUNT = ("record", "records")


def answer_with_table(
    question: str,
    sql: str,
    result: TableResult,
    paths: Sequence[str],
    load: LoadRecords,
    *,
    scope: Scope | None = None,
    query: TableQuery | None = None,
    engine: str = "records",
    model: str | None = None,
) -> Answer:
    """`paths`: templates of the fields that the query used; their evidence is cited. Rows that do not say
    which records they rest on are shown as uncited. `query`: the recognised form behind the SQL."""
    ids = list(dict.fromkeys(i for row in result.record_ids for i in row))
    records = dict(load(ids[:_MAX_CITATIONS]))
    citations = _cite(records, frozenset(paths))
    shown = [n for n, name in enumerate(result.columns) if name not in _HIDDEN]
    value, unit = _value(result, query)
    text = _tell(result, query, len(ids))
    issues = []
    if result.rows and not all(result.record_ids):
        lost = "the query does not say which records its rows rest on: they are uncited"
        hint = "select record_id, or group_concat(record_id) AS record_ids"
        issues.append(AnswerIssue(code="uncited", message=f"{lost} ({hint})"))
    if result.cut:
        issues.append(
            AnswerIssue(code="cut", message=f"there are more than {len(result.rows)} rows: narrow the query")
        )
    if len(ids) > _MAX_CITATIONS:
        issues.append(
            AnswerIssue(code="citations-cut", message=f"cited are {_MAX_CITATIONS} of {len(ids)} records")
        )
    return Answer(
        question=question,
        status="answered" if result.rows else "not_found",
        route="records",
        text=text,
        value=value,
        unit=unit,
        confidence=_confidence(records.values(), frozenset(paths)),
        sentences=(Sentence(text=text, citations=tuple(range(len(citations)))),) if value is not None else (),
        citations=citations,
        columns=tuple(result.columns[n] for n in shown),
        table=tuple(tuple(row[n] for n in shown) for row in result.rows),
        sql=sql,
        scope=scope or Scope(documents=len(ids)),
        engine=engine,
        model=model,
        issues=tuple(issues),
        seconds=round(result.seconds, 3),
    )


def _cite(records: dict[int, Record], paths: frozenset[str]) -> tuple[Citation, ...]:
    """The places of the fields that were used, in the records' order."""
    found: list[Citation] = []
    for record in records.values():
        for item in record.fields:
            if template(item.path) not in paths or item.value is None:
                continue
            if (evidence := item.lead_evidence) is not None:
                document = record.document
                found.append(cite_evidence(document.id, document.uri, evidence, path=item.path))
    return tuple(found[:_MAX_CITATIONS])


def _confidence(records: Iterable[Record], paths: frozenset[str]) -> float:
    """The mean confidence of the values that were used."""
    known = [
        item.confidence
        for record in records
        for item in record.fields
        if template(item.path) in paths and item.value is not None
    ]
    return round(sum(known) / len(known), 4) if known else 0.0


def _value(result: TableResult, query: TableQuery | None) -> tuple[Any, str | None]:
    """The one value that the question asks for, where there is one: of SQL that is no form, the only cell."""
    if query is None and len(result.rows) == 1:
        cells = [
            cell for name, cell in zip(result.columns, result.rows[0], strict=True) if name not in _HIDDEN
        ]
        return (cells[0] if len(cells) == 1 else None), None
    if query is None or query.value_column is None or len(result.rows) != 1:
        return None, None
    row = dict(zip(result.columns, result.rows[0], strict=True))
    return row.get(query.value_column), row.get(query.unit_column) if query.unit_column else None


def _tell(result: TableResult, query: TableQuery | None, records: int) -> str:
    """In words what the rows are."""
    if query is None:
        value, _ = _value(result, query)
        count = len(result.rows)
        shown = f"{value}" if value is not None else f"{count} {_one_of('rows', count)}"
        return f"{shown}, from {_count(records)}"
    about = f" where {' and '.join(query.conditions)}" if query.conditions else ""
    kind = f"{say(query.schema)} records"
    if query.operation == "list":
        return f"{len(result.rows)} {_one_of(kind, len(result.rows))}{about}"
    value, unit = _value(result, query)
    if value is None:
        return f"{query.operation} of {kind}{about}, from {_count(records)}"
    if query.operation == "count":
        return f"{value} {_one_of(kind, value)}{about}"
    told = f"{value} {unit}" if unit else str(value)
    return f"{query.operation} of {kind}{about}: {told}, from {_count(records)}"


def _one_of(kind: str, number: Any) -> str:
    return kind.removesuffix("s") if number == 1 else kind


def _count(records: int) -> str:
    return f"{records} {_NOUN_OF_COUNT[records != 1]}"
