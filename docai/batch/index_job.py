"""Documents into the index without a schema: the same reading of the same pages, no records."""

from __future__ import annotations

from collections.abc import Callable

from docai.batch.events import Event
from docai.batch.local import LocalJob
from docai.batch.scheduling import Work, describe_failure
from docai.batch.seams import Indexing, Keys, Steps, Stores, TaskPool
from docai.errors import DocumentError
from docai.types import Outcome


class IndexJob(LocalJob):
    """Yields failures alone. A document whose passages are all kept is neither opened nor read."""

    def __init__(
        self,
        pool: TaskPool,
        stores: Stores,
        steps: Steps,
        keys: Keys,
        indexing: Indexing,
        *,
        force: bool = False,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> None:
        super().__init__(pool, stores, steps, keys, indexing=indexing, force=force, on_event=on_event)
        self._indexing = indexing

    def _reuse(self, work: Work, document_id: str) -> bool:
        if not self._indexing.has_document(document_id):
            return False
        work.outcomes, work.cached = (), True
        return True

    def _extract_if_ready(self, work: Work) -> None:
        """All pages are there: the document's passages are all that it still gives."""
        if work.left:
            return
        outcomes: tuple[Outcome, ...] = ()
        if len(work.failed) == len(work.pages):
            issue = next((i for page in work.failed.values() for i in page.issues), None)
            error = DocumentError(
                issue.code if issue else "no-pages",
                issue.message if issue else "the file has no pages",
                page=issue.page if issue else None,
                stage=issue.stage if issue else "pages",
                hint="nothing of this file could be read",
            )
            outcomes = (describe_failure(error, work.item.uri, work.document),)
        work.outcomes = outcomes
        self._release(work)
        self._share(work, outcomes)
