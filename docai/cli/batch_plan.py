"""`docai batch --plan`: what a batch will take, before it is begun."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from docai.wiring.batch import BatchPlan


def show_plan(plan: BatchPlan) -> None:
    """Try a sample, then print the forecast: a table on a terminal, JSON into a pipe."""
    from docai.wiring.batch_forecast import TrialBatch

    trial = TrialBatch(plan)
    with trial:
        for _ in trial.run(trial.on_event):
            pass
    told = trial.forecast()
    if sys.stdout.isatty():
        _print_forecast(told)
    else:
        typer.echo(json.dumps(told))


def _print_forecast(told: Mapping[str, Any]) -> None:
    typer.echo(f"documents  {told['documents']} ({told['bytes'] / 1e6:.1f} MB), {told['left']} to be done")
    failed = f", {told['tried_failed']} of them failed" if told["tried_failed"] else ""
    typer.echo(f"tried      {told['tried']} with {told['tried_pages']} pages{failed}")
    if told["seconds"] is None:
        typer.echo("forecast   none: no document of the sample could be opened")
        return
    tokens = f", {told['tokens']:,} tokens" if told["tokens"] else ""
    typer.echo(f"forecast   {told['pages']:,} pages{tokens}")
    typer.echo(f"time       {told['seconds'] / 3600:.2f} h with {told['workers']} workers here")
    if told["cost"] is not None:
        typer.echo(f"cost       {told['cost']:,.2f} {told['currency']}")
