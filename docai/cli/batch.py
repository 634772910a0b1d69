"""`docai batch`: many documents from a folder or a bucket, each with exactly one outcome."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from docai.cli.options import (
    BaseUrlOption,
    DefaultCommandGroup,
    LanguagesOption,
    ModelOption,
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

if TYPE_CHECKING:
    from docai.batch.events import Event
    from docai.wiring.batch import Batch
    from docai.wiring.batch_telling import TellingOptions

EXAMPLES = """\
Examples:

  docai batch contracts/ results/ --pipeline contracts        a folder into a folder

  docai batch s3://bucket/contracts/ s3://bucket/out/ -p contracts --base-url http://gpu:8000/v1

  docai batch status s3://bucket/out/          from anywhere, while it runs or afterwards

  docai batch retry s3://bucket/out/ --code timeout      failed documents once more

Killed at any instant, the same command goes on where it was; two at once share the work. A changed schema or
pipeline makes new outcomes beside the old ones. Credentials come from the environment, as AWS has them.
"""


class _SourceFirst(DefaultCommandGroup):
    """`docai batch SOURCE DEST` is `docai batch run SOURCE DEST`."""

    default_command = "run"


batch_app = typer.Typer(
    cls=_SourceFirst,
    help=f"Many documents, each with exactly one outcome: docai batch SOURCE DEST\n\n{EXAMPLES}",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Destination = Annotated[str, typer.Argument(metavar="DEST", help="Where results are: s3://… or a folder.")]
EndpointOption = Annotated[
    str | None,
    typer.Option("--endpoint-url", help="Of an S3-compatible server (default: AWS; AWS_ENDPOINT_URL)."),
]
RecipeOption = Annotated[
    str | None, typer.Option(help="Which job, where DEST holds several (default: the newest).")
]
MetricsOption = Annotated[
    str | None,
    typer.Option(
        "--metrics",
        metavar="PORT",
        help="Counts for Prometheus at http://127.0.0.1:PORT/metrics while it runs; HOST:PORT for others.",
    ),
]
TraceOption = Annotated[
    bool,
    typer.Option(
        "--trace", help="OpenTelemetry spans of documents and steps to OTEL_EXPORTER_OTLP_ENDPOINT."
    ),
]
LogOption = Annotated[
    str,
    typer.Option("--log", help="On standard error: text, or json (a line an event, with ids, without text)."),
]


@batch_app.command("run")
def run(
    source: Annotated[str, typer.Argument(help="Documents: s3://bucket/prefix/ or a folder.")],
    dest: Destination,
    pipeline: PipelineOption = None,
    schema: SchemaOption = None,
    engine: Annotated[
        str,
        typer.Option(
            help="vlm (a model at --base-url), extractive (embedded), or auto: vlm where one is configured."
        ),
    ] = "auto",
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    pages: PagesOption = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for a model server that is not ready at the start.")
    ] = 15.0,
    lang: LanguagesOption = None,
    password: PasswordOption = None,
    split: SplitOption = False,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan",
            help="Count the listing, try twenty documents of it (with the model, where there is one), and "
            "say what all of it will take: pages, tokens, time, cost. Nothing is written at DEST.",
        ),
    ] = False,
    index: Annotated[
        str | None,
        typer.Option(
            "--index",
            metavar="URL",
            help="Bring each document's passages to this Qdrant server before its outcome is written "
            "(DOCAI_QDRANT_API_KEY).",
        ),
    ] = None,
    collection: Annotated[
        str | None, typer.Option(help="Collection on that server; made if it is not there (default: docai).")
    ] = None,
    embedding: Annotated[
        str | None,
        typer.Option(help="Model of the passages' vectors: minilm, fastembed:FOLDER or http://…/v1#MODEL."),
    ] = None,
    runner: Annotated[
        str, typer.Option(help="Where workers run: local, this machine, or ray, a cluster.")
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(help="Of the Ray cluster: auto, or ray://host:10001 (default: one of this machine)."),
    ] = None,
    workers: WorkersOption = None,
    endpoint_url: EndpointOption = None,
    metrics: MetricsOption = None,
    trace: TraceOption = False,
    log: LogOption = "text",
    quiet: QuietOption = False,
) -> None:
    """Work through SOURCE and keep every outcome at DEST; the word `run` may be left out.

    Exit codes: 0 every document has a complete record, 1 some failed, are incomplete or are to be tried again
    (each named), 2 bad usage or configuration, 3 a server cannot be reached.
    """
    from docai.wiring.batch import Batch, prepare_batch

    prepared = prepare_batch(
        source,
        dest,
        runner=check_choice("--runner", runner, ("local", "ray")),
        address=address,
        endpoint_url=endpoint_url,
        workers=workers,
        pipeline=pipeline,
        schema=schema,
        engine=engine,
        base_url=base_url,
        model=model,
        pages=read_pages(pages),
        wait_s=wait,
        languages=read_languages(lang),
        password=password,
        split=split or None,
        index=index,
        collection=collection,
        embedding=embedding,
    )
    if plan:
        from docai.cli.batch_plan import show_plan

        show_plan(prepared)
        return
    _work(Batch(prepared), _choose_telling(metrics, trace, log), quiet)


@batch_app.command("retry")
def retry(
    dest: Destination,
    code: Annotated[
        list[str] | None, typer.Option("--code", help="Only failures with this code (may be repeated).")
    ] = None,
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Records with gaps too, not only failures.")
    ] = False,
    recipe: RecipeOption = None,
    base_url: BaseUrlOption = None,
    password: PasswordOption = None,
    workers: WorkersOption = None,
    endpoint_url: EndpointOption = None,
    metrics: MetricsOption = None,
    trace: TraceOption = False,
    log: LogOption = "text",
    quiet: QuietOption = False,
) -> None:
    """Try failed documents again, as a new attempt beside the old one; the newest counts.

    Schema, pipeline and source are those of the job.
    """
    from docai.wiring.batch import Batch, RetryChoice
    from docai.wiring.batch_jobs import prepare_retry

    plan = prepare_retry(
        dest, recipe=recipe, endpoint_url=endpoint_url, workers=workers, base_url=base_url, password=password
    )
    batch = Batch(plan, RetryChoice(tuple(code or ()), incomplete))
    _work(batch, _choose_telling(metrics, trace, log), quiet)


@batch_app.command("status")
def status(
    dest: Destination,
    recipe: RecipeOption = None,
    endpoint_url: EndpointOption = None,
    json_text: Annotated[bool, typer.Option("--json", help="JSON also on a terminal.")] = False,
) -> None:
    """What is done at DEST and who works there now; reads only. JSON into a pipe."""
    from docai.cli.batch_view import print_status
    from docai.wiring.batch_jobs import describe_batch

    found = describe_batch(dest, recipe=recipe, endpoint_url=endpoint_url)
    if json_text or not sys.stdout.isatty():
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    else:
        print_status(found)


def _choose_telling(metrics: str | None, trace: bool, log: str) -> TellingOptions:
    from docai.wiring.batch_telling import TellingOptions, read_metrics_place

    json_log = check_choice("--log", log, ("text", "json")) == "json"
    return TellingOptions(read_metrics_place(metrics), trace, json_log)


def _work(batch: Batch, telling: TellingOptions, quiet: bool) -> None:
    from docai.cli.batch_view import BatchProgress
    from docai.wiring.batch_telling import open_telling

    progress = BatchProgress(batch.tally, quiet=quiet or telling.json_log)
    with batch, progress, open_telling(telling, batch.tally, batch.run_name) as tell:

        def on_event(event: Event) -> None:
            progress.on_event(event)
            tell(event)

        for _ in batch.run(on_event):
            pass
    progress.print_summary()
    raise typer.Exit(0 if batch.tally.is_whole else 1)
