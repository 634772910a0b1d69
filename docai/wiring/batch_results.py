"""`docai batch collect`: from a job's outcomes to data sets."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docai.errors import ServiceError
from docai.wiring.batch_jobs import find_job
from docai.wiring.batch_stores import BatchSource, open_destination, open_for_reading

if TYPE_CHECKING:
    from docai.batch.results import Formats
    from docai.protocols import ObjectStore
    from docai.schema import Schema
    from docai.types import Outcome, SourceItem

_READERS = 8
_AHEAD = 64


def collect_batch(
    dest: str,
    *,
    to: str | None = None,
    formats: Formats = (),
    recipe: str | None = None,
    endpoint_url: str | None = None,
    listed_only: bool = True,
) -> dict[str, Any]:
    """Write what a job gave so far, as data sets below `to` (default: `results/TIME/` at the destination).

    Gives the manifest, with `at`: where it is. `listed_only`: documents that SOURCE lists now, those still to
    be done counted; False takes all that the ledger knows, without a look at SOURCE.
    """
    from docai.batch.results import ResultWriter
    from docai.batch.results.newest import NewestEntries
    from docai.batch.store.ledger import LedgerReader
    from docai.workspace.export import outcome_line

    store = open_for_reading(dest, endpoint_url)
    job = find_job(store, recipe)
    collected = datetime.now(UTC)
    prefix = "" if to else f"results/{collected.strftime('%Y%m%dT%H%M%SZ')}"
    target = open_destination(to or dest, endpoint_url)
    schemas = _load_schemas(job)
    writer = ResultWriter(target, prefix, schemas, outcome_line, formats or _formats_of(job))
    with tempfile.TemporaryDirectory(prefix="docai-") as room:
        newest = NewestEntries(Path(room) / "newest", LedgerReader(store, job["recipe"]).entries())
        try:
            if listed_only:
                found = newest.find(BatchSource(job["source"], endpoint_url).items(outside=dest))
            else:
                found = newest.all()
            for item, outcomes in _read_outcomes(store, found):
                writer.add(item, outcomes)
        finally:
            newest.close()
    told = {name: job[name] for name in ("recipe", "source", "schema", "engine", "docai", "created")}
    manifest = writer.finish({**told, "collected": collected.isoformat(timespec="seconds")})
    return {**manifest, "at": "/".join(filter(None, (target.url.rstrip("/"), prefix)))}


def _load_schemas(job: Mapping[str, Any]) -> dict[str, Schema]:
    """The schemas that the job's records may have, by hash."""
    from dataclasses import replace

    from docai.schema import load_schema

    return {
        stored["hash"]: replace(load_schema(stored["definition"]), id=stored["id"], hash=stored["hash"])
        for stored in job["schemas"]
    }


def _formats_of(job: Mapping[str, Any]) -> Formats:
    from docai.config import Pipeline, load_pipeline

    named = job["options"].get("pipeline")
    return (load_pipeline(named) if named else Pipeline()).outputs.formats


def _read_outcomes(
    store: ObjectStore, found: Iterable[tuple[SourceItem, str | None]]
) -> Iterator[tuple[SourceItem, Sequence[Outcome] | None]]:
    """Outcomes in the order of the items, some requests ahead."""
    waiting: deque[tuple[SourceItem, Future[Sequence[Outcome]] | None]] = deque()
    with ThreadPoolExecutor(_READERS) as pool:
        for item, key in found:
            waiting.append((item, None if key is None else pool.submit(_read_outcome, store, key)))
            if len(waiting) >= _AHEAD:
                item, future = waiting.popleft()
                yield item, None if future is None else future.result()
        for item, future in waiting:
            yield item, None if future is None else future.result()


def _read_outcome(store: ObjectStore, key: str) -> Sequence[Outcome]:
    from docai.batch.store.outcomes import decode_outcome

    data = store.get(key)
    if data is None:
        raise ServiceError(
            "batch-damaged",
            f"{key} is in the ledger and not at {store.url}",
            stage="batch",
            hint="somebody removed it: remove its lines from ledger/ too, and run the batch again",
        )
    return decode_outcome(key, data).outcomes
