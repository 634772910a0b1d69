"""`docai batch collect`: what a job gave, as data sets."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from docai.cli.batch import Destination, EndpointOption, RecipeOption
from docai.cli.options import check_choice


def collect(
    dest: Destination,
    to: Annotated[
        str | None,
        typer.Option("--to", help="Where to write: s3://… or a folder (default: DEST/results/TIME/)."),
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", help="parquet or jsonl (may be repeated; default: as the pipeline says, else both)."
        ),
    ] = None,
    listed: Annotated[
        bool,
        typer.Option(
            "--listed/--all",
            help="Documents that SOURCE lists now, or all that were ever done, without a look at SOURCE.",
        ),
    ] = True,
    recipe: RecipeOption = None,
    endpoint_url: EndpointOption = None,
) -> None:
    """Write records, fields with their evidence, and failures as Parquet and JSON lines, at any time.

    records/SCHEMA/*.parquet has a column for each property, fields/*.parquet a row for each value with its
    evidence, failures/*.parquet what has no record, jsonl/*.jsonl the records whole. manifest.json comes
    last: its counts add up to the listing. DuckDB, pandas and datasets.load_dataset open all of them.

    Examples:

      docai batch collect s3://bucket/out/ --to results/

      duckdb -c "select uri, governing_law from 'results/records/contract/*.parquet'"

    Exit codes: 0 written, 2 bad usage or configuration, 3 a server cannot be reached.
    """
    from docai.wiring.batch_results import collect_batch

    wanted: Any = [check_choice("--format", name, ("parquet", "jsonl")) for name in formats or ()]
    manifest = collect_batch(
        dest, to=to, formats=wanted, recipe=recipe, endpoint_url=endpoint_url, listed_only=listed
    )
    if not sys.stdout.isatty():
        sys.stdout.write(json.dumps(manifest, ensure_ascii=False) + "\n")
        return
    from rich.console import Console

    from docai.cli.batch_view import make_table

    table = make_table()
    table.add_row("written to", manifest["at"])
    for name, value in manifest["counts"].items():
        if name != "failures_by_code":
            table.add_row(name, str(value))
    for code, count in manifest["counts"]["failures_by_code"].items():
        table.add_row(f"  {code}", str(count))
    Console(highlight=False, soft_wrap=True).print(table)
