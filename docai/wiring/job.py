"""A prepared extraction: the workspace, the workers, the model's client where there is one, and the run."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from docai.errors import ConfigError, DocaiError
from docai.wiring.keys import list_schemas, make_keys, reading_key
from docai.wiring.parts import WorkerSpec
from docai.wiring.records import uri_of

if TYPE_CHECKING:
    from docai.batch.events import Event
    from docai.batch.local import LocalJob
    from docai.pages.isolation import InlinePool, WorkerPool
    from docai.pipeline import ReadTask
    from docai.types import Document, Outcome, Page, PageAnswer, SourceItem
    from docai.wiring.asking import Asking, ModelSpec
    from docai.wiring.embedding import IndexOptions
    from docai.wiring.indexing import Indexing
    from docai.workspace import Workspace


_READY_RECORDS = 5_000
"""Up to so many, the tables for questions over records are brought up to date at the end of a run."""
_PUBLISH_WAIT_S = 60.0
"""For another process that writes to the index, at the end of a run."""


class Steps:
    """`docai.pipeline` as the job sees it."""

    def open(self, item: SourceItem, path: Path) -> Any:
        from docai.pipeline import OpenTask

        return OpenTask(path, item.uri)

    def read(self, item: SourceItem, path: Path, page: Page) -> ReadTask:
        from docai.pipeline import ReadTask

        return ReadTask(path, item.uri, page)

    def extract(
        self,
        document: Document,
        pages: tuple[Page, ...],
        answers: tuple[PageAnswer, ...],
        *,
        follow: bool = False,
    ) -> Any:
        from docai.pipeline import ExtractTask

        return ExtractTask(document, pages, answers, follow)

    def failed_page(self, page: Page, error: Any) -> Page:
        from docai.pipeline import failed_page

        return failed_page(page, error)


class Job:
    """A prepared extraction. Enter it to open the workspace; `run` starts the workers and yields outcomes."""

    stores: Workspace
    command = "extract"

    def __init__(
        self,
        paths: Sequence[Path],
        spec: WorkerSpec,
        *,
        model: ModelSpec | None = None,
        index: IndexOptions | None = None,
        workspace: Path,
        workers: int,
        force: bool,
        memory_bytes: int,
        timeout_s: float,
    ) -> None:
        self._paths = list(paths)
        self._spec = spec
        self._model = model
        self._index = index
        self._workspace = workspace
        self._workers = workers
        self._force = force
        self._memory_bytes = memory_bytes
        self._timeout_s = timeout_s
        self._chosen: Counter[str] = Counter()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Open the workspace (`stores`)."""
        from docai.workspace import open_workspace

        self.stores = self._stack.enter_context(open_workspace(self._workspace))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(self, on_event: Callable[[Event], None] = lambda event: None) -> Iterator[Outcome]:
        """Outcomes in the order of the listing. Leaving the job stops the workers."""
        from docai.batch.events import Event
        from docai.types import Record

        indexing = self._make_indexing() if self._index is not None else None
        try:
            items = self._list_items()
        except ConfigError:
            if indexing is not None:  # where no document is left, the index must not show those that were
                indexing.publish(_PUBLISH_WAIT_S)
            raise
        asking = None
        if self._model is not None:
            from docai.wiring.asking import Asking

            asking = self._stack.enter_context(
                Asking(
                    self._model,
                    self._spec,
                    reading=reading_key(self._spec),
                    tell=lambda text: on_event(Event("notice", "", text=text)),
                )
            )
        pool = self._start_pool()
        self.stores.start_run(self.command)
        self.stores.schemas.put(list_schemas(self._spec))
        job = self._make_job(asking.make_pool(pool) if asking else pool, asking, indexing, on_event)
        if asking is not None and job.has_work(items):
            asking.try_out()
        counts: Counter[str] = Counter()
        running = job.run(items)
        self._stack.callback(running.close)  # gives leases back while the workspace is still open
        for outcome in running:
            counts["records" if isinstance(outcome, Record) else "failures"] += 1
            if isinstance(outcome, Record) and self._spec.schema is None:
                self._chosen[outcome.schema_ref.id] += 1
            yield outcome
        if indexing is not None and indexing.publish(_PUBLISH_WAIT_S) is None:
            on_event(
                Event("notice", "", text="another process writes to the index: the next run completes it")
            )
        if counts["records"]:
            self._refresh_tables()
        self.stores.finish_run(counts)
        if job.index_error is not None:
            raise job.index_error

    def _refresh_tables(self) -> None:
        """The first question need not do it; of a great many records it would wait for something else. What
        keeps it from being done now does not keep whoever asks from doing it."""
        with suppress(DocaiError):
            if 0 < len(self.stores.outcomes.list_current()) <= _READY_RECORDS:
                self.stores.refresh_tables()

    def _start_pool(self) -> WorkerPool[Any, Any] | InlinePool[Any, Any]:
        from docai.pages.isolation import InlinePool, WorkerPool

        if not self._workers:
            return self._stack.enter_context(InlinePool(self._spec))
        return self._stack.enter_context(
            WorkerPool(self._spec, self._workers, self._memory_bytes, self._timeout_s)
        )

    def _make_job(
        self, pool: Any, asking: Asking | None, indexing: Indexing | None, on_event: Callable[[Event], None]
    ) -> LocalJob:
        from docai.batch.local import LocalJob

        return LocalJob(
            pool,
            self.stores,
            Steps(),
            make_keys(self._spec, asking.basis if asking else ()),
            inquiries=asking,
            indexing=indexing,
            force=self._force,
            on_event=on_event,
        )

    def _make_indexing(self) -> Indexing:
        """What brings documents into the index. Raises ConfigError `index-other-model`."""
        from docai.wiring.indexing import Indexing, settle_model

        assert self._index is not None
        embedding = self._index.resolve(self.stores)
        self._spec = replace(self._spec, embedding=embedding)
        return Indexing(self.stores, settle_model(self.stores, embedding), reading_key(self._spec))

    def _list_items(self) -> list[tuple[SourceItem, Path]]:
        """Items with the files that hold their bytes; what is no longer listed retires what it gave."""
        if [str(path) for path in self._paths] == ["-"]:
            return self._spool_stdin()
        from docai.sources.folder import FolderSource

        listed = [uri_of(self.stores.root, path) for path in self._paths]
        items: list[tuple[SourceItem, Path]] = []
        try:
            for item in FolderSource(self._paths).items():
                path = Path(item.uri)
                items.append((replace(item, uri=uri_of(self.stores.root, path)), path))
        except ConfigError as error:
            if error.code != "no-documents":
                raise
            self.stores.ledger.retire_missing(listed, set())
            raise
        self.stores.ledger.retire_missing(listed, {item.uri for item, _ in items})
        return items

    def _spool_stdin(self) -> list[tuple[SourceItem, Path]]:
        """Standard input as one item, its bytes in a file that ends with the job."""
        from docai.sources.stdin import StdinSource

        source = StdinSource(sys.stdin.buffer)
        spool = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="docai-"))) / "stdin"
        items = list(source.items())
        for item in items:
            spool.write_bytes(source.read(item))
        return [(item, spool) for item in items]

    def schema_note(self) -> str | None:
        """Which schemas docai chose by content, and how to override that."""
        if not self._chosen:
            return None
        chosen = ", ".join(f"{name} ({count})" for name, count in self._chosen.most_common())
        return f"schema chosen by content: {chosen}; --schema NAME overrides"
