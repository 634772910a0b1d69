"""docai for LlamaIndex users: a query engine, a retriever, a vector store and an embedding.

    from docai.llamaindex import PageQueryEngine

    engine = PageQueryEngine("contracts/")        # a folder that docai extract or docai index has read
    response = engine.query("Which law governs the lease with Acme?")
    for source in response.source_nodes:
        print(source.node.metadata["uri"], source.node.metadata["page"], source.node.metadata["boxes"])

Needs `pip install 'docai[llama-index]'`. Everything works offline; nothing is sent anywhere but to the LLM
that you give. `workspace` is a folder with a `.docai/` in it; None takes the nearest one upwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

try:
    from llama_index.core.callbacks.base import CallbackManager
    from llama_index.core.llms.llm import LLM
    from llama_index.core.schema import NodeWithScore
    from llama_index.core.vector_stores.types import MetadataFilters
except ImportError as error:
    raise ImportError("docai.llamaindex needs LlamaIndex: pip install 'docai[llama-index]'") from error

from docai.answering.llama import AnswerQueryEngine
from docai.answering.llama_model import LlmModel
from docai.index.llama.citations import cite_answer
from docai.index.llama.embedding import EmbedderEmbedding
from docai.index.llama.nodes import PageNode
from docai.index.llama.passages import PassageStore
from docai.index.llama.retriever import Granularity, ShelfRetriever, select_scope
from docai.index.llama.store import NodeStore
from docai.types import Answer
from docai.wiring.embedding import DEFAULT, EmbeddingSpec
from docai.wiring.llamaindex import WorkspaceShelf
from docai.wiring.vector_index import INDEX_FOLDER

__all__ = ["DocaiEmbedding", "EdgeVectorStore", "PageNode", "PageQueryEngine", "PageRetriever"]

PathLike: TypeAlias = str | Path


class _Held:
    """Something that holds a workspace open: close it, use it as a context manager, or just drop it."""

    _workspace: WorkspaceShelf

    def close(self) -> None:
        self._workspace.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class PageRetriever(_Held, ShelfRetriever):
    """Pages (or passages) of a workspace that may answer a question, found as `docai ask` finds them.

    `granularity`: `page` (the page's words) or `passage`. `paths`: only documents in these files and folders.
    `filters`: by `document_id`, `uri`, `file_name`, `folder`, `schema`, and by the records' fields
    (`governing_law`, `total`, `expiration_date`; dates and amounts compare by value).

    Each node's `metadata` has `uri`, `document_id`, `page`, `boxes` (points, origin top left, of the page as
    it lies in the file), and with `images` an `image_path`: a PNG of the page's own pixels, upright, drawn
    when it is first found, kept in `image_dir` (default `.docai/page-images`); `image_error` where the file
    is gone. `highlight` marks the words that were found, `longest_px` makes large pages smaller, `password`
    opens encrypted files. Raises ConfigError: no workspace, nothing indexed, `bad-filter`.
    """

    def __init__(
        self,
        workspace: PathLike | None = None,
        *,
        similarity_top_k: int = 5,
        granularity: Granularity = "page",
        filters: MetadataFilters | None = None,
        paths: Sequence[PathLike] = (),
        images: bool = True,
        highlight: bool = False,
        longest_px: int | None = None,
        image_dir: PathLike | None = None,
        password: str | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        shelf = WorkspaceShelf(
            workspace,
            paths=paths,
            image_dir=image_dir,
            highlight=highlight,
            longest_px=longest_px,
            password=password,
        )
        super().__init__(
            shelf,
            similarity_top_k=similarity_top_k,
            granularity=granularity,
            filters=filters,
            images=images,
            callback_manager=callback_manager,
        )
        self._workspace = shelf


class PageQueryEngine(_Held, AnswerQueryEngine):
    """Answers as `docai ask` gives them: each sentence with its citations, checked on the page.

    Without an `llm` no model is needed. With one, that composes the answer from the best pages, which it gets
    as images, and their words; a sentence that its quotes do not prove is struck through, and where the LLM
    fails docai's own answer stands and says so. Set its `context_window`: as many pages are shown as fit.

    `response.source_nodes[n - 1]` is what the answer cites as [n]: the quote, with `uri`, `page`, `boxes`
    and `image_path` in its metadata; `response.metadata` has `status`, `value` and the whole `answer`. `each`
    asks every document. Other arguments as for `PageRetriever`.
    """

    def __init__(
        self,
        workspace: PathLike | None = None,
        *,
        llm: LLM | None = None,
        each: bool = False,
        filters: MetadataFilters | None = None,
        paths: Sequence[PathLike] = (),
        images: bool = True,
        highlight: bool = True,
        longest_px: int | None = None,
        image_dir: PathLike | None = None,
        password: str | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        self._workspace = shelf = WorkspaceShelf(
            workspace,
            paths=paths,
            image_dir=image_dir,
            highlight=highlight,
            longest_px=longest_px,
            password=password,
            composing=LlmModel(llm) if llm is not None else None,
        )

        def ask(question: str) -> Answer:
            scope = select_scope(shelf, shelf.list_documents(), filters) if filters else None
            return shelf.ask(question, scope, each=each)

        def cite(answer: Answer) -> list[NodeWithScore]:
            return cite_answer(answer, shelf, images=images)

        super().__init__(ask, cite, callback_manager)


class EdgeVectorStore(NodeStore):
    """Qdrant's embedded engine as a vector store, in a folder of its own: no server, no Docker.

    store = EdgeVectorStore("my-index"); `VectorStoreIndex.from_vector_store(store, embed_model=…)`.
    """

    @staticmethod
    def from_workspace(workspace: PathLike | None = None) -> PassageStore:
        """What docai has indexed there, to be read: passages with page, boxes and uri. Use it with
        `DocaiEmbedding.from_workspace`. Raises ConfigError: no workspace, nothing indexed."""
        shelf = WorkspaceShelf(workspace)
        model_name = shelf.describe_embedding().describe().name
        shelf.bring_up_to_date()
        return PassageStore(shelf.stores.folder / INDEX_FOLDER, shelf, model_name=model_name)


class DocaiEmbedding(EmbedderEmbedding):
    """docai's embedding models: `minilm` (in this process, from the installed wheel), `fastembed:FOLDER`, or
    `http://host:port/v1#MODEL`. Raises ConfigError for a choice that there is not."""

    def __init__(self, choice: str = DEFAULT, *, api_key: str | None = None) -> None:
        spec = EmbeddingSpec(choice, api_key)
        super().__init__(spec, spec.describe().name)

    @classmethod
    def from_workspace(cls, workspace: PathLike | None = None) -> Self:
        """The model that the workspace's passages were embedded with."""
        shelf = WorkspaceShelf(workspace)
        try:
            spec = shelf.describe_embedding()
        finally:
            shelf.close()
        return cls(spec.choice, api_key=spec.api_key)
