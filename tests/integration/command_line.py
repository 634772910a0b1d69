"""The command line inside the test's own process: quick, with its exit code and both streams."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


class CommandLine:
    """Runs `docai …` in a folder, with no `DOCAI_` variable but those given."""

    def __init__(self, patch: pytest.MonkeyPatch, streams: pytest.CaptureFixture[str], folder: Path) -> None:
        self._patch = patch
        self._streams = streams
        self.folder = folder

    def __call__(self, *words: str | Path, **environment: str) -> Ran:
        from docai.cli.main import main

        with self._patch.context() as patch:
            for name in [name for name in os.environ if name.startswith("DOCAI_")]:
                patch.delenv(name)
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", ["docai", *map(str, words)])
            patch.setenv("COLUMNS", "200")
            self._streams.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
        told = self._streams.readouterr()
        return Ran(int(ended.value.code or 0), told.out, told.err)
