"""What the vector index takes over from SQLite, which is the truth.

A run ends by bringing the index to what SQLite holds. A run that is killed anywhere leaves a difference, and
the next one makes it up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from docai.errors import ConfigError, DocaiError
from docai.index.passages import text_to_weigh
from docai.index.sparse import TERMS, SparseEncoder
from docai.types import IndexedPassage

if TYPE_CHECKING:
    from docai.index.space import VectorSpace
    from docai.protocols import VectorIndex
    from docai.workspace import Workspace
    from docai.workspace.published import IndexModel

EMBEDDED = "embedded"
"""The index in the workspace, among what was published."""
CURED_BY_REBUILDING = frozenset(("index-damaged", "index-other-model"))
"""Faults of the embedded index that making it again from the workspace's database cures."""


def load_indexed(
    stores: Workspace, document_id: str, model: IndexModel, encoder: SparseEncoder
) -> list[IndexedPassage] | None:
    """A document's passages with both vectors; None if some have none yet."""
    vectors = stores.passages.get_vectors(document_id, model.fingerprint, model.dimension)
    passages = stores.passages.get_passages(document_id)
    if vectors is None or len(vectors) != len(passages):
        return None
    return [
        IndexedPassage(passage, vector, encoder.encode_passage(text_to_weigh(passage)))
        for passage, vector in zip(passages, vectors, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Published:
    """What an index has taken over: documents replaced and removed, passages written."""

    replaced: int = 0
    removed: int = 0
    passages: int = 0


def publish(stores: Workspace, index: VectorIndex, model: IndexModel, target: str = EMBEDDED) -> Published:
    """Bring an index to what the files hold now. Costs two queries if it does."""
    backlog = stores.published.list_backlog(target, model.fingerprint)
    if not backlog:
        return Published()
    encoder = SparseEncoder()
    replaced, count = [], 0
    for document_id, revision in backlog.replace:
        passages = load_indexed(stores, document_id, model, encoder)
        if passages is not None:
            index.replace(document_id, passages)
            replaced.append((document_id, revision))
            count += len(passages)
    for document_id in backlog.remove:
        index.remove(document_id)
    index.publish()
    stores.published.note_published(target, model.fingerprint, replaced, backlog.remove)
    return Published(len(replaced), len(backlog.remove), count)


def push(stores: Workspace, index: VectorIndex, model: IndexModel, target: str) -> Published:
    """Make another index hold what the files hold now, and nothing else. Only what it lacks is written: what
    was pushed before and is still there stays. Cut off, it may be run again."""
    there = index.document_ids()
    known = stores.published.list_published(target)
    passages = {found.document_id: found.count for found in stores.passages.list_sets()}
    lost = [name for name in known if passages.get(name) and name not in there]
    stores.published.note_published(target, model.fingerprint, (), lost)
    strangers = there - passages.keys()
    for document_id in strangers:
        index.remove(document_id)
    published = publish(stores, index, model, target)
    if strangers and not published.removed and not published.replaced:
        index.publish()
    return replace(published, removed=len(strangers | (known.keys() - passages.keys())))


def publish_embedded(stores: Workspace, model: IndexModel, *, wait_s: float = 60.0) -> Published:
    """Bring the embedded index up to date; one that is gone or damaged is made again from SQLite. `wait_s`:
    for another process that writes; DocaiError `index-busy` after it."""
    from docai.wiring.vector_index import open_embedded_index

    index = open_embedded_index(stores.folder, make_index_space(model), wait_s=wait_s)
    try:
        if index.generation() is None and stores.published.list_published(EMBEDDED):
            stores.published.forget_target(EMBEDDED)
        return publish(stores, index, model)
    except ConfigError as error:
        # Which model is meant was settled before, so that an index of another one is a left-over.
        if error.code not in CURED_BY_REBUILDING:
            raise
        index.close()
        return rebuild_embedded(stores, model)
    finally:
        index.close()


def refresh_embedded(stores: Workspace, model: IndexModel) -> None:
    """Bring the embedded index up to date, unless another process is writing or this one may not."""
    try:
        publish_embedded(stores, model, wait_s=0.0)
    except DocaiError as error:
        if error.code not in ("index-busy", "workspace-read-only"):
            raise


def rebuild_embedded(stores: Workspace, model: IndexModel) -> Published:
    """Make the embedded index anew, whatever its folder holds."""
    from docai.wiring.vector_index import open_embedded_index

    encoder = SparseEncoder()
    done: list[tuple[str, int]] = []

    def load_all() -> Iterator[tuple[str, list[IndexedPassage]]]:
        for document_id, revision in backlog.replace:
            passages = load_indexed(stores, document_id, model, encoder)
            if passages is not None:
                done.append((document_id, revision))
                yield document_id, passages

    stores.published.forget_target(EMBEDDED)
    backlog = stores.published.list_backlog(EMBEDDED, model.fingerprint)
    index = open_embedded_index(stores.folder, make_index_space(model))
    try:
        count = index.rebuild(load_all())
    finally:
        index.close()
    stores.published.note_published(EMBEDDED, model.fingerprint, done, ())
    return Published(len(done), 0, count)


def make_index_space(model: IndexModel) -> VectorSpace:
    """What an index of this model must have been made with."""
    from docai.index.space import VectorSpace

    return VectorSpace(model.name, model.fingerprint, model.dimension, TERMS)
