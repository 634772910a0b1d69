"""Kill -9 `docai batch` (the driver, or a worker) at random instants: is the batch exact at its end?

usage: python benchmarks/batch_kill.py [--items 120] [--kills 20] [--victim driver|worker|both] [--workers 2]

Runs on a fresh destination are killed one after the other on what the last one left, until one reaches its
end; then a fresh destination again, until there were enough kills. At each end: every item of the listing has
one outcome, no content has two, nothing of the way is left over; and pages that were read twice are counted:
of a kill, two a worker at most, since so many are in flight.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from batch_check import check_batch, find_recipe
from batch_corpus import fill_folder, list_documents
from kill import POLL_S, kill_when, list_descendants

from docai.protocols import ObjectStore
from docai.sources.folder import FolderSource
from docai.sources.folder_store import FolderStore
from docai.types import SourceItem

DRIVE = Path(__file__).resolve().parent / "batch_drive.py"
IN_FLIGHT = 2
"""Tasks a worker."""


@dataclass
class BatchTrial:
    """One job, as often as it is started. `environment`: beside the process's own (credentials)."""

    source: str
    dest: str
    room: Path
    workers: int = 2
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ("--schema", "contract")

    @property
    def log(self) -> Path:
        return self.room / "reads.txt"

    def start(self) -> subprocess.Popen[bytes]:
        """In a process of its own; what it says goes to files in `room`."""
        self.room.mkdir(parents=True, exist_ok=True)
        words = [self.source, self.dest, str(self.log), "--workers", str(self.workers), *self.options]
        with (self.room / "out.txt").open("ab") as out, (self.room / "errors.txt").open("ab") as errors:
            return subprocess.Popen(
                [sys.executable, str(DRIVE), *words],
                env={**os.environ, "OMP_NUM_THREADS": "1", **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
            )

    def run_to_end(self) -> int:
        """Its exit code, 0 or 1; RuntimeError if it broke down."""
        code = self.start().wait()
        if code not in (0, 1):
            raise RuntimeError(f"ended with {code}: {(self.room / 'errors.txt').read_text()[-2000:]}")
        return code

    def run_until(self, stop: Callable[[], bool]) -> bool:
        """Run and kill -9 the driver as soon as `stop` says so; False if the run ended first."""
        return kill_when(self.start(), stop)

    def run_and_kill_workers(self, stops: list[Callable[[], bool]], chance: random.Random) -> int:
        """Run to the end; at each of `stops` one worker is killed. Gives how many were."""
        process = self.start()
        killed = 0
        while process.poll() is None:
            time.sleep(POLL_S)
            workers = list_descendants(process.pid)
            if killed < len(stops) and workers and stops[killed]():
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(workers), signal.SIGKILL)
                    killed += 1
        if process.returncode not in (0, 1):
            raise RuntimeError(
                f"ended with {process.returncode}: {(self.room / 'errors.txt').read_text()[-2000:]}"
            )
        return killed

    def count_reads(self) -> Counter[str]:
        """How often each page was read to its end, all runs together."""
        return Counter(self.log.read_text().splitlines() if self.log.exists() else ())

    def count_again(self) -> int:
        return sum(n - 1 for n in self.count_reads().values())


def check_end(trial: BatchTrial, store: ObjectStore, listing: list[SourceItem], kills: int) -> list[str]:
    """What is wrong at a job's end; nothing, hopefully."""
    wrong = check_batch(store, find_recipe(store), listing)
    most = kills * trial.workers * IN_FLIGHT
    if (again := trial.count_again()) > most:
        wrong.append(f"{again} pages were read again after {kills} kills, more than {most}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=120)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--victim", choices=("driver", "worker", "both"), default="both")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="docai-batch-") as name:
        room = Path(name)
        fill_folder(room / "in", options.items, list_documents(), options.seed)
        listing = list(FolderSource([room / "in"]).items())
        contents = len({Path(item.uri).read_bytes() for item in listing})

        def fresh(number: int) -> BatchTrial:
            return BatchTrial(
                str(room / "in"), str(room / f"out{number}"), room / f"t{number}", options.workers
            )

        quiet = fresh(0)
        started = time.monotonic()
        quiet.run_to_end()
        seconds = time.monotonic() - started
        wrong += check_end(quiet, FolderStore(Path(quiet.dest)), listing, 0)
        pages = len(quiet.count_reads())
        print(
            f"quiet run: {len(listing)} items, {contents} contents, {pages} pages, {seconds:.1f} s",
            flush=True,
        )
        victims = ("driver", "worker") if options.victim == "both" else (options.victim,)
        number = 0
        for victim in victims:
            done = 0
            while done < options.kills:
                number += 1
                trial, kills = fresh(number), 0
                if victim == "driver":
                    while done < options.kills:
                        end = time.monotonic() + chance.uniform(0.02, 0.5) * seconds
                        if not trial.run_until(lambda end=end: time.monotonic() >= end):  # type: ignore[misc]
                            break
                        done, kills = done + 1, kills + 1
                        print(f"driver killed ({done}): {trial.count_again()} pages read again", flush=True)
                    else:
                        trial.run_to_end()
                else:
                    ends = sorted(time.monotonic() + chance.uniform(0.1, 0.9) * seconds for _ in range(5))
                    stops = [lambda end=end: time.monotonic() >= end for end in ends]  # type: ignore[misc]
                    kills = trial.run_and_kill_workers(stops, chance)
                    done += kills
                    print(f"workers killed ({done}): {trial.count_again()} pages read again", flush=True)
                wrong += check_end(trial, FolderStore(Path(trial.dest)), listing, kills)
    print("\n".join(wrong) or "every item one outcome, at every end")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
