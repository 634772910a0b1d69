"""Memory over a long job with a model: `docai extract` on 10,000 made-up pages against a scripted server.

    python benchmarks/model_memory.py [--pages 10000] [--documents 16] [--workers 2] [--schema contract]
        [--no-index]

The server runs in a process of its own that is not counted. Every second the resident set and the
proportional set (shared pages counted once) of the command and all processes below it are added up. Prints
markdown.
"""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from kill import list_descendants
from model_pages import Kind
from model_server import PageScript, ServerProcess, make_inbox, start_job


@dataclass(frozen=True, slots=True)
class Sample:
    """MB of all processes; `answered`: pages with a kept answer; None for a peak."""

    answered: int | None
    resident_mb: float
    proportional_mb: float
    parent_mb: float


def measure(pid: int, workspace: Path) -> Sample:
    resident = proportional = parent = 0.0
    for one in (pid, *list_descendants(pid)):
        with suppress(OSError, ValueError):
            sizes = dict(
                line.split(":", 1) for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()[1:]
            )
            resident += _read_mb(sizes["Rss"])
            proportional += _read_mb(sizes["Pss"])
            parent = parent or _read_mb(sizes["Rss"])
    return Sample(count_answers(workspace), resident, proportional, parent)


def _read_mb(text: str) -> float:
    return int(text.split()[0]) * 1024 / 1e6


def count_answers(workspace: Path) -> int:
    """Pages with an answer, looked at again or not."""
    path = workspace / ".docai" / "docai.db"
    if not path.exists():
        return 0
    pages = "SELECT count(*) FROM (SELECT DISTINCT document_id, number FROM answers)"
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return int(db.execute(pages).fetchone()[0])
    return 0


def watch(job: subprocess.Popen[bytes], workspace: Path) -> list[Sample]:
    samples = []
    while job.poll() is None:
        samples.append(measure(job.pid, workspace))
        time.sleep(1.0)
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--documents", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--schema", default="contract")
    parser.add_argument("--no-index", action="store_true", help="do not index the documents for docai ask")
    options = parser.parse_args()
    each = -(-options.pages // options.documents)
    kind: Kind = "contract" if options.schema == "contract" else "invoice"
    documents: dict[tuple[Kind, int], int] = {(kind, n): each for n in range(options.documents)}
    with tempfile.TemporaryDirectory(prefix="docai-memory-") as room:
        inbox, workspace = Path(room) / "inbox", Path(room) / "work"
        make_inbox(inbox, documents)
        script = PageScript({(str(k), n): count for (k, n), count in documents.items()})
        with ServerProcess(script) as server:
            started = time.monotonic()
            arguments = ["--schema", options.schema, "-j", str(options.workers)]
            arguments += ["--no-index"] if options.no_index else []
            job = start_job(inbox, workspace, server.base_url, *arguments)
            samples = watch(job, workspace)
            seconds = time.monotonic() - started
        if job.returncode != 0:
            raise SystemExit((workspace / "errors.txt").read_text()[-2000:])
        answered = count_answers(workspace)
    print(f"{answered} pages of {options.documents} documents, {options.workers} workers, {seconds:.0f} s\n")
    print("| after pages | resident, all processes | proportional | the job's own process |")
    print("|---|---|---|---|")
    for share in (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0):
        print_row(min(samples, key=lambda s: abs((s.answered or 0) - share * answered)))
    print_row(
        Sample(
            None,
            max(s.resident_mb for s in samples),
            max(s.proportional_mb for s in samples),
            max(s.parent_mb for s in samples),
        )
    )


def print_row(sample: Sample) -> None:
    sizes = (sample.resident_mb, sample.proportional_mb, sample.parent_mb)
    print(f"| {sample.answered or 'peak'} | {' | '.join(f'{size:.0f} MB' for size in sizes)} |")


if __name__ == "__main__":
    main()
