"""From `docai batch`'s options to a job over a source and a destination."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from docai.batch.pace import Pace, Price
from docai.errors import ConfigError
from docai.wiring.batch_stores import BatchSource, make_memory, make_spool, open_destination
from docai.wiring.job import Steps
from docai.wiring.keys import list_schemas, make_keys, reading_key

if TYPE_CHECKING:
    from docai.batch.events import Event
    from docai.batch.memory import BatchMemory
    from docai.batch.publishing import Publisher
    from docai.batch.seams import Keys
    from docai.batch.tally import Tally
    from docai.protocols import JobRunner
    from docai.types import Outcome, SourceItem
    from docai.wiring.asking import Asking, ModelSpec
    from docai.wiring.batch_index import IndexTarget
    from docai.wiring.parts import WorkerSpec


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """Everything that decides a batch, checked. `recipe`: the one that it must come to, where a job is gone
    on with. `options`: the command's own, for `docai batch retry`."""

    source: str
    dest: str
    spec: WorkerSpec
    model: ModelSpec | None
    workers: int
    memory_bytes: int
    timeout_s: float
    runner: str = "local"
    address: str | None = None
    stations: int | None = None
    endpoint_url: str | None = None
    recipe: str | None = None
    document_bytes: int = 1 << 30
    price: Price = field(default_factory=Price)
    index: IndexTarget | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetryChoice:
    """Which documents get another attempt: failures with these codes (all, if none is named), and records
    with gaps."""

    codes: tuple[str, ...] = ()
    incomplete: bool = False


class Batch:
    """A prepared batch. Enter it to reach source, destination and model; `run` yields outcomes."""

    def __init__(self, plan: BatchPlan, retry: RetryChoice | None = None) -> None:
        from docai.batch.store.layout import name_run
        from docai.batch.tally import Tally

        self.plan = plan
        self.run_name = name_run()
        self.tally: Tally = Tally()
        self._retry = retry
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Raises `ConfigError` or `ServiceError` for what cannot be reached, read or written."""
        self._source = BatchSource(self.plan.source, self.plan.endpoint_url, self.plan.document_bytes)
        self._dest = open_destination(self.plan.dest, self.plan.endpoint_url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(self, on_event: Callable[[Event], None] = lambda event: None) -> Iterator[Outcome]:
        """Outcomes as they are kept, in no order; of items that had theirs before, none."""
        from docai.batch.events import Event

        asking = None
        if self.plan.model is not None:
            from docai.wiring.asking import Asking

            asking = self._stack.enter_context(
                Asking(
                    self.plan.model,
                    self.plan.spec,
                    reading=reading_key(self.plan.spec),
                    tell=lambda text: on_event(Event("notice", "", text=text)),
                )
            )
        self.tally.pace = Pace(self.plan.price, (lambda: asking.load) if asking else None)
        publisher = self._open_publisher()
        keys = make_keys(
            self.plan.spec,
            (*(asking.basis if asking else ()), *(self.plan.index.basis if self.plan.index else ())),
        )
        memory = self._open_memory(keys)
        ended_well = False
        memory.begin()
        try:
            items, attempts = self._list_items(memory)
            runner = self._make_runner(memory, keys, asking, publisher, attempts, on_event)
            running = runner.run(self.plan.spec, items)
            self._stack.callback(getattr(running, "close", lambda: None))
            yield from running
            ended_well = self.tally.listed_all and not self.tally.postponed and self._retry is None
        finally:
            self.tally.measure()
            memory.end(tidy=ended_well)

    def _open_publisher(self) -> Publisher | None:
        if self.plan.index is None:
            return None
        from docai.wiring.batch_index import open_publisher

        return self._stack.enter_context(open_publisher(self.plan.index))

    def _open_memory(self, keys: Keys) -> BatchMemory:
        from docai.batch.store.layout import name_recipe

        recipe = name_recipe(keys.outcome(""), keys.reading)
        if self.plan.recipe not in (None, recipe):
            raise ConfigError(
                "batch-other-recipe",
                f"this docai, schema or pipeline is not the one that made {self.plan.recipe}",
                stage="batch",
                hint="docai batch SOURCE DEST makes outcomes with the present one",
            )
        note_job(self._dest, recipe, self.plan)
        return make_memory(self._dest, recipe, self.run_name, lambda: self.tally.told)

    def _list_items(self, memory: BatchMemory) -> tuple[Iterable[SourceItem], Callable[[SourceItem], int]]:
        """What is to be looked at, and at which attempt each item is."""
        if self._retry is None:
            memory.refresh()
            return self._source.items(outside=self.plan.dest), lambda item: 0
        from docai.batch.retrying import choose_entries

        attempts = choose_entries(memory, codes=self._retry.codes, incomplete=self._retry.incomplete)
        return sorted(attempts, key=lambda item: item.uri), lambda item: attempts.get(item, 0)

    def _make_runner(
        self,
        memory: BatchMemory,
        keys: Keys,
        asking: Asking | None,
        publisher: Publisher | None,
        attempt_of: Callable[[SourceItem], int],
        on_event: Callable[[Event], None],
    ) -> JobRunner:
        if self.plan.runner == "ray":
            from docai.wiring.batch_stations import make_ray_runner, open_cluster

            ray, stations = self._stack.enter_context(open_cluster(self.plan.address, self.plan.stations))
            return make_ray_runner(
                ray,
                self.plan,
                stations,
                memory=memory,
                tally=self.tally,
                attempt_of=attempt_of,
                on_work=asking.try_out if asking else lambda: None,
                on_event=on_event,
            )
        from docai.batch.job import BatchJob
        from docai.batch.publishing import PublishingJob
        from docai.batch.runner import LocalRunner

        return LocalRunner(
            memory,
            self._source.fetch,
            self._stack.enter_context(make_spool()),
            Steps(),
            keys,
            self.tally,
            partial(start_pool, self.plan),
            with_model=asking.make_pool if asking else lambda pool: pool,
            inquiries=asking,
            attempt_of=attempt_of,
            on_work=asking.try_out if asking else lambda: None,
            on_event=on_event,
            make_job=partial(PublishingJob, publisher) if publisher else BatchJob,
        )


def start_pool(plan: BatchPlan, build: Any) -> Any:
    from docai.pages.isolation import InlinePool, WorkerPool

    if not plan.workers:
        return InlinePool(build)
    return WorkerPool(build, plan.workers, plan.memory_bytes, plan.timeout_s)


def note_job(dest: Any, recipe: str, plan: BatchPlan) -> None:
    """What was asked for, written once: for `docai batch retry` and `collect`, and so that a destination that
    cannot be written is found before any work is done."""
    import json
    from datetime import UTC, datetime

    from docai import __version__
    from docai.batch.store.layout import job_key

    schema = plan.spec.schema
    content = {
        "format": 1,
        "recipe": recipe,
        "docai": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "source": plan.source,
        "engine": plan.spec.engine,
        "schema": schema.id if schema else None,
        "schemas": [
            {"id": s.id, "hash": s.hash, "definition": s.definition} for s in list_schemas(plan.spec)
        ],
        "options": dict(plan.options),
    }
    dest.create(job_key(recipe), json.dumps(content, indent=1).encode())


def prepare_batch(
    source: str,
    dest: str,
    *,
    runner: str = "local",
    address: str | None = None,
    endpoint_url: str | None = None,
    workers: int | None = None,
    recipe: str | None = None,
    index: str | None = None,
    collection: str | None = None,
    embedding: str | None = None,
    **options: Any,
) -> BatchPlan:
    """Check what can be checked before anything is reached. `workers`: processes of this machine, or with the
    runner `ray` processors of the cluster at `address`. `recipe`: refuse any other. `index`: of a Qdrant
    server that passages go to (else the pipeline's), `collection` there, `embedding`: the model of their
    vectors. `options` as of `choose_parts`. Raises `ConfigError`."""
    from docai.wiring.batch_index import choose_target
    from docai.wiring.prepare import choose_parts

    chosen = choose_parts([source], **options)
    target = choose_target(index, collection, embedding, chosen, runner)
    options |= {"index": index, "collection": collection, "embedding": embedding}
    told = {name: _tell(value) for name, value in options.items() if value is not None}
    told.pop("password", None)
    return BatchPlan(
        source if "://" in source else str(Path(source).absolute()),
        dest,
        replace(chosen.spec, embedding=target.embedding) if target else chosen.spec,
        chosen.model,
        workers=chosen.count_workers(workers),
        memory_bytes=chosen.recipe.limits.memory_mb << 20,
        timeout_s=chosen.recipe.limits.timeout_s,
        runner=runner,
        address=address,
        stations=workers or None,
        endpoint_url=endpoint_url,
        recipe=recipe,
        document_bytes=chosen.recipe.limits.document_mb << 20,
        # Prices are of a model: the embedded engine costs nothing but time.
        index=target,
        price=Price(**chosen.recipe.price.model_dump()) if chosen.model else Price(),
        options=told,
    )


def _tell(value: Any) -> Any:
    """An option as JSON, and so that it means the same from another folder."""
    path = Path(value) if isinstance(value, str | Path) else None
    return str(path.absolute()) if path is not None and path.is_file() else value
