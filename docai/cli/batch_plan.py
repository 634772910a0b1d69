"""`docai batch --plan`: what a batch will take, before it is begun."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import typer

from docai.cli.pace_view import describe_time

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
    typer.echo(f"pages      {_with_range(told, 'pages', '{:,.0f}'.format)}")
    if told["tokens"]:
        typer.echo(f"tokens     {_with_range(told, 'tokens', '{:,.0f}'.format)}")
    workers = max(1, told["workers"])
    typer.echo(f"time       {_with_range(told, 'seconds', describe_time)} with {workers} workers here")
    if told["cost"] is not None:
        typer.echo(f"cost       {_with_range(told, 'cost', '{:,.2f}'.format)} {told['currency']}")


def _with_range(told: Mapping[str, Any], name: str, write: Callable[[float], str]) -> str:
    """A figure, and between which nine samples in ten would see it."""
    likely = write(told[name])
    low, high = (write(end) for end in told.get(f"{name}_range") or (told[name], told[name]))
    return likely if low == high else f"{likely} (between {low} and {high})"
