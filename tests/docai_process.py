"""docai as a user runs it: the command line, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
RUN_S = 600
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("DOCAI_")}


def run_docai(
    *words: str | Path | int, cwd: Path, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[str]:
    """To its end, with no `DOCAI_` variable but those given."""
    done = subprocess.run(
        write_command(words),
        cwd=cwd,
        env={**ENVIRONMENT, **environment},
        input=stdin,
        capture_output=True,
        timeout=RUN_S,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@contextmanager
def start_docai(*words: str | Path | int, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """While it runs; killed at the end if it still does."""
    with subprocess.Popen(
        write_command(words),
        cwd=cwd,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def write_command(words: tuple[str | Path | int, ...]) -> list[str]:
    return [sys.executable, "-m", "docai.cli.main", *map(str, words)]


def read_lines(output: str) -> dict[str, dict[str, Any]]:
    """Records and failures by their file's name."""
    lines = [json.loads(line) for line in output.splitlines()]
    return {Path(line["document"]["uri"]).name: line for line in lines}
