"""`docai pipeline`: which recipes there are, what one says in full, and whether one is right."""

from __future__ import annotations

from typing import Annotated

import typer

pipeline_app = typer.Typer(
    help="Recipes of schema, reading, engine, index, outputs and price: list, show and check them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@pipeline_app.command("list")
def list_recipes() -> None:
    """List the pipelines that ship with docai.

    Use one with: docai extract PATH --pipeline NAME (a folder named like one uses it by itself)
    """
    from docai.config import list_pipelines, load_pipeline

    for name in list_pipelines():
        typer.echo(f"{name:<16} {load_pipeline(name).description}")


@pipeline_app.command("show")
def show_recipe(
    pipeline: Annotated[str, typer.Argument(help="A shipped pipeline's name or a YAML file.")],
) -> None:
    """Print a pipeline in full, every default spelt out: a file to start your own from.

    Example:

      docai pipeline show contracts > mine.yaml
    """
    from docai.config import describe_pipeline, load_pipeline

    typer.echo(describe_pipeline(load_pipeline(pipeline)), nl=False)


@pipeline_app.command("check")
def check_recipes(
    pipelines: Annotated[list[str], typer.Argument(help="Shipped pipelines' names or YAML files.")],
) -> None:
    """Check pipelines: every key, its schema, and that what it names can be used here.

    Exit codes: 0 all are right, 2 some are not (each with file, line and key).
    """
    from docai.errors import ConfigError
    from docai.wiring.recipes import check_pipeline

    failed = False
    for name in pipelines:
        try:
            typer.echo(f"{name}: {check_pipeline(name)}")
        except ConfigError as error:
            failed = True
            typer.echo(f"docai: {error}", err=True)
    if failed:
        raise typer.Exit(2)
