"""What a station of a cluster is made of, wherever it stands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from docai.wiring.batch_stores import BatchSource, make_memory, make_spool, open_for_reading
from docai.wiring.job import Steps
from docai.wiring.keys import make_keys, reading_key

if TYPE_CHECKING:
    from docai.batch.ray.runner import RayRunner
    from docai.batch.ray.station import Station
    from docai.llm.client import OpenAIClient
    from docai.llm.settings import ClientSettings
    from docai.wiring.asking import Asking
    from docai.wiring.batch import BatchPlan

WORKERS = 1
"""Processes that read pages, of a station: it has one processor of the cluster."""


@dataclass(frozen=True, slots=True)
class StationSpec:
    """Picklable; calling it makes the station. `client`: the model's, held by one actor for all stations."""

    plan: BatchPlan
    recipe: str
    client: Any = None

    @contextmanager
    def __call__(self, build: Any) -> Iterator[Station]:
        from docai.batch.ray.station import Station, StationParts
        from docai.batch.store.layout import name_run
        from docai.wiring.batch import start_pool

        plan = replace(self.plan, workers=WORKERS)
        with ExitStack() as stack:
            asking = None
            if self.client is not None:
                asking = stack.enter_context(self._open_model())
                asking.try_out()
            memory = make_memory(open_for_reading(plan.dest, plan.endpoint_url), self.recipe, name_run())
            parts = StationParts(
                memory,
                BatchSource(plan.source, plan.endpoint_url, plan.document_bytes).fetch,
                stack.enter_context(make_spool()),
                Steps(),
                make_keys(plan.spec, asking.basis if asking else ()),
                partial(start_pool, plan),
                with_model=asking.make_pool if asking else lambda pool: pool,
                inquiries=asking,
            )
            yield stack.enter_context(Station(parts, build))

    def _open_model(self) -> Asking:
        from docai.wiring.asking import Asking

        assert self.plan.model is not None
        return Asking(
            self.plan.model,
            self.plan.spec,
            reading=reading_key(self.plan.spec),
            tell=lambda text: None,  # the job's own process tells what there is to be told
            make_client=self.client,
        )


@contextmanager
def open_cluster(address: str | None, workers: int | None) -> Iterator[tuple[Any, int]]:
    """Ray, connected, and how many stations there may be. Nothing of it reaches anybody else."""
    from docai.batch.ray.cluster import join_cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with join_cluster(address, workers) as ray:
        yield ray, workers or max(1, int(ray.cluster_resources().get("CPU", 1)))


def make_ray_runner(ray: Any, plan: BatchPlan, stations: int, **parts: Any) -> RayRunner:
    """`parts` as of `RayRunner`. Raises what the model's client raises when it starts."""
    from docai.batch.ray.runner import RayRunner

    client = None
    if plan.model is not None:
        from docai.batch.ray.client import hold_client

        client = hold_client(ray, partial(_make_client, plan.model.make_settings()))
    spec = StationSpec(plan, parts["memory"].recipe, client)
    return RayRunner(ray, open_station=spec, stations=stations, **parts)


def _make_client(settings: ClientSettings) -> OpenAIClient:
    """In an actor of its own: the job's own process tells what there is to be told."""
    from docai.llm.client import OpenAIClient

    return OpenAIClient(settings)
