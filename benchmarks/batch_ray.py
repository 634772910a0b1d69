"""`docai batch --runner ray` on a Ray of this machine: is it exact, also when killed, and what does it cost?

usage: python benchmarks/batch_ray.py [--items 300] [--kills 20] [--few 40 --many 240] [--only PART]

exact: the same items by `local` and by `ray`; each listing against its ledger and outcomes. kills: a station,
the driver, or the node (its raylet) is killed -9 at random instants, then the job runs to its end. overhead:
one-page documents with a text layer and a scripted model that answers at once; processor time of all
processes but those that read pages, of two jobs whose difference is free of what starting costs. faults: a
model server that breaks replies and leaves requests without any.
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
from contextlib import suppress
from pathlib import Path

from batch_check import check_folders
from batch_corpus import fill_folder, list_documents
from kill import list_descendants
from model_server import Manner, PageScript, ServerProcess, make_inbox

POLL_S = 0.1
TICKS = os.sysconf("SC_CLK_TCK")
VICTIMS = {"station": "ray::StationActor", "node": "raylet"}


def start(source: Path, dest: Path, runner: str, **environment: str) -> subprocess.Popen[bytes]:
    dest.parent.mkdir(parents=True, exist_ok=True)
    words = ("batch", source, dest, "--schema", "contract", "--runner", runner, "--workers", "2")
    with dest.with_suffix(".txt").open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "docai.cli.main", *map(str, words)],
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )


def read_name(pid: int) -> str:
    try:
        first = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
    except OSError:
        return ""
    return first if first.startswith("ray::") else Path(first).name


def kill_one(process: subprocess.Popen[bytes], victim: str, chance: random.Random) -> bool:
    """Kill -9 one process of that kind; False where there is none yet."""
    if victim == "driver":
        process.kill()
        return True
    found = [pid for pid in list_descendants(process.pid) if read_name(pid).startswith(VICTIMS[victim])]
    if not found:
        return False
    with suppress(ProcessLookupError):
        os.kill(chance.choice(found), signal.SIGKILL)
    return True


def run_exact(room: Path, items: int) -> list[str]:
    source = room / "in"
    fill_folder(source, items, list_documents())
    wrong = []
    for runner in ("local", "ray"):
        started = time.monotonic()
        code = start(source, room / runner, runner).wait()
        found = check_folders(source, room / runner) if code in (0, 1) else [f"{runner}: ended with {code}"]
        print(f"{runner}: {items} items, {time.monotonic() - started:.0f} s, {len(found)} wrong", flush=True)
        wrong += found
    return wrong


def run_kills(room: Path, kills: int, chance: random.Random) -> list[str]:
    source = room / "in"
    fill_folder(source, 24, list_documents(receipts=0))
    wrong: list[str] = []
    for victim in ("station", "driver", "node"):
        done, number = 0, 0
        while done < kills:
            number += 1
            dest = room / f"{victim}{number}"
            process = start(source, dest, "ray")
            wait_for_outcomes(dest, process, chance.randint(0, 12))
            done += process.poll() is None and kill_one(process, victim, chance)
            code = process.wait()
            if code not in (0, 1) or victim == "driver":
                code = start(source, dest, "ray").wait()
            wrong += check_folders(source, dest) if code in (0, 1) else [f"{victim}: ended with {code}"]
            print(f"{victim} killed ({done}), wrong so far: {len(wrong)}", flush=True)
    return wrong


def wait_for_outcomes(dest: Path, process: subprocess.Popen[bytes], count: int) -> None:
    while process.poll() is None and len(list(dest.glob("outcomes/*.json"))) < max(1, count):
        time.sleep(POLL_S)


def measure(process: subprocess.Popen[bytes]) -> Counter[str]:
    """Processor seconds by kind of process, as they were last seen before each ended."""
    seen: dict[int, tuple[str, float]] = {}
    while process.poll() is None:
        for pid in (process.pid, *list_descendants(process.pid)):
            with suppress(OSError, IndexError, ValueError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                seconds = (int(fields[11]) + int(fields[12])) / TICKS
                # It has its actor's name while it is one: what it was called before it ended counts.
                kind = name_kind(process.pid, pid) or seen.get(pid, ("ray itself", 0.0))[0]
                seen[pid] = (kind, seconds)
        time.sleep(POLL_S)
    costs: Counter[str] = Counter()
    for kind, seconds in seen.values():
        costs[kind] += seconds
    return costs


def name_kind(driver: int, pid: int) -> str:
    name = read_name(pid)
    if pid == driver:
        return "driver"
    if name.startswith("ray::"):
        return name.removeprefix("ray::").partition(".")[0]
    if not name:
        return ""
    words = Path(f"/proc/{pid}/cmdline").read_bytes()
    return "readers" if b"sys.path[:]" in words or b"spawn_main" in words else "ray itself"


def run_overhead(room: Path, few: int, many: int) -> list[str]:
    counts = {("contract", number): 1 for number in range(many)}
    costs = {}
    with ServerProcess(PageScript(counts, Manner())) as server:
        for count in (few, many):
            make_inbox(room / f"in{count}", {("contract", number): 1 for number in range(count)})
            process = start(room / f"in{count}", room / f"out{count}", "ray", DOCAI_BASE_URL=server.base_url)
            costs[count] = measure(process)
            if process.returncode != 0:
                return [f"{count} documents: ended with {process.returncode}"]
    for kind in sorted(costs[many]):
        cost = (costs[many][kind] - costs[few][kind]) / (many - few)
        print(f"{kind}: {cost * 1e3:.1f} ms CPU a document; to start {costs[few][kind]:.1f} s or less")
    return []


def run_faults(room: Path) -> list[str]:
    """A model server of whose replies 5 % are broken; to 2 % of the requests nothing comes at all."""
    counts = {("contract", number): 1 + number % 3 for number in range(60)}
    make_inbox(room / "in", counts)
    recipe = room / "patient.yaml"
    recipe.write_text("schema: contract\nengine: {timeout_s: 5}\n")
    wrong = []
    for runner in ("local", "ray"):
        with ServerProcess(PageScript(counts, Manner(hurt=True, seed=3))) as server:
            settings = {"DOCAI_BASE_URL": server.base_url, "DOCAI_PIPELINE": str(recipe)}
            code = start(room / "in", room / runner, runner, **settings).wait()
        found = (
            check_folders(room / "in", room / runner) if code in (0, 1) else [f"{runner}: ended with {code}"]
        )
        print(f"{runner}, a model server with faults: ended with {code}, {len(found)} wrong", flush=True)
        wrong += found
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--few", type=int, default=40)
    parser.add_argument("--many", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("exact", "kills", "overhead", "faults"))
    options = parser.parse_args()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="docai-ray-") as name:
        if options.only in (None, "overhead"):
            wrong += run_overhead(Path(name) / "overhead", options.few, options.many)
        if options.only in (None, "faults"):
            wrong += run_faults(Path(name) / "faults")
        if options.only in (None, "exact"):
            wrong += run_exact(Path(name) / "exact", options.items)
        if options.only in (None, "kills"):
            wrong += run_kills(Path(name) / "kills", options.kills, random.Random(options.seed))
    print("\n".join(wrong) or "every item one outcome, at every end")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
