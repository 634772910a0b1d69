"""A Qdrant server as the index.

What `QdrantClient(":memory:")` cannot show is untested: payload indexes, quantisation, several shards or
replicas, and the speed of any of it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from docai.errors import ConfigError, DocaiError
from docai.index.fusion import RRF_K, fuse_ranks
from docai.index.payload import DENSE, DOCUMENT_KEY, SPARSE, from_payload, to_payload
from docai.index.points import DEPTH, check_passages, list_vectors
from docai.index.server_faults import translate
from docai.index.space import FORMAT, STAGE, IndexDamaged, VectorSpace, check_format
from docai.types import Hit, IndexedPassage, Query, SparseVector, Where

if TYPE_CHECKING:
    import ssl

    from qdrant_client import QdrantClient

COLLECTION = "docai"
_MARK = "docai"
_BATCH = 128
_MANY = 10_000_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server is. `url`: of its REST interface, port 6333 unless it names one. `ca_file`: the
    authority's certificate, where the system does not know it."""

    url: str
    api_key: str | None = field(default=None, repr=False)
    collection: str = COLLECTION
    timeout_s: float = 30.0
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is made that may pass (all of docai's may be repeated), and the first pause."""

    tries: int = 4
    pause_s: float = 0.5


def connect(settings: ServerSettings) -> QdrantClient:
    """A client; nothing is sent yet. Raises `ConfigError` (`bad-url`, `index-server-ca`)."""
    from qdrant_client import QdrantClient

    if not settings.url.startswith(("http://", "https://")):
        raise ConfigError(
            "bad-url", f"{settings.url!r} is no address", stage=STAGE, hint="such as http://localhost:6333"
        )
    more: dict[str, Any] = {}
    if settings.ca_file is not None:
        more["verify"] = _trust(settings.ca_file)
    with warnings.catch_warnings():
        # That a key goes over plain http is the user's choice, in a network that he knows.
        warnings.simplefilter("ignore")
        return QdrantClient(
            url=settings.url,
            api_key=settings.api_key,
            timeout=max(1, round(settings.timeout_s)),
            check_compatibility=False,
            **more,
        )


def _trust(ca_file: str) -> ssl.SSLContext:
    import ssl

    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:
        raise ConfigError(
            "index-server-ca",
            f"{ca_file} holds no certificates: {error}",
            stage=STAGE,
            hint="a PEM file is wanted",
        ) from error


class ServerIndex:
    """Satisfies `VectorIndex` on one collection, which is made by the first who writes. Changes are seen at
    once, `publish` has nothing to add.

    A collection that docai did not make is refused and left as it is. Raises what `translate` names,
    ConfigError: `index-foreign`, `index-other-model`, `index-newer`, `index-server-old`.
    """

    def __init__(
        self,
        client: QdrantClient,
        space: VectorSpace,
        *,
        collection: str = COLLECTION,
        place: str = "the server",
        patience: Patience = Patience(),
        depth: int = DEPTH,
        rrf_k: int = RRF_K,
    ) -> None:
        self.space = space
        self._client = client
        self._collection = collection
        self._place = f"{place}, collection {collection}"
        self._patience = patience
        self._depth = depth
        self._rrf_k = rrf_k
        self._known = False

    def replace(self, document_id: str, passages: Sequence[IndexedPassage]) -> None:
        """The new passages come before the old ones go: a search in between finds one or the other."""
        from qdrant_client import models

        check_passages(document_id, passages, self.space)
        if not passages:
            self.remove(document_id)
            return
        self._make()
        for first in range(0, len(passages), _BATCH):
            points = [_make_point(p) for p in passages[first : first + _BATCH]]
            self._upsert(points)
        stale = models.Filter(
            must=[_of((document_id,))],
            must_not=[models.HasIdCondition(has_id=[p.passage.id for p in passages])],
        )
        self._delete(stale)

    def remove(self, document_id: str) -> None:
        from qdrant_client import models

        if self._exists():
            self._delete(models.Filter(must=[_of((document_id,))]))

    def publish(self) -> None:
        """Every change was waited for."""

    def search(self, query: Query, limit: int, where: Where) -> Sequence[Hit]:
        from qdrant_client import models

        vectors = dict(list_vectors(query, self.space))
        if not vectors or limit <= 0 or where.document_ids == frozenset() or not self._exists():
            return ()
        most = limit if len(vectors) == 1 else max(self._depth, limit)
        requests = [
            models.QueryRequest(query=_make_vector(v), using=name, limit=most, filter=_make_filter(where))
            for name, v in vectors.items()
        ]
        found = self._call(lambda: self._client.query_batch_points(self._collection, requests))
        if len(found) == 1:
            ranked = [(str(p.id), float(p.score)) for p in found[0].points]
        else:
            ranked = fuse_ranks([[str(p.id) for p in reply.points] for reply in found], self._rrf_k)
        ranked = ranked[:limit]
        records = self._call(
            lambda: self._client.retrieve(self._collection, [name for name, _ in ranked], with_payload=True)
        )
        payloads = {str(record.id): record.payload for record in records}
        try:
            # One that was removed between the two requests is no longer there to be found.
            return [Hit(from_payload(n, payloads[n]), score) for n, score in ranked if n in payloads]
        except ValueError as error:
            raise IndexDamaged(f"{self._place}: {error}") from error

    def count(self, where: Where) -> int:
        if where.document_ids == frozenset() or not self._exists():
            return 0
        condition = _make_filter(where)
        reply = self._call(lambda: self._client.count(self._collection, condition, exact=True))
        return int(reply.count)

    def document_ids(self) -> frozenset[str]:
        if not self._exists():
            return frozenset()
        reply = self._call(
            lambda: self._client.facet(self._collection, DOCUMENT_KEY, limit=_MANY, exact=True)
        )
        return frozenset(str(hit.value) for hit in reply.hits if hit.count)

    def close(self) -> None:
        self._client.close()

    def _upsert(self, points: list[Any]) -> None:
        self._call(lambda: self._client.upsert(self._collection, points, wait=True))

    def _delete(self, condition: Any) -> None:
        from qdrant_client import models

        selector = models.FilterSelector(filter=condition)
        self._call(lambda: self._client.delete(self._collection, selector, wait=True))

    def _exists(self) -> bool:
        """Whether the collection is there; if so, it is docai's, of this space."""
        if self._known:
            return True
        if not self._call(lambda: self._client.collection_exists(self._collection)):
            return False
        self._check(self._call(lambda: self._client.get_collection(self._collection)).config)
        self._known = True
        return True

    def _make(self) -> None:
        if self._exists():
            return
        from qdrant_client import models

        try:
            self._call(
                lambda: self._client.create_collection(
                    self._collection,
                    vectors_config={
                        DENSE: models.VectorParams(size=self.space.dimension, distance=models.Distance.DOT)
                    },
                    sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                    metadata={_MARK: {"format": FORMAT, "space": self.space.to_json()}},
                )
            )
        except DocaiError:
            # Somebody else may have made it at the same moment; if not, the reason still stands.
            if not self._exists():
                raise
        self._check_kept()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the in-process form has no payload indexes and says so
            self._call(
                lambda: self._client.create_payload_index(
                    self._collection, DOCUMENT_KEY, models.PayloadSchemaType.KEYWORD, wait=True
                )
            )

    def _check_kept(self) -> None:
        """Servers before 1.16 forget whose a collection is: then it is taken back, empty as it is."""
        config = self._call(lambda: self._client.get_collection(self._collection)).config
        if not config.metadata:
            self._call(lambda: self._client.delete_collection(self._collection))
            raise ConfigError(
                "index-server-old",
                f"{self._place}: the server does not keep a collection's metadata",
                stage=STAGE,
                hint="Qdrant 1.16 or later is needed",
            )
        self._check(config)
        self._known = True

    def _check(self, config: Any) -> None:
        mark = (config.metadata or {}).get(_MARK)
        vectors, sparse = config.params.vectors, config.params.sparse_vectors or {}
        named = isinstance(vectors, dict) and DENSE in vectors and SPARSE in sparse
        if not isinstance(mark, dict) or not named:
            raise ConfigError(
                "index-foreign",
                f"{self._place} was not made by docai, and is left as it is",
                stage=STAGE,
                hint="name another collection",
            )
        check_format(mark.get("format"), self._place)
        try:
            stored = VectorSpace.from_json(mark["space"])
        except (KeyError, TypeError, ValueError) as error:
            raise IndexDamaged(f"{self._place} does not say its model") from error
        self.space.check(stored, self._place, hint="name another collection, or use that model")

    def _call(self, request: Callable[[], T]) -> T:
        pause_s = self._patience.pause_s
        for left in reversed(range(self._patience.tries)):
            try:
                return request()
            except Exception as error:
                fault = translate(error, self._place)
                if not fault.retryable or not left:
                    raise fault from error
            time.sleep(pause_s)
            pause_s *= 2
        raise AssertionError("no tries")


def _make_vector(vector: NDArray[np.float32] | SparseVector) -> Any:
    from qdrant_client import models

    if isinstance(vector, SparseVector):
        return models.SparseVector(indices=vector.indices.tolist(), values=vector.weights.tolist())
    return vector.tolist()


def _make_point(indexed: IndexedPassage) -> Any:
    from qdrant_client import models

    vectors = {DENSE: _make_vector(indexed.dense)}
    if len(indexed.sparse.indices):
        vectors[SPARSE] = _make_vector(indexed.sparse)
    return models.PointStruct(id=indexed.passage.id, vector=vectors, payload=to_payload(indexed.passage))


def _make_filter(where: Where) -> Any:
    from qdrant_client import models

    if where.document_ids is None:
        return None
    return models.Filter(must=[_of(tuple(sorted(where.document_ids)))])


def _of(document_ids: tuple[str, ...]) -> Any:
    from qdrant_client import models

    return models.FieldCondition(key=DOCUMENT_KEY, match=models.MatchAny(any=list(document_ids)))
