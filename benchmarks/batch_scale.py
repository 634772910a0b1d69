"""What a million documents cost the scheduler: no pixels, no model, no network; everything else is real.

usage: python benchmarks/batch_scale.py simulate [--items 1000000]     from the first document to the last
       python benchmarks/batch_scale.py resume [--items 1000000]       a job of which 99.9 % are done

`simulate` compares the CPU seconds of a document at the job's end with those at its beginning. `resume`
writes the ledger of a job that was killed near its end to a folder, then measures a process that goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from docai.batch.memory import BatchMemory
from docai.batch.runner import LocalRunner
from docai.batch.store.layout import name_run
from docai.batch.store.ledger import Entry, LedgerWriter
from docai.batch.store.volatile import MemoryStore
from docai.batch.tally import Tally
from docai.pages.isolation import InlinePool
from docai.pipeline import Extracted, ExtractTask, Opened, OpenTask, ReadTask, Task
from docai.protocols import ObjectStore
from docai.sources.folder_store import FolderStore
from docai.types import Document, DocumentRef, Page, Record, Run, SchemaRef, SourceItem, StoredObject
from docai.wiring.batch_stores import make_codec
from docai.wiring.job import Steps

RECIPE = "0123456789abcdef"
LEFT_EVERY = 1000


def list_items(count: int) -> Iterator[SourceItem]:
    """A listing in the order of its keys, made as it is read."""
    for i in range(count):
        yield SourceItem(
            f"s3://bucket/contracts/{i // 1000:05}/document-{i:09}.pdf", 100_000 + i, f"{i:032x}"
        )


def name_document(uri: str) -> str:
    return "sha256:" + hashlib.sha256(uri.encode()).hexdigest()


def do_task(task: Task) -> Any:
    """As a worker does it that needs no time: every document has one page."""
    match task:
        case OpenTask(uri=uri):
            name = name_document(uri)
            page = Page(name, 1, 595.0, 842.0, 200.0, 200.0, "native")
            return Opened(Document(name, uri, "application/pdf", 1), (page,))
        case ReadTask(page=page):
            return replace(page, reader="scripted")
        case ExtractTask(document):
            ref = DocumentRef(id=document.id, uri=document.uri, page_count=1)
            schema = SchemaRef(id="s", hash="sha256:0")
            run = Run(docai="0", engine="scripted")
            record = Record(document=ref, schema_ref=schema, complete=True, values={}, fields=(), run=run)
            return Extracted((record,), (False,))
    raise ValueError(f"not a task of this job: {task}")


class Keys:
    reading = "r1"

    def outcome(self, document_id: str) -> str:
        return document_id

    def failure(self, item: SourceItem) -> str:
        return item.uri


class Forgetful(MemoryStore):
    """Says that it keeps, and keeps nothing, so that only the job's own memory is measured."""

    def create(self, key: str, data: bytes) -> bool:
        return True

    def put(self, key: str, data: bytes) -> None:
        pass

    def get(self, key: str) -> bytes | None:
        return None

    def list(self, prefix: str) -> Iterator[StoredObject]:
        return iter(())

    def delete(self, keys: Sequence[str]) -> None:
        pass


def run_job(store: ObjectStore, items: Iterator[SourceItem], every: int) -> tuple[Tally, list[float]]:
    """To its end. Gives CPU seconds for each `every` documents."""
    tally = Tally()
    memory = BatchMemory(store, RECIPE, name_run(), make_codec(), process={}, is_gone=lambda process: True)
    memory.begin()
    memory.refresh()
    spans: list[float] = []
    with tempfile.TemporaryDirectory() as spool:
        runner = LocalRunner(
            memory,
            lambda item, path: name_document(item.uri),
            Path(spool),
            Steps(),
            Keys(),
            tally,
            InlinePool,
            threads=4,
        )
        mark = time.process_time()
        for number, _ in enumerate(runner.run(lambda: do_task, items), 1):
            if not number % every:
                now = time.process_time()
                spans.append(now - mark)
                mark = now
                if not number % (50 * every):
                    print(f"{number} documents, {spans[-1] / every * 1e3:.3f} ms each", flush=True)
    memory.end(tidy=True)
    return tally, spans


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def simulate(count: int) -> None:
    every = max(1, count // 1000)
    started = time.process_time()
    tally, spans = run_job(Forgetful(), list_items(count), every)
    part = len(spans) // 10
    tenths = [spans[start : start + part] for start in range(0, 10 * part, part)]
    assert tally.is_whole
    print(f"{count} documents: {time.process_time() - started:.0f} CPU-s, peak {peak_mb():.0f} MB")
    # Other processes disturb a span now and then and never speed it up: the quartile tells of the job itself.
    for name, choose in (("mean", statistics.mean), ("lower quartile", _lower_quartile)):
        costs = [choose(spans) / every * 1e3 for spans in tenths]
        told = " ".join(f"{cost:.3f}" for cost in costs)
        print(f"{name} of each tenth, ms a document: {told}; last to first {costs[-1] / costs[0]:.3f}")


def _lower_quartile(spans: Sequence[float]) -> float:
    return statistics.quantiles(spans, n=4)[0]


def write_ledger(store: ObjectStore, count: int) -> None:
    """As a killed run left it: every item but one in `LEFT_EVERY` has its line."""
    writer = LedgerWriter(store, RECIPE, "20260101T000000Z-00000000")
    for i, item in enumerate(list_items(count)):
        if i % LEFT_EVERY:
            name = name_document(item.uri)
            outcome = f"outcomes/{name.removeprefix('sha256:')}.json"
            writer.add(Entry(item.uri, item.size, item.version, name, outcome, "record", pages=3))
            if writer.is_due():
                writer.flush()
    writer.flush()


def resume(count: int) -> None:
    with tempfile.TemporaryDirectory() as room:
        write_ledger(FolderStore(Path(room)), count)
        subprocess.run([sys.executable, __file__, "go-on", "--items", str(count), "--at", room], check=True)


def go_on(count: int, at: str) -> None:
    before = peak_mb()
    tally, _ = run_job(FolderStore(Path(at)), list_items(count), count)
    print(
        json.dumps(
            {
                "listed": tally.listed,
                "unchanged": tally.unchanged.total(),
                "done_now": tally.ended.total(),
                "cpu_s": round(time.process_time(), 1),
                "peak_mb": round(peak_mb()),
                "peak_mb_before": round(before),
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("simulate", "resume", "go-on"))
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--at", default="")
    options = parser.parse_args()
    if options.what == "simulate":
        simulate(options.items)
    elif options.what == "resume":
        resume(options.items)
    else:
        go_on(options.items, options.at)


if __name__ == "__main__":
    main()
