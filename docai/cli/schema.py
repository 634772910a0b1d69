"""`docai schema`: which schemas there are, what one says, whether one is right, and one from examples."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from docai.schema import Schema

schema_app = typer.Typer(
    help="What docai extracts: list, show and check schemas, or infer one from example values.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SchemaArgument = Annotated[
    str, typer.Argument(help="A shipped schema's name, a JSON or YAML file, or module:PydanticModel.")
]


@schema_app.command("list")
def list_schemas(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a schema.")] = False,
) -> None:
    """List the schemas that ship with docai.

    Use one with: docai extract PATH --schema NAME
    """
    from docai.schema import list_shipped, load_schema

    for name in list_shipped():
        schema = load_schema(name)
        if as_json:
            row = {"id": name, "hash": schema.hash, "fields": len(schema.fields)}
            typer.echo(json.dumps(row | {"description": schema.description}, ensure_ascii=False))
        else:
            typer.echo(f"{name:<16}{len(schema.fields):>3} fields  {schema.description}")


@schema_app.command("show")
def show_schema(
    schema: SchemaArgument,
    record: Annotated[
        bool, typer.Option("--record", help="The schema that a record's values validate against.")
    ] = False,
    fields: Annotated[
        bool, typer.Option("--fields", help="The fields as docai sees them: path, kind, labels.")
    ] = False,
) -> None:
    """Print a schema as JSON, with every reference resolved.

    Examples:

      docai schema show invoice --fields                 paths, kinds and labels

      docai schema show my.yaml --record                 every leaf nullable, nothing required

      docai schema show invoice > mine.json              a start for your own
    """
    from docai.schema import load_schema, record_schema

    loaded = load_schema(schema)
    if fields:
        _print_fields(loaded)
    else:
        definition = record_schema(loaded) if record else loaded.definition
        typer.echo(json.dumps(definition, indent=2, ensure_ascii=False))


@schema_app.command("check")
def check_schemas(
    schemas: Annotated[list[str], typer.Argument(help="Schemas to check: names, files, module:Model.")],
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Check that docai can use a schema; exit code 2 names each place that it cannot.

    Examples:

      docai schema check my.schema.json

      docai schema check orders.models:PurchaseOrder
    """
    from docai.errors import ConfigError
    from docai.schema import load_schema

    failed = 0
    for source in schemas:
        try:
            loaded = load_schema(source)
        except ConfigError as error:
            failed += 1
            typer.echo(f"docai: {error}", err=True)
            continue
        if not quiet:
            typer.echo(f"{source}: {len(loaded.fields)} fields, {loaded.hash}")
            _print_fields(loaded)
            _print_advice(loaded)
    if failed:
        raise typer.Exit(2)


@schema_app.command("infer")
def infer(
    examples: Annotated[
        list[Path], typer.Argument(help="Example values: JSON, JSON lines, YAML, CSV, a labels.jsonl.")
    ],
    title: Annotated[str | None, typer.Option(help="Title of the schema (default: the file's name).")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write here instead of printing.")] = None,
) -> None:
    """Write a schema from example values: types, dates, amounts, lists and rows are recognised.

    Examples:

      docai schema infer orders.csv -o order.schema.json        columns become fields

      docai schema infer one.json two.json                      nested objects and line items

      docai schema infer data/labels.jsonl --title "Ad buy"     the fields of labelled documents

    Then add a description and x-docai-aliases (the labels that documents print) where names do not tell.
    """
    from docai.cli.inference import infer_schema
    from docai.schema import load_schema

    definition, count = infer_schema(examples, title)
    loaded = load_schema(definition)
    text = json.dumps(definition, indent=2, ensure_ascii=False) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8")
    where = f" in {out}" if out else ""
    typer.echo(f"{len(loaded.fields)} fields from {count} examples{where}", err=True)


def _print_fields(schema: Schema) -> None:
    width = max(len(field.path) for field in schema.fields)
    for field in schema.fields:
        labels = ", ".join(field.enum or field.aliases[:4]) + (" …" if len(field.aliases) > 4 else "")
        typer.echo(f"  {field.path:<{width}}  {field.kind:<12}  {labels}".rstrip())


def _print_advice(schema: Schema) -> None:
    """Fields that give docai nothing to go by."""
    for field in schema.fields:
        if field.kind == "text" and not field.description and not field.aliases:
            advice = f"{field.path} is plain text: a description, x-docai-aliases or x-docai-kind would help"
            typer.echo(f"  note: {advice}", err=True)
