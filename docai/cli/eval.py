"""`docai eval`: records against labels, as a table, as JSON, or as one HTML page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docai.cli.options import LanguagesOption, NewWorkspaceOption, WorkersOption, read_languages

if TYPE_CHECKING:
    from docai.evaluation.truth import Labels
    from docai.types import Outcome

EXAMPLES = """\
Examples:

  docai eval data/receipts --schema receipt                      extract and score

  docai eval data/receipts -s receipt --records out.jsonl        score what docai extract --out wrote

  docai eval data/contracts -s contract --html report.html       every failure on its page

A line of labels.jsonl: {"file": "a.pdf", "fields": {"total": "12.50", "due_date": null}}
"""


def evaluate(
    folder: Annotated[Path, typer.Argument(help="Folder with documents and their labels.jsonl.")],
    schema: Annotated[
        str, typer.Option("--schema", "-s", help="The schema whose property names the labels have.")
    ],
    labels: Annotated[
        Path | None,
        typer.Option(help="Labels, if they are not FOLDER/labels.jsonl; files are relative to it."),
    ] = None,
    records: Annotated[
        Path | None, typer.Option(help="Score these records (JSON lines) instead of extracting.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a self-contained HTML report here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    workspace: NewWorkspaceOption = None,
    lang: LanguagesOption = None,
    workers: WorkersOption = None,
    force: Annotated[bool, typer.Option("--force", help="Extract again what is done.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Score records against labels: F1 by field, proof, calibration."""
    from docai.errors import ConfigError
    from docai.evaluation.judge import evaluate as judge
    from docai.evaluation.outcomes import load_outcomes
    from docai.evaluation.report import report_to_json
    from docai.evaluation.truth import LABELS_NAME, load_labels
    from docai.schema import load_schema
    from docai.wiring import make_page_image

    loaded = load_schema(schema)
    truth = load_labels(labels or folder / LABELS_NAME, loaded)
    languages = read_languages(lang)
    outcomes: Iterable[Outcome] = (
        load_outcomes(records)
        if records is not None
        else _extract(
            truth,
            schema,
            workspace=workspace,
            languages=languages,
            workers=workers,
            force=force,
            quiet=quiet,
        )
    )
    report = judge(truth, loaded, outcomes, make_page_image)
    if not report.counts.records and not report.counts.failed:
        raise ConfigError(
            "nothing-to-score",
            f"none of the {report.counts.labelled} labelled files has an outcome",
            hint="files in labels are relative to the folder of the labels",
        )
    if html is not None:
        from docai.evaluation.html import write_html

        write_html(html, report, truth, make_page_image)
    if as_json:
        import json

        typer.echo(json.dumps(report_to_json(report), indent=2, ensure_ascii=False))
    else:
        from rich.console import Console

        from docai.evaluation.table import build_tables

        console = Console()
        if not console.is_terminal:
            console.width = 200  # a file or a pipe has no edge to wrap at
        console.print(build_tables(report))
    if html is not None and not quiet:
        typer.echo(f"docai: wrote {html}", err=True)


def _extract(
    truth: Labels,
    schema: str,
    *,
    workspace: Path | None,
    languages: tuple[str, ...] | None,
    workers: int | None,
    force: bool,
    quiet: bool,
) -> Iterable[Outcome]:
    """Outcomes of the labelled files alone; a file that is not there stays without one."""
    from docai.cli.progress import Progress
    from docai.wiring import prepare_job

    paths = [path for item in truth.truths if (path := truth.folder / item.file).exists()]
    job = prepare_job(
        paths,
        schema=schema,
        workspace=workspace,
        languages=languages,
        workers=workers,
        force=force,
        index=False,  # scores need no index, and vectors take longer than all else
    )
    progress = Progress(quiet=quiet)
    with job, progress:
        yield from job.run(progress.on_event)


evaluate.__doc__ = f"{evaluate.__doc__}\n\n{EXAMPLES}"
