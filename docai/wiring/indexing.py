"""How documents get into the index: what workers do, and what SQLite keeps of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docai.errors import ConfigError, DocaiError
from docai.index.passages import MAKER_VERSION, text_to_embed
from docai.wiring.publishing import Published, publish_embedded

if TYPE_CHECKING:
    from docai.types import Document, Page
    from docai.wiring.embedding import EmbeddingSpec
    from docai.workspace import Workspace
    from docai.workspace.published import IndexModel

_BATCH = 32
_PUBLISH_EVERY_S = 60.0
_PUBLISH_SHARE = 0.05
"""Of a run's time that publishing before its end may take."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Passages `first` to `first + count` of a document, which wait for their vectors."""

    document_id: str
    revision: int
    first: int
    count: int


class Indexing:
    """Satisfies `docai.batch.seams.Indexing`."""

    def __init__(self, stores: Workspace, model: IndexModel, reading: str | None) -> None:
        """`reading`: what pages are read with; None takes each document's as it was read last."""
        self._stores = stores
        self._model = model
        self._reading = reading
        self._ready: set[str] | None = None
        self._published_s = time.monotonic()
        self._cost_s = 0.0

    def has_document(self, document_id: str) -> bool:
        if self._ready is None:
            key = make_key(self._reading or "")
            self._ready = set(self._stores.passages.list_ready(key, self._model.fingerprint))
        return document_id in self._ready

    def list_unread(self, document: Document, pages: Sequence[Page]) -> tuple[int, ...]:
        from docai.pipeline import was_read

        read = {page.number for page in pages if was_read(page)}
        return tuple(number for number in range(1, document.page_count + 1) if number not in read)

    def make_passages(self, document: Document, pages: Sequence[Page]) -> Any:
        from docai.pipeline import PassagesTask

        return PassagesTask(document.id, tuple(pages))

    def keep_passages(self, document: Document, unread: Sequence[int], result: Any) -> list[Batch]:
        store = self._stores.passages
        reading = self._reading or self._stores.catalogue.find_reading_key(document.id) or ""
        kept = store.put_passages(
            document.id, make_key(reading), result, page_count=document.page_count, unread=unread
        )
        missing = store.list_missing(document.id, self._model.fingerprint, _BATCH)
        return [Batch(document.id, kept.revision, first, count) for first, count in missing]

    def make_vectors(self, batch: Batch) -> Any:
        from docai.pipeline import VectorsTask

        passages = self._stores.passages.get_passages(batch.document_id, batch.first, batch.count)
        return VectorsTask(tuple(text_to_embed(passage) for passage in passages))

    def keep_vectors(self, batch: Batch, result: Any) -> None:
        self._stores.passages.put_vectors(
            batch.document_id, batch.revision, self._model.fingerprint, batch.first, result
        )

    def finish(self, document_id: str) -> None:
        if self._ready is not None:
            self._ready.add(document_id)
        since_s = time.monotonic() - self._published_s
        if since_s > max(_PUBLISH_EVERY_S, self._cost_s / _PUBLISH_SHARE):
            self.publish()

    def publish(self, wait_s: float = 0.0) -> Published | None:
        """Bring the embedded index to what was kept; done now and then, and at the end of a run. None if
        another process writes to it for longer than `wait_s`: that one, or whoever asks, makes up for it."""
        started_s = time.monotonic()
        try:
            published = publish_embedded(self._stores, self._model, wait_s=wait_s)
        except DocaiError as error:
            if error.code != "index-busy":
                raise
            published = None
        self._published_s = time.monotonic()
        self._cost_s = self._published_s - started_s
        return published


def make_key(reading: str) -> str:
    """What passages depend on beside the bytes."""
    return f"{reading} / {MAKER_VERSION}"


def settle_model(stores: Workspace, spec: EmbeddingSpec) -> IndexModel:
    """The model of this workspace's index, noted if it is the first. Raises ConfigError `index-other-model`
    if passages were embedded by another one."""
    model = spec.describe()
    stored = stores.published.get_model()
    if stored is None:
        stores.published.set_model(model)
    elif stored.fingerprint != model.fingerprint:
        raise ConfigError(
            "index-other-model",
            f"the index was made with {stored.name} ({stored.choice}), not {model.name} ({model.choice}): "
            "vectors of two models do not compare",
            stage="index",
            hint=f"docai index rebuild --embedding {model.choice}, or --no-index to extract alone",
        )
    return model
