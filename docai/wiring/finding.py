"""How pages are found for a question: over the workspace's own index or a Qdrant server, with a reranker if
one is named."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docai.errors import ConfigError, DocaiError
from docai.types import AnswerIssue, Where
from docai.wiring.records import get_model

if TYPE_CHECKING:
    from pathlib import Path

    from docai.config import Settings
    from docai.index.edge import EdgeIndex
    from docai.index.retrieval import PageFinder, Reranker
    from docai.protocols import VectorIndex
    from docai.wiring.library import WorkspaceLibrary
    from docai.workspace import Workspace
    from docai.workspace.published import IndexModel

_NAMED = 3
_TRIES = 2
"""Somebody waits for the answer: a server that is away is told soon."""


@dataclass(frozen=True, slots=True)
class FindOptions:
    """`qdrant`: address of a server to which `docai index push` has brought the passages, and the
    `collection` there; None: the index in the workspace. `rerank`: address of an OpenAI-style server,
    `#MODEL` after it where it serves several. `ca_file`: PEM by which both are trusted. Keys are of each.
    """

    qdrant: str | None = None
    collection: str | None = None
    rerank: str | None = None
    ca_file: Path | None = None
    qdrant_api_key: str | None = field(default=None, repr=False)
    rerank_api_key: str | None = field(default=None, repr=False)
    embedding_api_key: str | None = field(default=None, repr=False)

    def or_settings(self, settings: Settings) -> FindOptions:
        """What is not said here, as the environment says it."""
        return FindOptions(
            self.qdrant or settings.qdrant,
            self.collection,
            self.rerank or settings.rerank,
            self.ca_file or settings.ca_file,
            self.qdrant_api_key or settings.qdrant_api_key,
            self.rerank_api_key or settings.rerank_api_key,
            self.embedding_api_key or settings.embedding_api_key,
        )


class Retrieval:
    """The index and the page finder over it, opened when they are first needed. Close it."""

    def __init__(self, stores: Workspace, options: FindOptions, tell: Callable[[str], None]) -> None:
        self._stores = stores
        self._options = options
        self._tell = tell
        self._stack = ExitStack()
        self._finder: PageFinder | None = None
        self._index: VectorIndex | None = None

    def close(self) -> None:
        self._finder = self._index = None
        self._stack.close()

    def open_finder(self) -> PageFinder:
        """Raises ConfigError or ServiceError of the index, of who embeds questions, and of the servers."""
        if self._finder is None:
            from docai.index.cards import StoredCatalogue
            from docai.index.retrieval import PageFinder
            from docai.index.sparse import SparseEncoder
            from docai.wiring.embedding import EmbeddingSpec

            model = get_model(self._stores, "answering")
            index, version = self._open_index(model)
            embedder = EmbeddingSpec(model.choice, self._options.embedding_api_key)()
            catalogue = StoredCatalogue(self._stores.passages, version)
            self._index = index
            self._finder = PageFinder(
                index, embedder, SparseEncoder(), catalogue, reranker=self._make_reranker()
            )
        return self._finder

    def narrow(self, library: WorkspaceLibrary, where: Where) -> tuple[Where, tuple[AnswerIssue, ...]]:
        """What may be found on a server: documents that the workspace has too, since quotes are proven on its
        pages and records are there alone. The issues name what only one of both has.

        Raises ConfigError `index-not-pushed` where the server has nothing that the workspace knows.
        """
        if self._options.qdrant is None:
            return where, ()
        self.open_finder()
        assert self._index is not None
        there, here = self._index.document_ids(), self._stores.catalogue.find_ids()
        place = self._options.qdrant
        if not there & here:
            raise ConfigError(
                "index-not-pushed",
                f"{place} holds {len(there)} documents, none of which is in this workspace",
                stage="answering",
                hint=f"docai index push {place}, or --workspace DIR of whoever pushed what is there",
            )
        issues = []
        if strangers := len(there - here) if where.document_ids is None else 0:
            where = Where(here)
            issues.append(
                AnswerIssue(
                    code="not-in-workspace",
                    message=f"{strangers} documents on {place} are not in this workspace: nothing here "
                    "proves what they say, and they were left out",
                )
            )
        known = library.documents(where)
        missing = [d.uri for d in known if d.id not in there and d.pages_read]
        if missing:
            named = ", ".join(missing[:_NAMED]) + (", …" if len(missing) > _NAMED else "")
            issues.append(
                AnswerIssue(
                    code="not-on-server",
                    message=f"{len(missing)} documents of this workspace are not on {place} ({named}): "
                    "docai index push brings them there",
                )
            )
        return where, tuple(issues)

    def rebuild(self, error: DocaiError) -> AnswerIssue:
        """Make the workspace's own index anew from its database, and say so. Raises the error where that does
        not cure it, and where it is a server's, which is another's to mend."""
        from docai.wiring.publishing import CURED_BY_REBUILDING, rebuild_embedded

        if self._options.qdrant is not None or error.code not in CURED_BY_REBUILDING:
            raise error
        self.close()
        self._tell(f"{error.message}: it is made again from the workspace")
        rebuild_embedded(self._stores, get_model(self._stores, "answering"))
        return AnswerIssue(code="index-rebuilt", message=f"the index was made again: {error.message}")

    def _open_index(self, model: IndexModel) -> tuple[VectorIndex, Callable[[], object]]:
        """The index, and what tells that it has changed."""
        if self._options.qdrant is None:
            embedded = self._open_embedded(model)
            return embedded, embedded.generation
        from docai.index.server import Patience
        from docai.wiring.publishing import make_index_space
        from docai.wiring.vector_index import open_server_index

        options = self._options
        server = open_server_index(
            self._options.qdrant,
            make_index_space(model),
            api_key=options.qdrant_api_key,
            collection=options.collection,
            ca_file=str(options.ca_file) if options.ca_file else None,
            patience=Patience(tries=_TRIES),
        )
        self._stack.callback(server.close)
        # One answer sees one state; the cards are the workspace's.
        return server, lambda: 0

    def _open_embedded(self, model: IndexModel) -> EdgeIndex:
        """The newest generation, brought up to date first unless another process is writing."""
        from docai.wiring.publishing import make_index_space, refresh_embedded
        from docai.wiring.vector_index import open_embedded_index

        refresh_embedded(self._stores, model)
        index = open_embedded_index(self._stores.folder, make_index_space(model))
        self._stack.callback(index.close)
        return index

    def _make_reranker(self) -> Reranker | None:
        if self._options.rerank is None:
            return None
        from docai.llm.reranking import RerankClient
        from docai.llm.retry import RetryPolicy

        address, _, model = self._options.rerank.partition("#")
        client = RerankClient(
            address,
            model or None,
            self._options.rerank_api_key,
            retry=RetryPolicy(attempts=_TRIES),
            ca_file=self._options.ca_file,
        )
        self._stack.callback(client.close)
        return client
