"""Options that several commands share, and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperGroup

from docai.errors import ConfigError

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", help="Folder that holds .docai (default: the nearest upwards).")
]
"""Of commands that look at what is there."""
NewWorkspaceOption = Annotated[
    Path | None, typer.Option(help="Folder that holds .docai (default: nearest upwards, else here).")
]
"""Of commands that make one where there is none."""
SchemaOption = Annotated[
    str | None,
    typer.Option(
        "--schema", "-s", help="A shipped schema's name, a JSON or YAML file, or module:PydanticModel."
    ),
]
PipelineOption = Annotated[
    str | None, typer.Option("--pipeline", "-p", help="A shipped pipeline's name or a YAML file.")
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option("--base-url", help="An OpenAI-compatible server, e.g. http://gpu:8000/v1 (DOCAI_BASE_URL)."),
]
ModelOption = Annotated[
    str | None, typer.Option(help="Model at that server (default: the only one it serves; DOCAI_MODEL).")
]
PagesOption = Annotated[
    str | None, typer.Option(help="Pages that the model is asked about: all, or relevant (by their words).")
]
LanguagesOption = Annotated[
    str | None, typer.Option(help="Languages of the documents, e.g. eng+deu (default: eng).")
]
PasswordOption = Annotated[str | None, typer.Option(help="Password for encrypted PDFs.")]
SplitOption = Annotated[
    bool, typer.Option("--split", help="One file holds several documents: a record for each.")
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", "-j", min=0, help="Worker processes (default: one a core).")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no summary.")]


class DefaultCommandGroup(TyperGroup):
    """Commands of which one need not be named: what begins with none of their names is that one's."""

    default_command: ClassVar[str]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [self.default_command, *args]
        return super().parse_args(ctx, args)


def check_choice(option: str, given: str, choices: Sequence[str]) -> str:
    """The given choice. Raises `ConfigError` for one that there is not."""
    if given in choices:
        return given
    raise ConfigError("bad-option", f"{option} is {' or '.join(choices)}, not {given!r}")


def read_day(option: str, given: str | None) -> str | None:
    """A date option as an ISO date. Raises `ConfigError` for what is none."""
    from docai.values.dates import parse_date

    day = parse_date(given) if given else None
    if given and day is None:
        raise ConfigError("bad-option", f"{option} takes a date like 2024-12-31, not {given!r}")
    return day


def read_languages(given: str | None) -> tuple[str, ...] | None:
    """`eng+deu` as codes; None for what is not given."""
    return tuple(given.split("+")) if given else None


def read_pages(given: str | None) -> str | None:
    """Which pages a model is asked about. Raises `ConfigError`."""
    return check_choice("--pages", given, ("all", "relevant")) if given else None
