"""The embedded index: Qdrant's engine in this process, on a folder of generations. Nothing is served."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from docai.errors import ConfigError
from docai.index.copying import copy_tree
from docai.index.edge_shard import EdgeReader, EdgeWriter
from docai.index.fusion import RRF_K
from docai.index.generations import Generations, Lease
from docai.index.locks import FileLock
from docai.index.points import DEPTH
from docai.index.space import STAGE, VectorSpace, file_errors
from docai.types import Hit, IndexedPassage, Query, Where

WAIT_S = 60.0


@dataclass(slots=True)
class _Reading:
    lease: Lease
    reader: EdgeReader | None = None
    copy: TemporaryDirectory[str] | None = None

    def choose_path(self) -> Path:
        """The generation's own folder, which Edge opens as if to write although it does not; for who may not,
        a copy."""
        if os.access(self.lease.shard, os.W_OK):
            return self.lease.shard
        self.copy = TemporaryDirectory(prefix="docai-index-")
        path = Path(self.copy.name) / "shard"
        copy_tree(self.lease.shard, path)
        return path

    def close(self) -> None:
        if self.reader is not None:
            self.reader.close()
        if self.copy is not None:
            self.copy.cleanup()
        self.lease.release()


@dataclass(slots=True)
class _Writing:
    lock: FileLock
    writer: EdgeWriter


class EdgeIndex:
    """Satisfies `VectorIndex`: searches see the newest published generation, whoever published it.

    Opening costs nothing; the folder is opened by the first search, and to write by the first `replace` or
    `remove`, which waits up to `wait_s` for another writer. `publish` ends the writing and lets others write;
    `close` throws away what was not published. Methods may be called from several threads.

    `space` None: whatever the folder holds, for who only counts or lists.

    Raises ConfigError: `index-other-model`, `index-newer`; `IndexDamaged`: see `rebuild`; DocaiError:
    `index-busy`, `disk-full`, `index-io`.
    """

    reader_type: type[EdgeReader] = EdgeReader

    def __init__(
        self,
        folder: Path,
        space: VectorSpace | None,
        *,
        wait_s: float = WAIT_S,
        depth: int = DEPTH,
        rrf_k: int = RRF_K,
    ) -> None:
        self.folder = folder
        self.space = space
        self._generations = Generations(folder)
        self._wait_s = wait_s
        self._depth = depth
        self._rrf_k = rrf_k
        self._mutex = threading.RLock()
        self._reading: _Reading | None = None
        self._writing: _Writing | None = None

    def replace(self, document_id: str, passages: Sequence[IndexedPassage]) -> None:
        with self._mutex:
            self._write().replace(document_id, passages)

    def remove(self, document_id: str) -> None:
        with self._mutex:
            self._write().replace(document_id, ())

    def publish(self) -> None:
        """Show what was written. Nothing to do if nothing was."""
        with self._mutex:
            if self._writing is None:
                return
            manifest = self._writing.writer.finish()
            # Its own generation need not outlive the next one for this object's sake.
            self._stop_reading()
            with file_errors(self.folder):
                self._generations.publish(manifest)
            self._stop_writing()

    def rebuild(self, documents: Iterable[tuple[str, Sequence[IndexedPassage]]]) -> int:
        """Make the index anew from these documents, whatever the folder held, and publish it.

        Returns the number of passages. Until then searches see what was there before.
        """
        with self._mutex:
            self._stop_writing()
            writer = self._write(fresh=True)
            for document_id, passages in documents:
                writer.replace(document_id, passages)
            count = writer.points
            self.publish()
            return count

    def search(self, query: Query, limit: int, where: Where) -> Sequence[Hit]:
        """Hybrid by reciprocal rank when the query has both vectors; scores are of the one that it has
        otherwise."""
        with self._mutex:
            reader = self._read()
            if reader is None or limit <= 0:
                return ()
            return reader.search(query, limit, where, depth=self._depth, rrf_k=self._rrf_k)

    def count(self, where: Where) -> int:
        with self._mutex:
            reader = self._read()
            return 0 if reader is None else reader.count(where)

    def document_ids(self) -> frozenset[str]:
        with self._mutex:
            reader = self._read()
            return frozenset() if reader is None else reader.document_ids

    def generation(self) -> int | None:
        """The number of the newest generation: another one means that other passages may be found."""
        return self._generations.newest()

    def close(self) -> None:
        with self._mutex:
            self._stop_reading()
            self._stop_writing()

    def _read(self) -> EdgeReader | None:
        newest = self._generations.newest()
        reading = self._reading
        if reading is not None and reading.reader is not None and reading.lease.number == newest:
            return reading.reader
        self._stop_reading()
        with file_errors(self.folder):
            lease = self._generations.lease()
            if lease is None:
                return None
            self._reading = _Reading(lease)
            try:
                manifest = lease.read_manifest()
                if self.space is not None:
                    self.space.check(manifest.space, str(self.folder))
                self._reading.reader = self.reader_type(self._reading.choose_path(), manifest)
            except BaseException:
                self._stop_reading()
                raise
        return self._reading.reader

    def _write(self, *, fresh: bool = False) -> EdgeWriter:
        if self._writing is not None:
            return self._writing.writer
        if self.space is None:
            raise ConfigError("index-no-model", "an index without a model cannot be written to", stage=STAGE)
        with file_errors(self.folder):
            lock = self._generations.take_writer_lock(self._wait_s)
        try:
            with file_errors(self.folder):
                shard, manifest = self._generations.begin(fresh=fresh)
            if manifest is not None:
                self.space.check(manifest.space, str(self.folder))
            writer = EdgeWriter(shard, manifest, self.space)
        except BaseException:
            self._generations.discard()
            lock.release()
            raise
        self._writing = _Writing(lock, writer)
        return writer

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def _stop_writing(self) -> None:
        if self._writing is not None:
            self._writing.writer.close()
            self._generations.discard()
            self._writing.lock.release()
            self._writing = None
