"""`docai index`: make documents answerable without a schema; look at the index, make it anew."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docai.cli.options import (
    DefaultCommandGroup,
    LanguagesOption,
    PasswordOption,
    PipelineOption,
    QuietOption,
    WorkersOption,
    WorkspaceOption,
    read_languages,
)

if TYPE_CHECKING:
    from docai.wiring.index_run import IndexStatus

EXAMPLES = """\
Examples:

  docai index contracts/                       read and index a folder; docai extract does so by itself

  docai index status                           what can be asked about, and what could not be read

  docai index rebuild                          vectors and index again from the workspace; no file is read

  docai index push http://host:6333            a Qdrant server brought to what the workspace holds

  docai index rebuild --embedding fastembed:models/multilingual-e5-small      for other languages

Models: minilm (embedded, English first); fastembed:FOLDER, a folder with model.onnx, tokenizer.json and
config.json, e.g. of multilingual-e5-small; http://host:8000/v1#MODEL, any OpenAI-compatible /v1/embeddings
(its key: DOCAI_EMBEDDING_API_KEY). DOCAI_EMBEDDING sets the default of a new workspace.
"""


class _PathsFirst(DefaultCommandGroup):
    """`docai index PATH…` is `docai index add PATH…`."""

    default_command = "add"


index_app = typer.Typer(
    cls=_PathsFirst,
    help=f"Make documents answerable for docai ask: docai index PATH…\n\n{EXAMPLES}",
    no_args_is_help=True,
    rich_markup_mode=None,
)

EmbeddingOption = Annotated[
    str | None,
    typer.Option(
        "--embedding", help="minilm, fastembed:FOLDER or http://host:8000/v1#MODEL (DOCAI_EMBEDDING)."
    ),
]


@index_app.command("add")
def add(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    embedding: EmbeddingOption = None,
    pipeline: PipelineOption = None,
    workspace: WorkspaceOption = None,
    lang: LanguagesOption = None,
    password: PasswordOption = None,
    force: Annotated[bool, typer.Option("--force", help="Read again what was read.")] = False,
    workers: WorkersOption = None,
    quiet: QuietOption = False,
) -> None:
    """Read files and folders and index them, without records; the word `add` may be left out.

    Pages that docai extract has read are not read again. Exit codes: 0 all done, 1 some documents failed or
    have pages that could not be read (each named), 2 bad usage, 3 a server of embeddings is not reachable.
    """
    from docai.cli.index_progress import IndexProgress
    from docai.wiring import prepare_job

    job = prepare_job(
        paths,
        pipeline=pipeline,
        workspace=workspace,
        languages=read_languages(lang),
        password=password,
        force=force,
        workers=workers,
        embedding=embedding,
        records=False,
    )
    progress = IndexProgress(quiet=quiet)
    with job, progress:
        for _ in job.run(progress.on_event):
            pass
    progress.print_summary(None)
    raise typer.Exit(progress.exit_code)


@index_app.command("rebuild")
def rebuild_index(
    embedding: EmbeddingOption = None,
    workspace: WorkspaceOption = None,
    workers: WorkersOption = None,
    quiet: QuietOption = False,
) -> None:
    """Make the index anew from the workspace's pages, with another model if one is named; reads no file."""
    import os

    from docai.cli.index_progress import IndexProgress
    from docai.config import Settings
    from docai.wiring.embedding import IndexOptions
    from docai.wiring.index_run import rebuild
    from docai.wiring.records import opened_workspace

    settings = Settings.from_environment(os.environ)
    options = IndexOptions(embedding or settings.embedding, settings.embedding_api_key)
    processes = next((n for n in (workers, settings.workers) if n is not None), os.cpu_count() or 1)
    progress = IndexProgress(quiet=quiet)
    with opened_workspace(workspace) as stores, progress:
        published = rebuild(stores, options, workers=processes, on_event=progress.on_event)
    if not quiet:
        typer.echo(f"{published.passages} passages of {published.replaced} documents", err=True)


@index_app.command("push")
def push(
    url: Annotated[str, typer.Argument(help="Of the server's REST interface, e.g. http://host:6333.")],
    collection: Annotated[
        str | None, typer.Option(help="Collection on the server; made if it is not there (default: docai).")
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", help="Certificate (PEM) to trust the server by.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Bring a Qdrant server to what the workspace holds; its key comes from DOCAI_QDRANT_API_KEY.

    Only what the server lacks is sent; what no file holds any more is removed there. A collection that docai
    did not make is refused and left as it is.
    """
    import os

    from docai.config import Settings
    from docai.wiring.index_run import push_index
    from docai.wiring.records import opened_workspace

    key = Settings.from_environment(os.environ).qdrant_api_key
    with opened_workspace(workspace) as stores:
        done = push_index(stores, url, api_key=key, collection=collection, ca_file=ca_file)
    typer.echo(
        f"{done.passages} passages of {done.replaced} documents sent, {done.removed} removed", err=True
    )


@index_app.command("status")
def show_status(
    workspace: WorkspaceOption = None,
    json_text: Annotated[bool, typer.Option("--json", help="JSON also on a terminal.")] = False,
) -> None:
    """What can be asked about, with which model, and what could not be read. JSON into a pipe."""
    from docai.wiring.index_run import describe_index
    from docai.wiring.records import opened_workspace

    with opened_workspace(workspace) as stores:
        status = describe_index(stores)
    if json_text or not sys.stdout.isatty():
        sys.stdout.write(json.dumps(asdict(status), ensure_ascii=False) + "\n")
    else:
        _print_status(status)


def _print_status(status: IndexStatus) -> None:
    if status.model is None:
        typer.echo("nothing is indexed yet: docai extract PATH… or docai index PATH…")
        return
    typer.echo(f"model      {status.model} ({status.choice})")
    waiting = f", {status.waiting} not in the index yet" if status.waiting else ""
    typer.echo(f"documents  {status.indexed} of {status.documents}{waiting}")
    typer.echo(f"passages   {status.passages}")
    typer.echo(f"index      {status.bytes / 1e6:.1f} MB, generation {status.generation or 'none'}")
    for uri, pages in status.unread.items():
        typer.echo(f"unread     {uri}: pages {', '.join(map(str, pages))}")
    for uri in status.failed:
        typer.echo(f"failed     {uri}")
