"""What a batch costs beside the work of its workers, a document, with a model that answers at once.

usage: python benchmarks/batch_overhead.py [--few 40] [--many 240]

One-page documents with a text layer go from a folder into a folder, asked about at a scripted server in a
process of its own. The driver does everything but open, read, draw and extract: it lists, fetches, hashes,
asks the model (a page's pixels over HTTP), keeps outcomes and ledger. Two jobs, few and many documents: their
difference is free of what starting costs. `client` is the part of the driver that asks: images over HTTP,
replies read and checked.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from batch_kill import BatchTrial
from model_server import Manner, PageScript, ServerProcess, make_inbox


def run_trial(room: Path, count: int, base_url: str) -> dict[str, float]:
    make_inbox(room / "in", {("contract", number): 1 for number in range(count)})
    options = ("--schema", "contract", "--base-url", base_url)
    trial = BatchTrial(str(room / "in"), str(room / "out"), room / "trial", options=options)
    trial.run_to_end()
    told: dict[str, float] = json.loads((room / "trial" / "out.txt").read_text().splitlines()[-1])
    assert told["records"] + told["incomplete"] == count
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--few", type=int, default=40)
    parser.add_argument("--many", type=int, default=240)
    options = parser.parse_args()
    counts = {("contract", number): 1 for number in range(options.many)}
    with (
        tempfile.TemporaryDirectory(prefix="docai-batch-") as name,
        ServerProcess(PageScript(counts, Manner())) as server,
    ):
        few = run_trial(Path(name) / "few", options.few, server.base_url)
        many = run_trial(Path(name) / "many", options.many, server.base_url)
    more = options.many - options.few
    for part in ("driver", "client", "workers"):
        cost = (many[f"{part}_cpu_s"] - few[f"{part}_cpu_s"]) / more
        print(f"{part}: {cost * 1e3:.1f} ms CPU a document; to start {few[f'{part}_cpu_s']:.1f} s or less")
    print(f"peak of the driver {many['driver_peak_mb']:.0f} MB")


if __name__ == "__main__":
    main()
