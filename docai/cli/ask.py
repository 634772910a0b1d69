"""`docai ask`: a question in, an answer out with every sentence cited to its place on a page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docai.cli.options import BaseUrlOption, ModelOption, WorkspaceOption, read_day
from docai.errors import ConfigError

if TYPE_CHECKING:
    from docai.types import Answer
    from docai.wiring.answering import Answerer

EXAMPLES = """\
Examples:

  docai ask "Which law governs the lease with Acme?"         the answer, and where it stands

  docai ask "When does it end?" --in contracts/lease.pdf     one document or folder

  docai ask --each "Which contracts forbid assignment?"      every document, one cited row each

  docai ask "Which contracts expire before 2027?"            counted, added and compared over records

  docai ask "Who signed the lease?" --open                   the pages, with the words marked

  docai ask "Who signed the lease?" --qdrant https://host:6333     over what docai index push brought there

  docai ask "May Acme assign the lease?" --base-url http://gpu:8000/v1     a vision model composes the answer

With a model each sentence is checked against the words it quotes; one that fails is shown struck through with
the reason. If its server is away, or goes away in the middle, you get the answer without it, labelled, and
exit code 3.

Keys: DOCAI_API_KEY, DOCAI_QDRANT_API_KEY, DOCAI_RERANK_API_KEY. Exit codes: 0 answered, 1 not found or in
part, 2 bad usage or nothing indexed, 3 a server that was named does not answer.
"""
MODEL_UNREACHABLE = "model-unreachable"
"""Issue of an answer that a configured model should have composed."""
_FORMATS = (".csv", ".xlsx", ".html", ".json")


def ask(
    question: Annotated[str, typer.Argument(help="A question, in the language of the documents.")],
    paths: Annotated[
        list[Path] | None, typer.Option("--in", help="Only documents in this file or folder; repeatable.")
    ] = None,
    schema: Annotated[
        str | None, typer.Option("--schema", "-s", help="Only documents with a record of this schema.")
    ] = None,
    conditions: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="CONDITION",
            help="Only documents whose record says so: governing_law=Delaware, total>=1000, "
            "expiration_date<2027; repeatable.",
        ),
    ] = None,
    each: Annotated[bool, typer.Option("--each", help="Ask every document: one cited row each.")] = False,
    save_as: Annotated[
        str | None,
        typer.Option("--save-as", metavar="FIELD", help="With --each: keep rows as a field of the records."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="DATE", help="Leave out what speaks from a later day, amendments too."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the answer to .html, .json, .csv or .xlsx.")
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Show the answer with its pages in the browser.")
    ] = False,
    engine: Annotated[
        str,
        typer.Option(
            help="vlm (a model at --base-url composes), extractive (the documents' own sentences; no model), "
            "or auto: vlm where a server is configured."
        ),
    ] = "auto",
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for a server that is not ready.")
    ] = 15.0,
    qdrant: Annotated[
        str | None,
        typer.Option("--qdrant", metavar="URL", help="Find pages on this Qdrant server (DOCAI_QDRANT)."),
    ] = None,
    collection: Annotated[
        str | None, typer.Option(help="Collection on the Qdrant server (default: docai).")
    ] = None,
    rerank: Annotated[
        str | None,
        typer.Option(
            "--rerank",
            metavar="URL",
            help="A server of /rerank has the last word on the best pages: "
            "http://host:8000/v1#MODEL (DOCAI_RERANK).",
        ),
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", help="Certificate (PEM) to trust servers by (DOCAI_CA_FILE).")
    ] = None,
    workspace: WorkspaceOption = None,
    password: Annotated[str | None, typer.Option(help="Password for encrypted PDFs, for pictures.")] = None,
    json_text: Annotated[bool, typer.Option("--json", help="JSON also on a terminal.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No messages on standard error.")] = False,
) -> None:
    """Ask the documents; each sentence of the answer cites its place on a page."""
    from docai.wiring.answering import Answerer, AskOptions
    from docai.wiring.finding import FindOptions
    from docai.wiring.model_choice import ModelOptions

    day = read_day("--as-of", as_of)
    if save_as and not each:
        raise ConfigError("bad-option", "--save-as keeps the rows of --each", hint="add --each")
    if out is not None and out.suffix not in _FORMATS:
        raise ConfigError(
            "unknown-format", f"{out.name} has no ending that docai writes", hint=" ".join(_FORMATS)
        )

    def tell(text: str) -> None:
        if not quiet:
            typer.echo(f"docai: {text}", err=True)

    options = AskOptions(tuple(paths or ()), each, day, schema, tuple(conditions or ()))
    finding = FindOptions(qdrant, collection, rerank, ca_file)
    chosen = ModelOptions(engine, base_url, model, ca_file, wait)
    with Answerer(workspace, finding=finding, model=chosen, password=password, tell=tell) as answerer:
        answer = answerer.ask(question, options)
        if save_as:
            tell(answerer.save_rows(answer, save_as))
        if out is not None:
            _write(answer, answerer, out, password)
            tell(f"wrote {out}")
        elif sys.stdout.isatty() and not json_text:
            from docai.cli.answer_view import print_answer

            print_answer(answer, answerer.stores.root)
        else:
            sys.stdout.write(answer.model_dump_json() + "\n")
        if open_page:
            _open(answer, answerer, password)
    raise typer.Exit(_choose_exit_code(answer))


def _choose_exit_code(answer: Answer) -> int:
    if any(issue.code == MODEL_UNREACHABLE for issue in answer.issues):
        return 3
    return 0 if answer.status in ("answered", "conflict") else 1


def _write(answer: Answer, answerer: Answerer, out: Path, password: str | None) -> None:
    from docai.cli.answer_files import write_rows
    from docai.workspace.export.files import replacing, writing

    if out.suffix in (".csv", ".xlsx"):
        write_rows(answer, out)
        return
    text = answer.model_dump_json(indent=2) if out.suffix == ".json" else _build(answer, answerer, password)
    with replacing(out) as draft, writing(out):
        draft.write_text(text, encoding="utf-8")


def _build(answer: Answer, answerer: Answerer, password: str | None) -> str:
    from docai.answering.showing.html import build_html
    from docai.wiring.page_finder import make_show_page

    return build_html(answer, make_show_page(answerer.stores, password))


def _open(answer: Answer, answerer: Answerer, password: str | None) -> None:
    """Write the page beside the index and show it; without a browser, say where it is."""
    import webbrowser

    target = answerer.stores.folder / "answer.html"
    _write(answer, answerer, target, password)
    if not webbrowser.open(target.absolute().as_uri()):
        typer.echo(f"docai: no browser here; the answer is {target}", err=True)


ask.__doc__ = f"{ask.__doc__}\n\n{EXAMPLES}"
