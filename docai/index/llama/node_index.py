"""An Edge index of LlamaIndex nodes: any metadata beside the vectors, in generations like docai's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from docai.errors import ConfigError
from docai.index.edge import EdgeIndex
from docai.index.edge_shard import EdgeReader, EdgeWriter, count_points, translated
from docai.index.space import STAGE, VectorSpace
from docai.types import SparseVector, Where

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class FoundPoint:
    """A point that was found. Higher scores first; 0 where nothing was asked."""

    id: str
    payload: dict[str, Any]
    score: float = 0.0


class NodeReader(EdgeReader):
    def count_points(self, condition: Any) -> int:
        with translated(self._path):
            return count_points(self._shard, condition)

    def list_points(self, condition: Any) -> Iterator[FoundPoint]:
        """All points that fulfil an Edge filter (None: all), by id."""
        import qdrant_edge as edge

        offset: Any = None
        while True:
            with translated(self._path):
                records, offset = self._shard.scroll(
                    edge.ScrollRequest(offset=offset, limit=_PAGE, filter=condition, with_payload=True)
                )
            for record in records:
                yield FoundPoint(str(record.id), dict(record.payload or {}))
            if offset is None:
                return


class NodeIndex(EdgeIndex):
    """Points with any payload. What is put or deleted is published at once."""

    reader_type = NodeReader

    def get_space(self) -> VectorSpace | None:
        """What its vectors were made with; None before the first point."""
        with self._mutex:
            reader = self._read()
            return None if reader is None else reader.space

    def _settle_space(self, wanted: VectorSpace) -> bool:
        """Write vectors of this space, or of the one that is there; says whether there is no point yet."""
        self.space = None
        reader = self._read()
        if reader is None or not reader.count(Where()):
            self.space = wanted
            return True
        stored = self.space = reader.space
        other = wanted.embedder and stored.embedder and wanted.embedder != stored.embedder
        if other or wanted.dimension != stored.dimension:
            raise ConfigError(
                "index-other-model",
                f"{self.folder} holds vectors of {stored.embedder or 'some model'} ({stored.dimension} "
                f"dimensions), not of {wanted.embedder or 'a model'} with {wanted.dimension}",
                stage=STAGE,
                hint="vectors of two models do not compare: take another folder, or clear() this one",
            )
        return False

    def put_points(self, points: Sequence[Any], space: VectorSpace) -> None:
        """Raises ConfigError `index-other-model` where the folder holds vectors of another length, or of a
        model of another name."""
        with self._mutex:
            self._begin_writing(space).put(points)
            self.publish()

    def _begin_writing(self, wanted: VectorSpace) -> EdgeWriter:
        """A writer over what is published, or over nothing where there is no point yet."""
        while True:
            seen = self._generations.newest()
            writer = self._write(fresh=self._settle_space(wanted))
            # The lock is held now. What another process published while it was waited for must stay.
            if self._generations.newest() == seen:
                return writer
            self._stop_writing()

    def delete_points(self, condition: Any) -> int:
        """How many points fulfilled an Edge filter and are gone."""
        with self._mutex:
            reader = self._read()
            if reader is None or not cast(NodeReader, reader).count_points(condition):
                return 0
            self.space = reader.space
            gone = self._write().delete(condition)
            self.publish()
            return gone

    def clear(self) -> None:
        """Nothing is left, and vectors of any model may come."""
        with self._mutex:
            self.space = self.get_space()
            if self.space is not None:
                self.rebuild(())

    def rank_points(
        self, vectors: Mapping[str, NDArray[np.float32] | SparseVector], limit: int, condition: Any
    ) -> list[FoundPoint]:
        """The best points by one kind of vector, or by both through reciprocal ranks."""
        with self._mutex:
            reader = self._read()
            if reader is None or not vectors or limit < 1:
                return []
            ranked = reader.rank(vectors, limit, condition, depth=self._depth, rrf_k=self._rrf_k)
            payloads = reader.fetch([name for name, _ in ranked])
            return [FoundPoint(name, payloads.get(name, {}), score) for name, score in ranked]

    def list_points(self, condition: Any) -> list[FoundPoint]:
        with self._mutex:
            reader = self._read()
            return [] if reader is None else list(cast(NodeReader, reader).list_points(condition))
