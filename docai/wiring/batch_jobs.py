"""Jobs as their destination tells of them: status, and what a retry needs."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from docai.errors import ConfigError

if TYPE_CHECKING:
    from docai.protocols import ObjectStore
    from docai.wiring.batch import BatchPlan


def find_job(store: ObjectStore, recipe: str | None) -> dict[str, Any]:
    """The job named, or the newest. Raises `ConfigError` `no-batch`."""
    found: list[dict[str, Any]] = []
    for entry in store.list("jobs/"):
        data = store.get(entry.key)
        if data is not None:
            job = json.loads(data)
            if recipe is None or job["recipe"].startswith(recipe):
                found.append(job)
    if not found:
        named = f" {recipe}" if recipe else ""
        raise ConfigError(
            "no-batch",
            f"{store.url} holds no batch{named}",
            stage="batch",
            hint="docai batch SOURCE DEST begins one",
        )
    return max(found, key=lambda job: str(job["created"]))


def describe_batch(dest: str, *, recipe: str | None, endpoint_url: str | None) -> dict[str, Any]:
    """How a job stands, from its ledger, and which runs are at it now."""
    from docai.batch.store.beats import list_beats
    from docai.batch.store.known import KnownItems
    from docai.batch.store.layout import digest_item
    from docai.batch.store.ledger import LedgerReader
    from docai.wiring.batch_stores import is_gone, open_for_reading

    store = open_for_reading(dest, endpoint_url)
    job = find_job(store, recipe)
    known = KnownItems()
    pages = shared = 0
    for entry in LedgerReader(store, job["recipe"]).entries():
        known.add(digest_item(entry.item), entry.standing, entry.attempt)
        shared += entry.shared
        pages += 0 if entry.shared else entry.pages
    counts = known.count()
    running = [
        {"run": run, **{k: v for k, v in content.items() if k != "process"}}
        for run, content in list_beats(store, job["recipe"])
        if not is_gone(content.get("process", {}))
    ]
    return {
        **{name: job[name] for name in ("recipe", "source", "schema", "engine", "docai", "created")},
        "items": counts.total(),
        "records": sum(n for s, n in counts.items() if s.state == "record"),
        "incomplete": sum(n for s, n in counts.items() if s.state == "incomplete"),
        "failed": dict(Counter({s.code: n for s, n in counts.items() if s.state == "failed"})),
        "shared": shared,
        "pages": pages,
        "running": running,
    }


def prepare_retry(
    dest: str,
    *,
    recipe: str | None,
    endpoint_url: str | None,
    workers: int | None,
    base_url: str | None,
    password: str | None,
) -> BatchPlan:
    """The job's own plan. Raises `ConfigError` `no-batch`."""
    from docai.wiring.batch import prepare_batch
    from docai.wiring.batch_stores import open_for_reading

    job = find_job(open_for_reading(dest, endpoint_url), recipe)
    options = dict(job["options"])
    if options.get("languages"):
        options["languages"] = tuple(options["languages"])
    if base_url is not None:
        options["base_url"] = base_url
    options["password"] = password
    return prepare_batch(
        job["source"],
        dest,
        endpoint_url=endpoint_url,
        workers=workers,
        recipe=job["recipe"],
        **options,
    )
