"""The command line over what tests prepare once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import CommandLine


@pytest.fixture
def open_copy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[[Path], CommandLine]:
    """The command line in a copy of a folder that all tests of a file begin with: each may change its own."""
    return lambda prepared: CommandLine(monkeypatch, capsys, shutil.copytree(prepared, tmp_path / "home"))
