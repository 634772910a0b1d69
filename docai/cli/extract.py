"""`docai extract`: folders and files in, one record a document out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from docai.cli.options import (
    BaseUrlOption,
    LanguagesOption,
    ModelOption,
    NewWorkspaceOption,
    PagesOption,
    PasswordOption,
    PipelineOption,
    QuietOption,
    SchemaOption,
    SplitOption,
    WorkersOption,
    check_choice,
    read_languages,
    read_pages,
)

EXAMPLES = """\
Examples:

  docai extract contracts/                         schema from the folder's name or the content

  docai extract scan.tif --schema invoice          one file, one shipped schema

  docai extract in/ -s my.schema.json -o out.xlsx  your own schema, a workbook with links to the evidence

  docai extract contracts/ | jq .values            JSON lines in a pipe

  docai extract contracts/ --base-url http://gpu:8000/v1    a vision model reads the pages, docai proves it

Exit codes: 0 all done, 1 some documents failed or are incomplete, 2 bad usage or configuration,
3 a configured server cannot be reached. A server's key comes from DOCAI_API_KEY.
"""


def extract(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders (default: the pipeline's sources).")
    ] = None,
    schema: SchemaOption = None,
    pipeline: PipelineOption = None,
    engine: Annotated[
        str,
        typer.Option(
            help="vlm (a model at --base-url), extractive (embedded; no server, no GPU), or auto: "
            "vlm where a server is configured."
        ),
    ] = "auto",
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    pages: PagesOption = None,
    context: Annotated[
        str | None, typer.Option(help="What the model is told of other pages: auto, or none.")
    ] = None,
    pixels: Annotated[
        str | None,
        typer.Option(
            help="native: the model sees a page's own pixels; legible: shrunk while its smallest text can be "
            "read, for fewer tokens."
        ),
    ] = None,
    ca_file: Annotated[
        Path | None,
        typer.Option("--ca-file", help="Certificate (PEM) to trust that server by (DOCAI_CA_FILE)."),
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for a server that is not ready at the start.")
    ] = 15.0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Write records to .jsonl, .csv, .xlsx or .parquet instead of printing them."
        ),
    ] = None,
    workspace: NewWorkspaceOption = None,
    lang: LanguagesOption = None,
    password: PasswordOption = None,
    split: SplitOption = False,
    force: Annotated[bool, typer.Option("--force", help="Read and extract again what is done.")] = False,
    workers: WorkersOption = None,
    keep_unsupported: Annotated[
        bool, typer.Option("--keep-unsupported", help="Let values enter that the page does not show.")
    ] = False,
    index: Annotated[
        bool | None,
        typer.Option("--index/--no-index", help="Make documents answerable for docai ask (default), or not."),
    ] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="JSON lines also on a terminal.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Extract one record per document; every value with its page, box and quote."""
    from docai.cli.output import write_or_print
    from docai.cli.progress import Progress
    from docai.wiring import prepare_job
    from docai.wiring.page_finder import PageFinder
    from docai.workspace.export import check_format

    if out is not None:
        check_format(out)
    job = prepare_job(
        paths or [],
        schema=schema,
        pipeline=pipeline,
        engine=engine,
        base_url=base_url,
        model=model,
        pages=read_pages(pages),
        context=check_choice("--context", context, ("auto", "none")) == "auto" if context else None,
        legible=check_choice("--pixels", pixels, ("native", "legible")) == "legible" if pixels else None,
        wait_s=wait,
        ca_file=ca_file,
        workspace=workspace,
        languages=read_languages(lang),
        password=password,
        split=split or None,
        force=force,
        workers=workers,
        keep_unsupported=keep_unsupported or None,
        index=index,
    )
    progress = Progress(quiet=quiet)
    with job, progress:
        views = PageFinder(job.stores, password).views
        write_or_print(job.run(progress.on_event), out, json_lines=json_lines, views=views)
    progress.print_summary(job.schema_note())
    raise typer.Exit(progress.exit_code)


extract.__doc__ = f"{extract.__doc__}\n\n{EXAMPLES}"
