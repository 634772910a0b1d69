"""`docai doctor`: what works here, what does not, and what to do about it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from docai.cli.options import read_languages

if TYPE_CHECKING:
    from docai.extraction.vlm.doctor.findings import Finding
    from docai.wiring.doctor import Diagnosis

_MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "problem": "[red]problem[/]"}


def doctor(
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", help="The model server to examine (default: the configured one)."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model at that server (DOCAI_MODEL).")] = None,
    pipeline: Annotated[
        str | None, typer.Option("--pipeline", "-p", help="A pipeline whose server and languages to check.")
    ] = None,
    workspace: Annotated[
        Path | None, typer.Option(help="Folder that holds or would hold .docai (default: as for extract).")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="Languages to check, e.g. eng+deu.")] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for a server that is not ready.")
    ] = 15.0,
    ca_file: Annotated[
        Path | None,
        typer.Option("--ca-file", help="Certificate (PEM) to trust that server by (DOCAI_CA_FILE)."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="All findings with their figures, as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Check this machine, and a model server: every finding with its remedy.

    docai doctor                                      what the embedded engine needs

    docai doctor --base-url http://gpu:8000/v1        what that server can do: some 60 small requests

    Exit codes: 0 all well, 1 something needs action, 2 bad usage, 3 the server does not answer.
    """
    import json

    from rich.console import Console

    from docai.wiring.doctor import diagnose

    console = Console(stderr=True, highlight=False)
    with console.status("checking", spinner="dots") as status:

        def step(text: str) -> None:
            if not quiet:
                status.update(text)
                if not console.is_terminal:
                    console.print(text, markup=False, soft_wrap=True)

        diagnosis = diagnose(
            base_url=base_url,
            model=model,
            pipeline=pipeline,
            workspace=workspace,
            languages=read_languages(lang),
            wait_s=wait,
            ca_file=ca_file,
            step=step,
        )
    if json_:
        sys.stdout.write(json.dumps(write_json(diagnosis), ensure_ascii=False, indent=1) + "\n")
    else:
        print_table(diagnosis)
    raise typer.Exit(diagnosis.exit_code)


def write_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """`local` and `server` findings, each with check, level, message, remedy and facts."""

    def write(finding: Finding) -> dict[str, Any]:
        told = {"check": finding.check, "level": finding.level, "message": finding.message}
        return {**told, "remedy": finding.remedy or None, "facts": dict(finding.facts)}

    return {
        "exit_code": diagnosis.exit_code,
        "base_url": diagnosis.base_url,
        "reached": diagnosis.reached,
        "local": [write(finding) for finding in diagnosis.local],
        "server": [write(finding) for finding in diagnosis.server],
    }


def print_table(diagnosis: Diagnosis) -> None:
    """A table of findings, the remedy below each that has one."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for finding in (*diagnosis.local, *diagnosis.server):
        told = Text(finding.message)
        if finding.remedy and finding.level != "ok":
            told.append(f"\n→ {finding.remedy}", style="cyan")
        table.add_row(Text.from_markup(_MARKS[finding.level]), finding.check, told)
    console.print(table)
    if diagnosis.base_url is None:
        console.print("no model server is configured: the embedded engine extracts", markup=False)
    elif diagnosis.reached is False:
        console.print(f"{diagnosis.base_url} does not answer", markup=False)
