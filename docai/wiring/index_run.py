"""`docai index`: documents into the index without a schema, the index made anew, and what it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docai.wiring.job import Job, Steps
from docai.wiring.keys import make_keys
from docai.wiring.parts import WorkerSpec
from docai.wiring.records import get_model

if TYPE_CHECKING:
    from docai.batch.events import Event
    from docai.batch.local import LocalJob
    from docai.types import Page
    from docai.wiring.asking import Asking
    from docai.wiring.embedding import IndexOptions
    from docai.wiring.indexing import Indexing
    from docai.wiring.publishing import Published
    from docai.workspace import Workspace
    from docai.workspace.published import IndexModel


class IndexRun(Job):
    """A prepared indexing: reads what was not read yet, as extraction would, and gives failures alone."""

    command = "index"

    def _make_job(
        self, pool: Any, asking: Asking | None, indexing: Indexing | None, on_event: Callable[[Event], None]
    ) -> LocalJob:
        from docai.batch.index_job import IndexJob

        assert indexing is not None
        return IndexJob(
            pool,
            self.stores,
            Steps(),
            make_keys(self._spec, ()),
            indexing,
            force=self._force,
            on_event=on_event,
        )


def rebuild(
    stores: Workspace,
    options: IndexOptions,
    *,
    workers: int,
    on_event: Callable[[Event], None] = lambda event: None,
) -> Published:
    """Make passages, vectors and index anew from the pages in the workspace, where they are not as they would
    be made now; no file is opened. `options.choice`: the model to use from now on.

    Killed, it goes on where it was. Raises ConfigError or ServiceError for a model that cannot be used.
    """
    from docai.pages.isolation import InlinePool, WorkerPool
    from docai.wiring.publishing import rebuild_embedded

    embedding = options.resolve(stores)
    model = embedding.describe()
    stores.published.set_model(model)
    stores.passages.forget_vectors(model.fingerprint)
    spec = WorkerSpec(None, ("eng",), embedding=embedding)
    with WorkerPool(spec, workers, 2 << 30, 60.0) if workers else InlinePool(spec) as pool:
        _remake(stores, model, pool, on_event)
    return rebuild_embedded(stores, model)


def _remake(stores: Workspace, model: IndexModel, pool: Any, on_event: Callable[[Event], None]) -> None:
    """Every document that was read, whether it was indexed before or not."""
    from docai.batch.index_queue import IndexQueue, run_queue
    from docai.wiring.indexing import Indexing

    queue = IndexQueue(Indexing(stores, model, None), stores.ledger, on_event)
    for entry in stores.catalogue.list_entries():
        document = stores.ledger.get_document(entry.id, entry.uri) if entry.id else None
        if document is None or stores.catalogue.find_reading_key(document.id) is None:
            continue

        def load_pages(document_id: str = document.id) -> Sequence[Page]:
            return list(stores.pages.get_latest(document_id).values())

        queue.add(entry.uri, document, load_pages)
    run_queue(queue, pool)
    if queue.error is not None:
        raise queue.error


def push_index(
    stores: Workspace, url: str, *, api_key: str | None, collection: str | None, ca_file: Path | None
) -> Published:
    """Bring a Qdrant server to what the workspace holds. Raises ConfigError `nothing-indexed`, and what the
    server's faults are translated to."""
    from docai.wiring.publishing import make_index_space, push
    from docai.wiring.vector_index import open_server_index

    model = get_model(stores, "index")
    index = open_server_index(
        url,
        make_index_space(model),
        api_key=api_key,
        collection=collection,
        ca_file=str(ca_file) if ca_file else None,
    )
    try:
        return push(stores, index, model, f"{url}#{collection or ''}")
    finally:
        index.close()


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """`documents` in the files now; of them `indexed` have passages, and `waiting` wait for their vectors or
    for the index. `unread`: pages by uri. `failed`: files that could not be opened. `generation`: of the
    embedded index, None if there is none yet; `published`: documents in it; `bytes` of its folder.
    """

    model: str | None
    choice: str | None
    documents: int
    indexed: int
    waiting: int
    passages: int
    unread: dict[str, list[int]]
    failed: list[str]
    generation: int | None
    published: int
    bytes: int


def describe_index(stores: Workspace) -> IndexStatus:
    """What is indexed and what is not. Opens no index and loads no model."""
    from docai.index.generations import Generations
    from docai.wiring.publishing import EMBEDDED
    from docai.wiring.vector_index import INDEX_FOLDER

    model = stores.published.get_model()
    entries = stores.catalogue.list_entries()
    sets = stores.passages.list_sets()
    held = [entry for entry in entries if entry.id is not None]
    published = stores.published.list_published(EMBEDDED)
    current = {found.document_id: found.revision for found in sets}
    folder = stores.folder / INDEX_FOLDER
    return IndexStatus(
        model=model.name if model else None,
        choice=model.choice if model else None,
        documents=len(held),
        indexed=len(sets),
        waiting=sum(published.get(entry.id or "") != current.get(entry.id or "", -1) for entry in held),
        passages=sum(found.count for found in sets),
        unread={entry.uri: list(entry.unread) for entry in held if entry.unread},
        failed=[entry.uri for entry in entries if entry.id is None],
        generation=Generations(folder).newest(),
        published=len(published),
        bytes=_count_bytes(folder),
    )


def _count_bytes(folder: Path) -> int:
    """What a folder takes on the disk: its files are mostly holes."""
    total = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        try:
            total += path.stat().st_blocks * 512
        except OSError:  # a generation that was retired meanwhile
            continue
    return total
