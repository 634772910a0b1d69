"""Every word that `docai batch` takes is explained by its help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from docai.cli.batch import batch_app
from docai.cli.batch_collect import collect


def list_parameters() -> Iterator[tuple[str, Any]]:
    batch: Any = typer.main.get_command(batch_app)
    single = typer.Typer(add_completion=False)
    single.command("collect")(collect)
    for name, command in {**batch.commands, "collect": typer.main.get_command(single)}.items():
        assert command.help, name
        for parameter in command.params:
            yield name, parameter


def test_each_option_and_argument_is_explained() -> None:
    found = list(list_parameters())
    assert {name for name, _ in found} >= {"run", "retry", "status", "collect"}
    assert len(found) > 30
    for name, parameter in found:
        if parameter.name != "help":
            assert getattr(parameter, "help", None), f"docai batch {name}: {parameter.name}"
