"""What `docai ask` costs from a cold start: CPU seconds of the whole process, Python's start included.

    python benchmarks/cold_ask.py WORKSPACE "QUESTION" [--runs 5]

WORKSPACE holds documents that are extracted or indexed. Measured twice: with the tables for questions over
records as the last run left them, and without them (workspaces of before, or of other machines).
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path


def measure(workspace: Path, question: str, *, without_tables: bool) -> tuple[float, dict[str, object]]:
    """User and system seconds of one question, and its answer."""
    if without_tables:
        for path in (workspace / ".docai").glob("tables.db*"):
            path.unlink()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "docai.cli.main", "ask", question, "--json"]
    done = subprocess.run(command, cwd=workspace, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not done.stdout:
        raise SystemExit(done.stderr)
    spent_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return spent_s, json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("question")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(options.workspace / ".docai", copy / ".docai")
        _, answer = measure(copy, options.question, without_tables=False)
        print(f"documents {answer['scope']['documents']}, answer {answer['status']}: {answer['value']}")  # type: ignore[index]
        for name, without in (("tables there", False), ("tables made first", True)):
            spent = [measure(copy, options.question, without_tables=without)[0] for _ in range(options.runs)]
            told = ", ".join(f"{s:.2f}" for s in sorted(spent))
            print(f"{name}: median {statistics.median(spent):.2f} CPU-s ({told})")


if __name__ == "__main__":
    main()
