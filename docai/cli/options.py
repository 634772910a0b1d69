"""Options that several commands share, and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from docai.errors import ConfigError

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", help="Folder that holds .docai (default: the nearest upwards).")
]
"""Of commands that look at what is there."""


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
