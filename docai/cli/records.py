"""`docai records`: look at what is in the workspace, with its evidence, and take it elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docai.cli.options import WorkspaceOption
from docai.cli.records_query import query_records
from docai.errors import ConfigError
from docai.wiring.records import opened_workspace

if TYPE_CHECKING:
    from docai.types import FieldValue, Outcome, Record
    from docai.workspace import Workspace

records_app = typer.Typer(
    help="List, show and export the records in the workspace.", no_args_is_help=True, rich_markup_mode=None
)

records_app.command("query")(query_records)

SchemaOption = Annotated[str | None, typer.Option("--schema", "-s", help="Only records of this schema.")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON lines also on a terminal.")]
HistoryOption = Annotated[
    bool, typer.Option("--history", help="Also what edited, deleted and redone files gave before.")
]
PasswordOption = Annotated[str | None, typer.Option("--password", help="Password for encrypted PDFs.")]


@records_app.command("list")
def list_records(
    workspace: WorkspaceOption = None,
    schema: SchemaOption = None,
    history: HistoryOption = False,
    json_lines: JsonOption = False,
) -> None:
    """One line a record: a table on a terminal, JSON lines into a pipe.

    Example: docai records list --schema contract | jq .values
    """
    from docai.cli.records_view import print_listing
    from docai.workspace.export import outcome_line

    with opened_workspace(workspace) as stores:
        found = stores.outcomes.records(schema_id=schema, include_retired=history)
        if sys.stdout.isatty() and not json_lines:
            print_listing(found)
            return
        for stored in found:
            sys.stdout.write(outcome_line(stored.outcome) + "\n")


@records_app.command("show")
def show_record(
    document: Annotated[
        str, typer.Argument(metavar="ID", help="File name, path, or the start of a document id.")
    ],
    workspace: WorkspaceOption = None,
    schema: SchemaOption = None,
    field: Annotated[
        str | None, typer.Option("--field", help="Only this field and those below it, e.g. /line_items/0.")
    ] = None,
    page: Annotated[
        int | None, typer.Option("--page", min=1, help="The page to draw (default: where most is).")
    ] = None,
    image: Annotated[
        Path | None, typer.Option("--image", help="Draw the evidence on its page, as this PNG or JPEG file.")
    ] = None,
    password: PasswordOption = None,
    json_lines: JsonOption = False,
) -> None:
    """Show a document's records: every field with its status, page and quote; or the page with the evidence.

    Examples: docai records show acme.pdf --image acme.png

    docai records show 9f3a --field /governing_law --json
    """
    from docai.cli.records_view import draw_record, print_fields, print_records
    from docai.wiring.page_finder import PageFinder

    with opened_workspace(workspace) as stores:
        outcomes = _find(stores, document, schema)
        narrowed = [_narrow(outcome, field) for outcome in outcomes]
        if image is not None:
            told = draw_record(narrowed, image, page, PageFinder(stores, password))
            typer.echo(f"docai: {told}", err=True)
        elif field is not None and (json_lines or not sys.stdout.isatty()):
            print_fields(narrowed)
        else:
            print_records(narrowed, json_lines=json_lines)


@records_app.command("export")
def export_records(
    out: Annotated[Path, typer.Argument(help="A file that ends in .jsonl, .csv, .xlsx or .parquet.")],
    workspace: WorkspaceOption = None,
    schema: SchemaOption = None,
    history: HistoryOption = False,
    password: PasswordOption = None,
    crops: Annotated[
        bool, typer.Option(help="For .xlsx: pictures of the places, which the cells link to.")
    ] = True,
) -> None:
    """Write the records to a file: a row a record; in a workbook each value links to its place on the page.

    Example: docai records export records.xlsx --schema invoice
    """
    from docai.wiring.page_finder import PageFinder
    from docai.workspace.export import write_outcomes

    with opened_workspace(workspace) as stores:
        views = PageFinder(stores, password).views if crops else None
        found = stores.outcomes.records(schema_id=schema, include_retired=history)
        count = write_outcomes(out, (stored.outcome for stored in found), views)
    typer.echo(f"docai: wrote {count} {'record' if count == 1 else 'records'} to {out}", err=True)


def _find(stores: Workspace, document: str, schema: str | None) -> list[Outcome]:
    """The outcomes of the one document that the name means."""
    found = [stored.outcome for stored in stores.outcomes.records(document, schema_id=schema)]
    if not found:
        raise ConfigError(
            "no-such-record",
            f"no record of {document} in {stores.root}",
            hint="docai records list shows what is there; --history what was",
        )
    exact = [outcome for outcome in found if outcome.document.uri == document]
    chosen = exact or found
    names = dict.fromkeys(outcome.document.uri for outcome in chosen)
    if len({outcome.document.id or outcome.document.uri for outcome in chosen}) > 1:
        raise ConfigError(
            "ambiguous-record",
            f"{document} means {len(names)} documents: {', '.join(list(names)[:5])}",
            hint="give more of the path or of the id",
        )
    first = next(iter(names))  # the same bytes under several names: one of them will do
    return [outcome for outcome in chosen if outcome.document.uri == first]


def _narrow(outcome: Outcome, field: str | None) -> Outcome:
    from docai.types import Record

    if field is None or not isinstance(outcome, Record):
        return outcome
    path = "/" + field.strip("/")
    kept = tuple(_under(outcome.fields, path))
    if not kept:
        known = ", ".join(item.path for item in outcome.fields[:12])
        raise ConfigError(
            "no-such-field", f"no field {path} in the {_schema(outcome)} record", hint=f"it has {known}"
        )
    return outcome.model_copy(update={"fields": kept})


def _under(fields: Sequence[FieldValue], path: str) -> Iterable[FieldValue]:
    return (item for item in fields if item.path == path or item.path.startswith(path + "/"))


def _schema(record: Record) -> str:
    return record.schema_ref.id
