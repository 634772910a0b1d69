"""`docai records query`: SQL over the records, read only, with the records behind each row."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from docai.cli.options import WorkspaceOption, read_day

if TYPE_CHECKING:
    from docai.types import TableColumn
    from docai.workspace.tables.queries import RecordQueries


def query_records(
    sql: Annotated[str | None, typer.Argument(metavar="SQL", help="One SELECT.")] = None,
    workspace: WorkspaceOption = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Leave out what speaks from a later day.")
    ] = None,
    tables: Annotated[bool, typer.Option("--tables", help="Show the tables and their columns.")] = False,
    json_lines: Annotated[
        bool, typer.Option("--json", help="The answer as JSON, with the evidence of every record.")
    ] = False,
) -> None:
    """Ask the records in SQL: one table a schema, copies counted once; CONTRACT_family has agreements with
    what their amendments changed, CONTRACT_parties the items of a list, all_CONTRACT copies too, fields
    every field with its status, confidence and page.

    Select record_id (or group_concat(record_id) AS record_ids) and the answer cites the records' pages.

    Examples: docai records query --tables

    docai records query "SELECT record_id, uri, expiration_date FROM contract ORDER BY 3"

    docai records query "SELECT seller_name, sum(grand_total), group_concat(record_id) AS record_ids
    FROM invoice GROUP BY 1"
    """
    from docai.answering.tables.answers import answer_with_table
    from docai.cli.answer_view import print_answer
    from docai.wiring.records import opened_workspace

    day = read_day("--as-of", as_of)
    with opened_workspace(workspace) as stores:
        queries = stores.open_queries(day)
        try:
            if tables or sql is None:
                _print_tables(queries)
                return
            result = queries.run(sql)
            paths = [c.path for c in queries.columns if c.path and c.name in result.columns]
            answer = answer_with_table(sql, sql, result, paths, stores.outcomes.load_records)
        finally:
            queries.close()
        if json_lines or not sys.stdout.isatty():
            sys.stdout.write(answer.model_dump_json() + "\n")
        else:
            print_answer(answer, stores.root)


def _print_tables(queries: RecordQueries) -> None:
    groups: dict[str, list[TableColumn]] = {}
    for column in queries.columns:
        groups.setdefault(column.table, []).append(column)
    if not groups:
        typer.echo("no records", err=True)
    for table, columns in groups.items():
        names = ", ".join(f"{c.name} {c.kind}" if c.kind else c.name for c in columns)
        typer.echo(f"{table}: {names}")
