"""One generation's Edge shard, opened to read or to write. Only `index.llama` knows `qdrant_edge` too."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from docai.errors import DocaiError
from docai.index.fusion import fuse_ranks
from docai.index.generations import Manifest
from docai.index.payload import DENSE, DOCUMENT_KEY, SPARSE, from_payload, to_payload
from docai.index.points import check_passages, list_vectors
from docai.index.space import IndexDamaged, VectorSpace, disk_full, file_errors
from docai.types import Hit, IndexedPassage, Query, SparseVector, Where

_BATCH = 256
_ALL = 1 << 30
_NEVER_KB = 1 << 40
_MANY_HOLES = 1000
"""Edge takes places of removed points out from that many on."""
_MIN_FREE_BYTES = 128 << 20
"""Edge writes through mapped files: on a full disk that kills the process, so it is asked before."""


class EdgeReader:
    """Raises `IndexDamaged` if the shard does not open or does not hold what the manifest says."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self._manifest = manifest
        self._path = path
        self._shard = load_shard(path)
        with self._translated():
            points = count_points(self._shard)
            self.document_ids = list_document_ids(self._shard)
        if (points, len(self.document_ids)) != (manifest.points, manifest.documents):
            self.close()
            raise IndexDamaged(
                f"{path} holds {points} passages of {len(self.document_ids)} documents "
                f"instead of {manifest.points} of {manifest.documents}"
            )

    def search(self, query: Query, limit: int, where: Where, *, depth: int, rrf_k: int) -> list[Hit]:
        vectors = dict(list_vectors(query, self._manifest.space))
        keep = self._choose(where)
        if not vectors or keep == frozenset():
            return []
        condition = None if keep is None else make_filter(keep)
        ranked = self.rank(vectors, limit, condition, depth=depth, rrf_k=rrf_k)
        payloads = self.fetch([name for name, _ in ranked])
        with self._translated():
            return [Hit(from_payload(name, payloads.get(name)), score) for name, score in ranked]

    @property
    def space(self) -> VectorSpace:
        """What its vectors were made with."""
        return self._manifest.space

    def rank(
        self,
        vectors: Mapping[str, NDArray[np.float32] | SparseVector],
        limit: int,
        condition: Any = None,
        *,
        depth: int,
        rrf_k: int,
    ) -> list[tuple[str, float]]:
        """Ids of points with their scores, best first. `vectors`: by name; `condition`: Edge's."""
        import qdrant_edge as edge

        most = limit if len(vectors) == 1 else max(depth, limit)
        with self._translated():
            found = self._shard.query_batch(
                edge.QueryBatchRequest(
                    [
                        edge.QueryRequest(
                            limit=most,
                            query=edge.Query.Nearest(make_vector(vector), using=name),
                            filter=condition,
                        )
                        for name, vector in vectors.items()
                    ]
                )
            )
        if len(found) == 1:
            return [(str(point.id), float(point.score)) for point in found[0]]
        return fuse_ranks([[str(point.id) for point in points] for points in found], rrf_k)[:limit]

    def fetch(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Payloads of points by id; of those that are there."""
        ids: list[Any] = [UUID(name) for name in names]
        with self._translated():
            return {str(r.id): dict(r.payload or {}) for r in self._shard.retrieve(ids, True, False)}

    def count(self, where: Where) -> int:
        keep = self._choose(where)
        if keep is None:
            return self._manifest.points
        if not keep:
            return 0
        with self._translated():
            return count_points(self._shard, make_filter(keep))

    def close(self) -> None:
        self._shard.close()

    def _choose(self, where: Where) -> frozenset[str] | None:
        """Those of the documents that are there; None for all: many in a filter cost more than the search."""
        if where.document_ids is None:
            return None
        keep = where.document_ids & self.document_ids
        return None if len(keep) == len(self.document_ids) else keep

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with translated(self._path):
            yield


class EdgeWriter:
    """A shard that nobody reads yet. `manifest` None: make a new one in an empty folder."""

    def __init__(self, path: Path, manifest: Manifest | None, space: VectorSpace) -> None:
        self._path = path
        self._space = space
        self._holes = 0 if manifest is None else manifest.holes
        self._shard: Any = create_shard(path, space) if manifest is None else load_shard(path)
        if manifest is not None and self.points != manifest.points:
            self.close()
            raise IndexDamaged(f"{path} holds {self.points} passages instead of {manifest.points}")

    @property
    def points(self) -> int:
        return count_points(self._shard)

    def replace(self, document_id: str, passages: Sequence[IndexedPassage]) -> None:
        """Passages of other documents are not touched. Raises `ValueError` for a passage of another one."""
        check_passages(document_id, passages, self._space)
        self._check_room()
        self.delete(make_filter(frozenset((document_id,)), {UUID(p.passage.id) for p in passages}))
        for first in range(0, len(passages), _BATCH):
            self._upsert(_make_passage_point(p) for p in passages[first : first + _BATCH])

    def put(self, points: Sequence[Any]) -> None:
        """Points of any payload, in place of those of the same ids."""
        self._check_room()
        for first in range(0, len(points), _BATCH):
            self._upsert(points[first : first + _BATCH])

    def delete(self, condition: Any) -> int:
        """How many points fulfilled an Edge filter and are gone."""
        import qdrant_edge as edge

        with translated(self._path):
            gone = count_points(self._shard, condition)
            if gone:
                self._shard.update(edge.UpdateOperation.delete_points_by_filter(condition))
                self._holes += gone
        return gone

    def finish(self) -> Manifest:
        """Bring all to the disk and close."""
        with translated(self._path):
            if self._holes > max(_MANY_HOLES, self.points):
                self._shard.optimize()
                self._holes = 0
            documents = len(list_document_ids(self._shard))
            manifest = Manifest(self._space, self.points, documents, self._holes, version("qdrant-edge-py"))
            self._shard.flush()
            self.close()
        # Opening replays small journals and removes them. Once that is done, opening changes nothing, and
        # any number of readers may do it at once.
        EdgeReader(self._path, manifest).close()
        return manifest

    def close(self) -> None:
        if self._shard is not None:
            self._shard.close()
            self._shard = None

    def _upsert(self, points: Iterable[Any]) -> None:
        import qdrant_edge as edge

        with translated(self._path):
            self._shard.update(edge.UpdateOperation.upsert_points(list(points)))

    def _check_room(self) -> None:
        with file_errors(self._path):
            free = shutil.disk_usage(self._path).free
        if free < _MIN_FREE_BYTES:
            raise disk_full(
                f"only {free >> 20} MB are left for {self._path}, {_MIN_FREE_BYTES >> 20} are wanted"
            )


def load_shard(path: Path) -> Any:
    import qdrant_edge as edge

    with translated(path):
        return edge.EdgeShard.load(str(path))


def create_shard(path: Path, space: VectorSpace) -> Any:
    import qdrant_edge as edge

    config = edge.EdgeConfig(
        vectors={
            DENSE: edge.EdgeVectorParams(
                size=space.dimension,
                distance=edge.Distance.Dot,
                datatype=edge.VectorStorageDatatype.Turbo8,
            )
        },
        sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        # Every search compares all vectors, 8 bits a number: exact enough, and fast enough beyond 50,000 of
        # them (benchmarks/). So `optimize` has no graphs to build, which takes minutes; it only fills holes.
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=_NEVER_KB),
        # The log would double what is written and lock readers out; SQLite is the truth.
        wal_enabled=False,
    )
    with translated(path):
        shard = edge.EdgeShard.create(str(path), config)
        shard.update(edge.UpdateOperation.create_field_index(DOCUMENT_KEY, edge.PayloadSchemaType.Keyword))
    return shard


def make_point(
    point_id: UUID, dense: NDArray[np.float32], sparse: SparseVector, payload: dict[str, Any]
) -> Any:
    import qdrant_edge as edge

    vectors = {DENSE: make_vector(dense)}
    if len(sparse.indices):
        vectors[SPARSE] = make_vector(sparse)
    return edge.Point(id=point_id, vector=vectors, payload=payload)


def _make_passage_point(indexed: IndexedPassage) -> Any:
    passage = indexed.passage
    return make_point(UUID(passage.id), indexed.dense, indexed.sparse, to_payload(passage))


def make_vector(vector: NDArray[np.float32] | SparseVector) -> Any:
    import qdrant_edge as edge

    if isinstance(vector, SparseVector):
        return edge.SparseVector(indices=vector.indices.tolist(), values=vector.weights.tolist())
    return vector.tolist()


def make_filter(document_ids: frozenset[str], except_ids: set[UUID] | None = None) -> Any:
    import qdrant_edge as edge

    of_these = edge.FieldCondition(key=DOCUMENT_KEY, match=edge.MatchAny(any=sorted(document_ids)))
    if not except_ids:
        return edge.Filter(must=[of_these])
    return edge.Filter(must=[of_these], must_not=[edge.HasIdCondition(set(except_ids))])


def count_points(shard: Any, condition: Any = None) -> int:
    import qdrant_edge as edge

    return int(shard.count(edge.CountRequest(exact=True, filter=condition)))


def list_document_ids(shard: Any) -> frozenset[str]:
    import qdrant_edge as edge

    facet = shard.facet(edge.FacetRequest(DOCUMENT_KEY, limit=_ALL, exact=True))
    return frozenset(str(hit.value) for hit in facet.hits if hit.count)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Edge's complaints as docai's: what it cannot read is damaged. A panic in it is no `Exception`."""
    try:
        yield
    except (DocaiError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        raise IndexDamaged(f"{path} cannot be read: {type(error).__name__}: {error}") from error
