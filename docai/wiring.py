"""The only module that names concrete classes; it imports them inside functions, so that each command
loads what it uses and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from docai.errors import ConfigError, DocumentError

if TYPE_CHECKING:
    from docai.batch.local import Event
    from docai.pipeline import ChooseSchema, DocumentWorker, ReadTask, SplitPages
    from docai.schema import Schema
    from docai.types import Document, Outcome, Page, PageImage, SourceItem
    from docai.workspace import Workspace

READER_VERSION = "1"
"""Goes up when a page would be read differently; pages of another version are read again."""


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """All that a worker process needs to make its parts. Picklable; calling it builds the worker."""

    schema: Schema | None
    languages: tuple[str, ...]
    password: str | None = field(default=None, repr=False)
    split: bool = False
    keep_unsupported: bool = False
    keep_seen: bool = False
    max_pixels: int = 180_000_000
    dpi: int | None = None

    def __call__(self) -> DocumentWorker:
        from docai.extraction.extractive import ExtractiveEngine
        from docai.extraction.prose.amended import find_amended
        from docai.pages.limits import PageLimits
        from docai.pages.renderer import DocumentRenderer
        from docai.pipeline import DocumentWorker, Policy
        from docai.reading.router import PageReader

        limits = PageLimits(max_scan_pixels=self.max_pixels)
        if self.dpi is not None:
            limits = replace(limits, min_dpi=float(self.dpi), max_dpi=float(self.dpi))
        return DocumentWorker(
            renderer=DocumentRenderer(self.password, limits),
            reader=PageReader(self.languages),
            model=ExtractiveEngine(),
            choose=make_chooser(self.schema),
            amended=find_amended,
            split=_make_splitter() if self.split else None,
            policy=Policy(self.keep_unsupported, self.keep_seen),
            languages=self.languages,
        )


def _make_splitter() -> SplitPages:
    from docai.pages.split import find_segments

    return find_segments


def make_chooser(schema: Schema | None) -> ChooseSchema:
    """The given schema for everything, or the shipped one that fits the content best."""
    if schema is not None:
        return lambda pages: (schema, False)
    from docai.extraction.choice import choose_schema
    from docai.schema import list_shipped, load_schema

    shipped = [load_schema(name) for name in list_shipped()]

    def choose(pages: Sequence[Page]) -> tuple[Schema, bool]:
        found = choose_schema(pages, shipped)
        if found is None:
            raise DocumentError(
                "no-schema",
                "no shipped schema fits what the document says",
                stage="extraction",
                hint="name one with --schema; docai schema list shows them",
            )
        return found[0], True

    return choose


@dataclass(frozen=True, slots=True)
class _Keys:
    """Names of work: reading depends on bytes and languages, outcomes also on schema and engine."""

    reading: str
    schema_hash: str
    engine: str
    split: bool

    def outcome(self, document_id: str) -> str:
        from docai.workspace import outcome_key

        return outcome_key(document_id, self.schema_hash, self.engine, split=self.split)

    def failure(self, item: SourceItem) -> str:
        from docai.workspace import failure_key

        return failure_key(item.uri, item.size, item.version)


class _Steps:
    """`docai.pipeline` as the job sees it."""

    def open(self, item: SourceItem, path: Path) -> Any:
        from docai.pipeline import OpenTask

        return OpenTask(path, item.uri)

    def read(self, item: SourceItem, path: Path, page: Page) -> ReadTask:
        from docai.pipeline import ReadTask

        return ReadTask(path, item.uri, page)

    def extract(self, document: Document, pages: tuple[Page, ...]) -> Any:
        from docai.pipeline import ExtractTask

        return ExtractTask(document, pages)

    def failed_page(self, page: Page, error: Any) -> Page:
        from docai.pipeline import failed_page

        return failed_page(page, error)


class Job:
    """A prepared extraction. Enter it to open the workspace; `run` starts the workers and yields outcomes."""

    stores: Workspace

    def __init__(
        self,
        paths: Sequence[Path],
        spec: WorkerSpec,
        *,
        workspace: Path,
        workers: int,
        force: bool,
        memory_bytes: int,
        timeout_s: float,
    ) -> None:
        self._paths = list(paths)
        self._spec = spec
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
        from docai.batch.local import LocalJob
        from docai.pages.isolation import InlinePool, WorkerPool
        from docai.types import Record

        items = self._list_items()
        pool = self._stack.enter_context(
            WorkerPool(self._spec, self._workers, self._memory_bytes, self._timeout_s)
            if self._workers
            else InlinePool(self._spec)
        )
        self.stores.start_run("extract")
        job = LocalJob(pool, self.stores, _Steps(), self._keys(), force=self._force, on_event=on_event)
        counts: Counter[str] = Counter()
        running = job.run(items)
        self._stack.callback(running.close)  # gives leases back while the workspace is still open
        for outcome in running:
            counts["records" if isinstance(outcome, Record) else "failures"] += 1
            if isinstance(outcome, Record) and self._spec.schema is None:
                self._chosen[outcome.schema_ref.id] += 1
            yield outcome
        self.stores.finish_run(counts)

    def _list_items(self) -> list[tuple[SourceItem, Path]]:
        """Items with the files that hold their bytes; what is no longer listed retires what it gave."""
        if [str(path) for path in self._paths] == ["-"]:
            return self._spool_stdin()
        from docai.sources.folder import FolderSource

        items: list[tuple[SourceItem, Path]] = []
        try:
            for item in FolderSource(self._paths).items():
                path = Path(item.uri)
                items.append((replace(item, uri=self._name(path)), path))
        except ConfigError as error:
            if error.code != "no-documents":
                raise
            self.stores.ledger.retire_missing(map(self._name, self._paths), set())
            raise
        self.stores.ledger.retire_missing(map(self._name, self._paths), {item.uri for item, _ in items})
        return items

    def _name(self, path: Path) -> str:
        """A file's uri: relative to the workspace where it lies below it, so that it is the same file
        from whichever folder docai is called; else its absolute path."""
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow symbolic links
        root = self.stores.root
        return str(absolute.relative_to(root) if absolute.is_relative_to(root) else absolute)

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

    def _keys(self) -> _Keys:
        from docai import __version__
        from docai.schema import list_shipped, load_schema

        schema = self._spec.schema
        hashes = [schema.hash] if schema else ["auto", *(load_schema(n).hash for n in list_shipped())]
        reading = f"{READER_VERSION} {'+'.join(self._spec.languages)}"
        policy = [self._spec.keep_unsupported, self._spec.keep_seen]
        return _Keys(
            reading=reading,
            schema_hash=hashlib.sha256(json.dumps(hashes).encode()).hexdigest(),
            engine=json.dumps(["extractive", __version__, reading, policy]),
            split=self._spec.split,
        )


def prepare_job(
    paths: Sequence[str | Path],
    *,
    schema: str | Path | type | dict[str, Any] | None = None,
    pipeline: str | None = None,
    engine: str | None = None,
    workspace: str | Path | None = None,
    languages: tuple[str, ...] | None = None,
    password: str | None = None,
    split: bool | None = None,
    force: bool = False,
    workers: int | None = None,
    keep_unsupported: bool | None = None,
) -> Job:
    """Check everything that can be checked before the first page: schema, pipeline, paths, languages.

    Raises `ConfigError` for what cannot be used as given.
    """
    from docai.config import Pipeline, Settings, load_pipeline, pipeline_for_folder
    from docai.schema import load_schema

    settings = Settings.from_environment(os.environ)
    named = pipeline or settings.pipeline
    recipe: Pipeline | None = load_pipeline(named) if named else None
    places = [Path(p) for p in paths] or [Path(p) for p in (recipe.sources if recipe else ())]
    if recipe is None and schema is None and len(places) == 1:
        recipe = pipeline_for_folder(places[0])
    recipe = recipe or Pipeline()
    _refuse_other_engines(engine or (recipe.engine.name if recipe.engine.name != "auto" else settings.engine))
    wanted = schema if schema is not None else recipe.schema_
    spec = WorkerSpec(
        schema=load_schema(wanted) if wanted is not None else None,
        languages=languages or settings.languages or recipe.reading.languages,
        password=password or recipe.pages.password,
        split=recipe.pages.split if split is None else split,
        keep_unsupported=recipe.output.keep_unsupported if keep_unsupported is None else keep_unsupported,
        keep_seen=recipe.output.keep_seen,
        max_pixels=recipe.limits.max_pixels,
        dpi=recipe.pages.dpi,
    )
    processes = next((n for n in (workers, settings.workers, recipe.limits.workers) if n is not None), None)
    return Job(
        places,
        spec,
        workspace=find_or_make_workspace(workspace or settings.workspace),
        workers=(os.cpu_count() or 1) if processes is None else processes,
        force=force,
        memory_bytes=recipe.limits.memory_mb << 20,
        timeout_s=recipe.limits.timeout_s,
    )


def _refuse_other_engines(engine: str | None) -> None:
    if engine not in (None, "auto", "extractive"):
        raise ConfigError(
            "engine-unavailable",
            f"this version of docai has no engine {engine!r}",
            hint="leave --engine out: the embedded extractive engine needs no server",
        )


def find_or_make_workspace(workspace: str | Path | None) -> Path:
    """The folder that holds (or will hold) `.docai`: the one named, the nearest upwards, or this one."""
    from docai.workspace import find_workspace

    if workspace is not None:
        return Path(workspace)
    return find_workspace(Path.cwd()) or Path.cwd()


def extract(
    paths: str | Path | Sequence[str | Path],
    *,
    schema: str | Path | type | dict[str, Any] | None = None,
    workspace: str | Path | None = None,
    workers: int | None = None,
    **options: Any,
) -> Iterator[Outcome]:
    """Records of files and folders, in the order of the listing; a file that fails gives a `Failure`.

    `schema`: a shipped name, a file, a pydantic model or a dict; None lets the content decide. `workers`:
    processes, 0 for none. `options` as of `docai extract`: languages, password, split, force, pipeline,
    engine, keep_unsupported. Raises `ConfigError` before the first page for what cannot be used as given.
    """
    places = [paths] if isinstance(paths, str | Path) else list(paths)
    job = prepare_job(places, schema=schema, workspace=workspace, workers=workers, **options)
    with job:
        yield from job.run()


def make_page_image(uri: str, number: int, *, password: str | None = None) -> PageImage:
    """The pixels of one page of a file, as docai reads them."""
    from docai.pages.renderer import DocumentRenderer

    renderer = DocumentRenderer(password=password)
    document = renderer.open(Path(uri), uri)
    return renderer.render(renderer.page(document, number))
