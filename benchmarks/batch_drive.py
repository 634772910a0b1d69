"""`docai batch` with a log of what its workers did, a line for each page that was read; prints what it cost.

usage: python benchmarks/batch_drive.py SOURCE DEST LOG [--workers N] [--schema S] [--base-url URL]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from docai.errors import DocaiError
from docai.pipeline import ReadTask
from docai.wiring.batch import Batch, prepare_batch
from docai.wiring.parts import WorkerSpec


@dataclass(frozen=True, slots=True)
class LoggedSpec(WorkerSpec):
    """Makes workers that say what they have read."""

    log: str = ""

    def __call__(self) -> Callable[[Any], Any]:  # type: ignore[override]
        work = WorkerSpec.__call__(self)
        log = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)

        def do(task: Any) -> Any:
            result = work(task)
            if isinstance(task, ReadTask):
                os.write(log, f"{task.page.document_id} {task.page.number}\n".encode())
            return result

        return do


def measure_thread(name: str) -> float:
    """CPU seconds of a thread that lives, 0 if there is none."""
    found = next((thread.ident for thread in threading.enumerate() if thread.name == name), None)
    return 0.0 if found is None else time.clock_gettime(time.pthread_getcpuclockid(found))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("source", "dest", "log"):
        parser.add_argument(name)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--schema")
    parser.add_argument("--base-url")
    options = parser.parse_args()
    started = time.monotonic()
    plan = prepare_batch(
        options.source,
        options.dest,
        workers=options.workers,
        schema=options.schema,
        base_url=options.base_url,
    )
    given = {field.name: getattr(plan.spec, field.name) for field in fields(WorkerSpec)}
    from batch_drive import LoggedSpec as Logged  # workers find it there, and not in a main module

    batch = Batch(replace(plan, spec=Logged(**given, log=options.log)))
    try:
        with batch:
            for _ in batch.run():
                pass
            client_cpu_s = measure_thread("docai-model")
    except DocaiError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    mine, workers = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    costs = {
        "client_cpu_s": client_cpu_s,
        "driver_cpu_s": mine.ru_utime + mine.ru_stime,
        "workers_cpu_s": workers.ru_utime + workers.ru_stime,
        "driver_peak_mb": mine.ru_maxrss / 1024,
        "seconds": time.monotonic() - started,
    }
    print(json.dumps({**batch.tally.describe(), **costs}))
    return 0 if batch.tally.is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
