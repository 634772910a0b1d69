"""What the client does beside the model for a scanned page, in CPU seconds, by step and as a whole.

    python benchmarks/model_costs.py [--data ../shared/data]

Steps: render, tiles and PNG (`sheet`); request, HTTP and reply (`ask`); proof of the claims and record
(`ground`); and reading by OCR. Then `docai extract --no-index` over the same files: CPU of all its processes,
start-up included. The scripted server works in a process of its own and is not counted; it knows a page by
its pixels and says what the embedded engine claims of it.

The scans of 300 DPI are two-level, so gray and colour ones of 200 DPI are measured as well, and reckoned to
300 DPI by their pixels. Prints markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from model_server import MODEL, NOTHING_SEEN, ServerProcess, is_choice, is_look, start_job

from docai.extraction.extractive import ExtractiveEngine
from docai.extraction.vlm.engine import PageEngine, PageQuestion
from docai.extraction.vlm.sheets import PageSheet
from docai.extraction.vlm.sight import Eye
from docai.imaging.profiles import VisionProfile, find_profile
from docai.llm.chat import ChatRequest, ImagePart
from docai.llm.client import OpenAIClient
from docai.llm.scripted import Turn
from docai.llm.settings import ClientSettings
from docai.pipeline import DocumentWorker, ExtractTask, Opened, OpenTask, ReadTask, SheetTask
from docai.schema import Schema, load_schema, template
from docai.types import Claim, DocumentView, Page, PageAnswer
from docai.wiring import WorkerSpec

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SORTS = {
    "two-level, 300 DPI": ("kubient", "pharmagen", "transmontaigne"),
    "gray, 200 DPI": ("abilityinc", "xybernaut"),
    "colour, 200 DPI": ("blueflyinc", "uaghinc"),
}
STEPS = ("sheet", "ask", "ground", "read")
_AIM_DPI = 300.0


@dataclass(frozen=True, slots=True)
class KnownPages:
    """Replies by the hash of a page's first tile; nothing is seen in crops."""

    replies: dict[str, str]

    def __call__(self, request: ChatRequest, number: int) -> Turn:
        if is_look(request) or is_choice(request):
            return Turn(NOTHING_SEEN)
        first = next(p for m in request.messages for p in m.parts if isinstance(p, ImagePart))
        return Turn(self.replies[hash_tile(first.data)])


@dataclass(slots=True)
class Costs:
    """CPU seconds by step over `pages` pages; `whole_s` of the command over the same files."""

    pages: int = 0
    dpi: float = 0.0
    sent_kb: float = 0.0
    whole_s: float = 0.0
    seconds: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def measure(self, step: str) -> Iterator[None]:
        started_s = time.process_time()
        yield
        self.seconds[step] += time.process_time() - started_s


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as read, with each page's images and what the model is to say of it."""

    path: Path
    opened: Opened
    pages: tuple[Page, ...]
    sheets: tuple[PageSheet, ...]
    replies: tuple[str, ...]


def hash_tile(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_file(path: Path, worker: DocumentWorker, schema: Schema, costs: Costs) -> ReadFile:
    profile = find_profile(MODEL, 1120)
    opened: Any = worker(OpenTask(path, path.name))
    pages, sheets = [], []
    for bare in opened.pages:
        with costs.measure("read"):
            page: Any = worker(ReadTask(path, path.name, bare))
        with costs.measure("sheet"):
            sheet: Any = worker(SheetTask(path, path.name, page, profile))
        pages.append(page)
        sheets.append(sheet)
        costs.sent_kb += sum(len(part.data) for part in sheet.parts) * 4 / 3 / 1000
    costs.pages += len(pages)
    costs.dpi = pages[0].dpi_x
    claims = ExtractiveEngine().extract(DocumentView(opened.document, tuple(pages)), schema)
    replies = tuple(write_reply([c for c in claims if c.page == p.number], schema) for p in pages)
    return ReadFile(path, opened, tuple(pages), tuple(sheets), replies)


def write_reply(claims: list[Claim], schema: Schema) -> str:
    """Single fields' claims as a model would say them."""
    singles = {f.path for f in schema.fields if f.group is None}
    told = [
        {"field": template(c.path), "quote": c.quote, "value": c.value}
        for c in claims
        if c.quote and template(c.path) in singles
    ]
    return json.dumps({"claims": told}, default=str)


async def ask_pages(file: ReadFile, base_url: str, schema: Schema, costs: Costs) -> tuple[PageAnswer, ...]:
    answers = []
    async with OpenAIClient(ClientSettings(base_url)) as client:
        engine = PageEngine(client, Eye(MODEL))
        for page, sheet in zip(file.pages, file.sheets, strict=True):

            async def give(profile: VisionProfile, sheet: PageSheet = sheet) -> PageSheet:
                return sheet

            question = PageQuestion(replace(page, words=()), page.number, len(file.pages), schema)
            with costs.measure("ask"):
                answers.append(await engine.ask(question, give))
    return tuple(answers)


def measure_sort(files: list[Path], schema: Schema) -> Costs:
    costs = Costs()
    worker = WorkerSpec(schema=schema, languages=("eng",), engine="vlm")()
    read_file(files[-1], worker, schema, Costs())  # engines are loaded at the first page
    read = [read_file(path, worker, schema, costs) for path in files]
    replies = {
        hash_tile(sheet.parts[0].data): reply
        for file in read
        for sheet, reply in zip(file.sheets, file.replies, strict=True)
    }
    with ServerProcess(KnownPages(replies)) as server:
        for file in read:
            answers = asyncio.run(ask_pages(file, server.base_url, schema, costs))
            with costs.measure("ground"):
                worker(ExtractTask(file.opened.document, file.pages, answers))
        costs.whole_s = measure_command(files, server.base_url)
    return costs


def measure_command(files: list[Path], base_url: str) -> float:
    """CPU seconds of `docai extract` and all processes below it."""
    with tempfile.TemporaryDirectory(prefix="docai-costs-") as room:
        inbox, work = Path(room) / "inbox", Path(room) / "work"
        inbox.mkdir()
        for path in files:
            shutil.copy(path, inbox)
        job = start_job(inbox, work, base_url, "--no-index", "--schema", "contract", "-j", "1")
        _, status, used = os.wait4(job.pid, 0)
        job.returncode = os.waitstatus_to_exitcode(status)
        if job.returncode != 0:
            raise SystemExit((work / "errors.txt").read_text()[-2000:])
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    scans = sorted((parser.parse_args().data / "contracts" / "scans").glob("*.pdf"))
    schema = load_schema("contract")
    print("| scans | pages | sheet | ask | ground | beside the model | read | the whole command | sent |")
    print("|---|---|---|---|---|---|---|---|---|")
    for sort, names in SORTS.items():
        costs = measure_sort([path for path in scans if path.name.startswith(names)], schema)
        each = [costs.seconds[step] / costs.pages for step in STEPS]
        beside, whole = sum(each[:3]), costs.whole_s / costs.pages
        reckoned = (_AIM_DPI / costs.dpi) ** 2
        at_aim = (
            "" if reckoned < 1.01 else f" ({each[0] * reckoned + each[1] * reckoned + each[2]:.2f} at 300)"
        )
        steps = " | ".join(f"{seconds:.3f} s" for seconds in each[:3])
        print(
            f"| {sort} | {costs.pages} | {steps} | {beside:.2f} s{at_aim} | {each[3]:.2f} s | {whole:.2f} s "
            f"| {costs.sent_kb / costs.pages:.0f} kB |",
            flush=True,
        )


if __name__ == "__main__":
    main()
