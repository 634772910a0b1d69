"""A workspace as the LlamaIndex adapters see it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from docai.types import Where
from docai.wiring.answering import Answerer, AskOptions
from docai.wiring.documents import DocumentMatcher
from docai.wiring.records import get_model, nothing_indexed, uri_of

if TYPE_CHECKING:
    from docai.answering.composing.compose import ComposingModel
    from docai.index.llama.shelf import ShelfDocument
    from docai.types import Answer, Box, PageImage, ScoredPage
    from docai.wiring.embedding import EmbeddingSpec

PICTURES = "page-images"
"""Below `.docai/`: pages as they were drawn. They may be removed at any time."""


class WorkspaceShelf:
    """Satisfies `Shelf`. The workspace stays open until `close`, or until nobody holds this any more.

    `paths`: only documents in these files and folders. `highlight`: mark what was found. `longest_px`: make
    longer pages smaller. `image_dir`: where pictures go. `composing`: the model that writes answers;
    None takes the one that the environment names, if any. Raises ConfigError where there is no workspace.
    """

    def __init__(
        self,
        workspace: str | Path | None = None,
        *,
        paths: Sequence[str | Path] = (),
        image_dir: str | Path | None = None,
        highlight: bool = False,
        longest_px: int | None = None,
        password: str | None = None,
        composing: ComposingModel | None = None,
    ) -> None:
        from docai.wiring.page_finder import PageFinder

        stack = ExitStack()
        root = Path(workspace) if workspace is not None else None
        self._answerer = stack.enter_context(Answerer(root, composing=composing, password=password))
        self._close = weakref.finalize(self, stack.close)
        self.stores = self._answerer.stores
        self._paths = tuple(map(Path, paths))
        self._pictures = Path(image_dir) if image_dir is not None else self.stores.folder / PICTURES
        self._highlight = highlight
        self._longest_px = longest_px
        self._pages = PageFinder(self.stores, password)
        self._matcher = DocumentMatcher(self.stores)
        self._asking = threading.Lock()
        self._drawing = threading.Lock()

    def close(self) -> None:
        """Give the workspace back. What needs it afterwards fails."""
        self._close()

    def list_documents(self) -> Mapping[str, ShelfDocument]:
        from docai.index.llama.shelf import ShelfDocument

        under = [uri_of(self.stores.root, path) for path in self._paths]
        entries = [entry for entry in self.stores.catalogue.list_entries(under) if entry.id and entry.indexed]
        if not entries:
            raise nothing_indexed(self.stores.root, "index")
        return {entry.id: ShelfDocument(entry.id, entry.uri, entry.title) for entry in entries if entry.id}

    def match(self, key: str, operator: str, value: object) -> frozenset[str]:
        return self._matcher.match(key, operator, value)

    def find_pages(
        self, question: str, limit: int, document_ids: frozenset[str] | None
    ) -> Sequence[ScoredPage]:
        if document_ids is None and self._paths:
            document_ids = frozenset(self.list_documents())
        with self._asking:
            return self._answerer.find_pages(question, limit, Where(document_ids))

    def ask(self, question: str, document_ids: frozenset[str] | None = None, *, each: bool = False) -> Answer:
        """As `docai ask`, in these documents (None: in all of `paths`)."""
        options = AskOptions(self._paths, each=each, document_ids=document_ids)
        with self._asking:
            return self._answerer.ask(question, options)

    def read_page(self, document_id: str, number: int) -> str:
        passages = self.stores.passages.get_passages(document_id)
        return "\n".join(passage.text for passage in passages if passage.page == number)

    def draw_page(self, document: ShelfDocument, number: int, boxes: Sequence[Box]) -> Path:
        from docai.imaging.encoding import encode_png
        from docai.imaging.marking import mark_boxes
        from docai.workspace.export.files import replacing, writing

        marked = tuple(boxes) if self._highlight else ()
        path = (
            self._pictures
            / f"{document.id.removeprefix('sha256:')[:32]}-p{number:04}{self._name(marked)}.png"
        )
        with self._drawing:
            if path.is_file():
                return path
            image, turned = self._render(document, number)
            pixels = mark_boxes(image, marked, turned=turned, longest_px=self._longest_px)
            with replacing(path) as draft, writing(path):
                draft.write_bytes(encode_png(pixels))
        return path

    def describe_embedding(self) -> EmbeddingSpec:
        """The model of the workspace's index. Raises ConfigError `nothing-indexed`."""
        import os

        from docai.config import Settings
        from docai.wiring.embedding import EmbeddingSpec

        key = Settings.from_environment(os.environ).embedding_api_key
        return EmbeddingSpec(get_model(self.stores, "index").choice, key)

    def bring_up_to_date(self) -> None:
        """Let the index hold what the files hold, unless another process is at it."""
        from docai.wiring.publishing import refresh_embedded

        refresh_embedded(self.stores, get_model(self.stores, "index"))

    def _name(self, marked: tuple[Box, ...]) -> str:
        size = f"-{self._longest_px}px" if self._longest_px else ""
        return size + (f"-{sha256(repr(marked).encode()).hexdigest()[:12]}" if marked else "")

    def _render(self, document: ShelfDocument, number: int) -> tuple[PageImage, int]:
        from docai.types import DocumentRef

        ref = DocumentRef(id=document.id, uri=document.uri, page_count=number)
        return self._pages.render_page(ref, number), self._pages.find_turn(ref, number)
