"""Checks of options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence

from docai.errors import ConfigError


def check_choice(option: str, given: str, choices: Sequence[str]) -> str:
    """The given choice. Raises `ConfigError` for one that there is not."""
    if given in choices:
        return given
    raise ConfigError("bad-option", f"{option} is {' or '.join(choices)}, not {given!r}")
