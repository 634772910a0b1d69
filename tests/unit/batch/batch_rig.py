"""A batch over scripted documents: real scheduler, real memory, no pixels."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scripted_documents import ScriptedKeys, make_page, record_pages

from docai.batch.events import Event
from docai.batch.job import BatchJob
from docai.batch.memory import BatchMemory
from docai.batch.retrying import choose_entries
from docai.batch.runner import LocalRunner
from docai.batch.store.layout import name_run
from docai.batch.store.volatile import MemoryStore
from docai.batch.tally import Tally
from docai.errors import DocaiError, DocumentError
from docai.pages.isolation import InlinePool
from docai.pipeline import Extracted, ExtractTask, Opened, OpenTask, ReadTask
from docai.protocols import ObjectStore
from docai.types import Document, Outcome, Page, SourceItem
from docai.wiring.batch_stores import make_codec
from docai.wiring.job import Steps

RECIPE = "0123456789abcdef"


def write_document(pages: int = 1, *, mark: str = "", fails: str = "", lost: Iterable[int] = ()) -> bytes:
    """The bytes of a scripted document. `fails`: the code with which it cannot be opened; `lost`: pages that
    cannot be read."""
    return json.dumps({"pages": pages, "mark": mark, "fails": fails, "lost": list(lost)}).encode()


@dataclass
class ScriptedWorker:
    """What workers do with scripted documents, and how often. `deaths`: of a worker, by kind and page, that
    are still to come."""

    done: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    deaths: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __call__(self, task: Any) -> Any:
        match task:
            case OpenTask(path, uri):
                return self._open(path, uri)
            case ReadTask(path, uri, page):
                return self._read(path, uri, page)
            case ExtractTask(document, pages):
                self._do("extract", document.id, 0)
                return Extracted((record_pages(document, pages),), (False,))
            case (kind, *rest):
                return getattr(self, kind)(*rest)

    def _open(self, path: Path, uri: str) -> Opened:
        data = path.read_bytes()
        self._do("open", uri, 0)
        script = json.loads(data)
        if script["fails"]:
            raise DocumentError(script["fails"], "cannot be opened", document=uri, stage="pages")
        name = "sha256:" + hashlib.sha256(data).hexdigest()
        count = script["pages"]
        pages = tuple(make_page(name, n) for n in range(1, count + 1))
        return Opened(Document(name, uri, "application/pdf", count), pages)

    def _read(self, path: Path, uri: str, page: Page) -> Page:
        self._do("read", page.document_id, page.number)
        if page.number in json.loads(path.read_bytes())["lost"]:
            raise DocumentError("damaged", "cannot be read", document=uri, page=page.number, stage="pages")
        return replace(page, reader="scripted")

    def _do(self, kind: str, name: str, number: int) -> None:
        self.done[kind, name, number] += 1
        if self.deaths[kind, number] > 0:
            self.deaths[kind, number] -= 1
            raise DocumentError("crashed", "the worker ended", document=name, stage="pages")

    @property
    def pages_read(self) -> int:
        return sum(n for (kind, _, _), n in self.done.items() if kind == "read")


@dataclass
class ScriptedSource:
    """Keys with bytes. `broken`: keys that fail with an error as often as it says; None for always."""

    objects: dict[str, bytes]
    broken: dict[str, tuple[DocaiError, int | None]] = field(default_factory=dict)
    fetched: int = 0

    def items(self) -> Iterator[SourceItem]:
        for key in sorted(self.objects):
            data = self.objects[key]
            yield SourceItem(key, len(data), hashlib.md5(data).hexdigest())

    def fetch(self, item: SourceItem, path: Path) -> str:
        self.fetched += 1
        if item.uri in self.broken:
            error, times = self.broken[item.uri]
            if times != 0:
                self.broken[item.uri] = (error, None if times is None else times - 1)
                raise error
        data = self.objects[item.uri]
        path.write_bytes(data)
        return "sha256:" + hashlib.sha256(data).hexdigest()


@dataclass
class BatchRig:
    """One job over a source into a store, as often as it is run. `tally`: of the last run."""

    source: ScriptedSource
    spool: Path
    store: ObjectStore = field(default_factory=MemoryStore)
    worker: ScriptedWorker = field(default_factory=ScriptedWorker)
    recipe: str = RECIPE
    keys: ScriptedKeys = field(default_factory=ScriptedKeys)
    tally: Tally = field(default_factory=Tally)
    events: list[Event] = field(default_factory=list)
    gone: bool = True
    make_job: Callable[..., BatchJob] = BatchJob

    def open_memory(self) -> BatchMemory:
        memory = BatchMemory(
            self.store, self.recipe, name_run(), make_codec(), process={}, is_gone=lambda process: self.gone
        )
        memory.begin()
        return memory

    def start(self, memory: BatchMemory, *, retry: bool = False, **choice: Any) -> Iterator[Outcome]:
        """The run's outcomes as they are kept; closing it is its sudden end."""
        self.tally, self.events = Tally(), []
        attempts: dict[SourceItem, int] = {}
        if retry:
            attempts = choose_entries(memory, **choice)
        else:
            memory.refresh()
        runner = LocalRunner(
            memory,
            self.source.fetch,
            self.spool,
            Steps(),
            self.keys,
            self.tally,
            InlinePool,
            attempt_of=lambda item: attempts.get(item, 0),
            on_event=self.events.append,
            threads=4,
            make_job=self.make_job,
        )
        items = sorted(attempts, key=lambda item: item.uri) if retry else self.source.items()
        return runner.run(lambda: self.worker, items)

    def run(self, *, retry: bool = False, **choice: Any) -> list[Outcome]:
        memory = self.open_memory()
        try:
            outcomes = list(self.start(memory, retry=retry, **choice))
        except BaseException:
            self.leave(memory)
            raise
        memory.end(tidy=not self.tally.postponed)
        return outcomes

    def leave(self, memory: BatchMemory) -> None:
        """The sudden end of a run: it beats no more and tidies nothing."""
        memory.beats.fall_silent()

    def keys_below(self, prefix: str) -> list[str]:
        return [found.key for found in self.store.list(prefix)]
