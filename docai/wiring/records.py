"""A workspace opened for reading what is in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from docai.errors import ConfigError

if TYPE_CHECKING:
    from docai.workspace import Workspace
    from docai.workspace.published import IndexModel


@contextmanager
def opened_workspace(workspace: Path | None) -> Iterator[Workspace]:
    """The workspace named, else the environment's, else the nearest upwards. Raises ConfigError where there
    is none."""
    from docai.config import Settings
    from docai.workspace import find_workspace, open_workspace

    named = workspace or Settings.from_environment(os.environ).workspace
    root = Path(named) if named else find_workspace(Path.cwd()) or Path.cwd()
    with open_workspace(root, create=False) as stores:
        yield stores


def uri_of(root: Path, path: Path) -> str:
    """A file's uri: relative to the workspace where it lies below it, so that it is the same file from
    whichever folder docai is called; else its absolute path."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow symbolic links
    return str(absolute.relative_to(root) if absolute.is_relative_to(root) else absolute)


def get_model(stores: Workspace, stage: str) -> IndexModel:
    """The model of the workspace's index. Raises ConfigError `nothing-indexed`."""
    model = stores.published.get_model()
    if model is None:
        raise nothing_indexed(stores.root, stage)
    return model


def nothing_indexed(root: Path, stage: str) -> ConfigError:
    """There is nothing to ask about in a workspace."""
    return ConfigError(
        "nothing-indexed",
        f"nothing is indexed in {root}",
        stage=stage,
        hint="docai extract PATH… or docai index PATH… first",
    )
