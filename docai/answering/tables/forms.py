"""Recognised forms of questions over records: how many, which, total, largest, by whom; with conditions.

A question is recognised only when every word that means something was used: one that asks for more than these
forms can say is left to the other routes (or to a model), never answered in part.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from docai.answering.question import Question
from docai.answering.tables.comparisons import find_comparisons
from docai.answering.tables.plan import (
    AMOUNT_KINDS,
    AMOUNT_NAMES,
    DATE_NAMES,
    Plan,
    add_absence,
    add_comparisons,
    add_flag,
    add_group,
    add_values,
    is_covered,
)
from docai.answering.tables.wordings import OPERATIONS, TIME_ORDER, Operation, schema_words
from docai.answering.vocabulary import plain_text
from docai.answering.words import iterate_words, stem
from docai.protocols import RecordTables
from docai.schema import Field
from docai.values.currencies import currency_code

_AGGREGATES = ("count", "sum", "average")


@dataclass(frozen=True, slots=True)
class TableQuery:
    """SQL for a question. `paths`: fields that it used (JSON Pointer templates). `value_column`: of the one
    value that the question asks for, `unit_column` of its currency; `conditions`: in words."""

    sql: str
    parameters: tuple[Any, ...]
    operation: Operation
    schema: str
    paths: tuple[str, ...]
    conditions: tuple[str, ...]
    value_column: str | None = None
    unit_column: str | None = None


def recognise(
    question: Question, tables: RecordTables, schemas: Mapping[str, Sequence[Field]], today: datetime.date
) -> TableQuery | None:
    """The query for a question, or None where it is not one of the forms that are known.

    `schemas`: the leaves of each schema that has records. Where several schemas could be meant, the one whose
    fields fit best.
    """
    question = _with_currencies(question)
    operation = next((name for name, pattern in OPERATIONS if pattern.search(question.bare)), None)
    if operation is None:
        return None
    comparisons = find_comparisons(question.bare, today)
    best: tuple[float, TableQuery] | None = None
    for schema in _choose_schemas(question.bare, schemas):
        plan = _start_plan(question, tables, schema, schemas[schema])
        if plan is None or not add_comparisons(plan, comparisons):
            continue
        add_values(plan, tables)
        add_absence(plan)
        add_flag(plan)
        query = _build(plan, operation)
        if query is None or not is_covered(plan, schema_words(schema)):
            continue
        fit = sum(plan.used.values())
        if best is None or fit > best[0]:
            best = (fit, query)
    return best[1] if best else None


def _with_currencies(question: Question) -> Question:
    """The question with currencies left in place, which look like names, and with "between" before dates."""
    names = tuple(name for name in question.names if currency_code(name.text) is None)
    text = question.text
    for name in reversed(names):
        text = text[: name.start] + " " * (name.end - name.start) + text[name.end :]
    return replace(question, names=names, bare=plain_text(text))


def _choose_schemas(bare: str, schemas: Mapping[str, Sequence[Field]]) -> list[str]:
    """Those whose kind of document the question names; else all."""
    words = [word for _, _, word in iterate_words(bare)]
    stems = {stem(w) for w in words} | {w.rstrip("s") for w in words}
    return [schema for schema in schemas if schema_words(schema) & stems] or list(schemas)


def _start_plan(
    question: Question, tables: RecordTables, schema: str, fields: Sequence[Field]
) -> Plan | None:
    own = [c for c in tables.columns if c.schema == schema]
    main = next((c.table for c in own if not c.table.startswith("all_") and c.name == "copies"), None)
    if main is None:
        return None
    by_path = {c.path: c.name for c in own if c.table == main and c.path and not c.name.endswith("_unit")}
    known = {by_path[f.path]: f for f in fields if f.path in by_path}
    names = frozenset(c.name for c in own if c.table == main)
    return Plan(question, schema, _with_families(tables, main), known, names)


def _with_families(tables: RecordTables, main: str) -> str:
    """Agreements with what their amendments changed, where there are any."""
    members = tables.run(f'SELECT max(members) FROM "{main}_family"').rows
    return f"{main}_family" if members and (members[0][0] or 0) > 1 else main


def _build(plan: Plan, operation: Operation) -> TableQuery | None:
    value = None
    grouped = add_group(plan) if operation in _AGGREGATES else None
    if operation not in ("list", "count"):
        value = _value_column(plan, operation)
        if value is None:
            return None
    clauses = [*plan.clauses, *([f'"{value}" IS NOT NULL'] if value else [])]
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    unit = f"{value}_unit" if f"{value}_unit" in plan.columns else None
    make = _build_aggregate if operation in _AGGREGATES else _build_list
    sql, shown = make(plan, operation, where, value, unit, grouped)
    return TableQuery(
        sql=sql,
        parameters=tuple(plan.parameters) * (2 if operation in ("largest", "smallest") else 1),
        operation=operation,
        schema=plan.schema,
        paths=tuple(plan.fields[column].path for column in plan.used if column in plan.fields),
        conditions=tuple(plan.told),
        value_column=shown,
        unit_column=unit,
    )


def _value_column(plan: Plan, operation: Operation) -> str | None:
    """The amount that is added or compared; for "latest" and "first", the date."""
    if operation in ("largest", "smallest") and TIME_ORDER.search(plan.question.bare):
        found = plan.find_column(plan.rest, ("date",), "date") or plan.default_column(DATE_NAMES, ("date",))
    else:
        found = plan.find_column(plan.rest, AMOUNT_KINDS, "money")
        found = found or plan.default_column(AMOUNT_NAMES, AMOUNT_KINDS)
    if found is None:
        return None
    plan.use(*found)
    return found[0]


def _build_aggregate(
    plan: Plan, operation: Operation, where: str, value: str | None, unit: str | None, grouped: str | None
) -> tuple[str, str | None]:
    name = {"count": "count", "sum": "total", "average": "average"}[operation]
    made = {"count": "count(*)", "sum": f'sum("{value}")', "average": f'round(avg("{value}"), 2)'}[operation]
    ids = "record_ids" if plan.table.endswith("_family") else "record_id"
    keys = [f'"{column}"' for column in (grouped, unit) if column]
    order = f" GROUP BY {', '.join(keys)} ORDER BY {len(keys) + 1} DESC" if keys else ""
    columns = ", ".join((*keys, f'{made} AS "{name}"', f"group_concat({ids}) AS record_ids"))
    return f'SELECT {columns} FROM "{plan.table}"{where}{order}', None if grouped else name


def _build_list(
    plan: Plan, operation: Operation, where: str, value: str | None, unit: str | None, grouped: str | None
) -> tuple[str, str | None]:
    ids = "record_ids" if plan.table.endswith("_family") else "record_id"
    names = [column for column in plan.used if column != value]
    columns = ", ".join((ids, "uri", *(f'"{c}"' for c in (*names, value, unit) if c)))
    if operation == "list":
        return f'SELECT {columns} FROM "{plan.table}"{where} ORDER BY uri', None
    best = "max" if operation == "largest" else "min"
    top = f'SELECT {best}("{value}") FROM "{plan.table}"{where}'
    # All that share the first place; the parameters are those of the conditions, twice.
    join = " AND" if where else " WHERE"
    return f'SELECT {columns} FROM "{plan.table}"{where}{join} "{value}" = ({top}) ORDER BY uri', value
