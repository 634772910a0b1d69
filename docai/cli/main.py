"""The `docai` command: parse, wire, call, print. Heavy imports wait until a command runs."""

from __future__ import annotations

import os
import sys

import typer

from docai.cli.ask import ask
from docai.cli.batch import batch_app
from docai.cli.batch_collect import collect
from docai.cli.doctor import doctor
from docai.cli.eval import evaluate
from docai.cli.extract import extract
from docai.cli.index import index_app
from docai.cli.pipeline import pipeline_app
from docai.cli.records import records_app
from docai.cli.schema import schema_app

STOPPED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and SIGINT's number."""

app = typer.Typer(
    name="docai",
    help="Folders of documents into records you can prove: every value with its page, box and quote.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("extract")(extract)
app.command("ask")(ask)
batch_app.command("collect")(collect)
app.add_typer(batch_app, name="batch")
app.add_typer(index_app, name="index")
app.add_typer(records_app, name="records")
app.add_typer(schema_app, name="schema")
app.add_typer(pipeline_app, name="pipeline")
app.command("eval")(evaluate)
app.command("doctor")(doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        from docai import __version__

        typer.echo(f"docai {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Folders of documents into records you can prove: every value with its page, box and quote.

    docai extract contracts/            records of a folder, as a table (or JSON lines in a pipe)

    docai ask "When does the Acme lease end?"       an answer, cited to its place on the page

    docai records show acme.pdf --image acme.png      look at the evidence

    docai schema list                   the schemas that ship with docai
    """


def main() -> None:
    """Run the command line; docai's own errors become one line and their exit code."""
    from docai.errors import DocaiError

    try:
        app()
    except DocaiError as error:
        typer.echo(f"docai: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        typer.echo(f"docai: stopped:{where} {error.strerror}; what was done is kept", err=True)
        # What is still buffered cannot be written either; let it go without a second complaint.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except SystemExit as ending:
        if ending.code == STOPPED:
            typer.echo("docai: stopped; what was done is kept, the same command goes on from there", err=True)
        raise


if __name__ == "__main__":
    main()
