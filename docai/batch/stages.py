"""How long each step of a document took, told as it ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from docai.batch.events import Event
from docai.batch.seams import Question
from docai.errors import DocaiError
from docai.types import Page

if TYPE_CHECKING:
    from docai.batch.job import BatchWork


class StageClock:
    """Times the tasks of a pool by their tickets. A step's time runs from when the pool got it, so that it
    counts the wait for a worker, or for a place at the model."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._began: dict[int, float] = {}

    def begin(self, ticket: int) -> int:
        self._began[ticket] = time.monotonic()
        return ticket

    def end(self, ticket: int, kind: str, work: BatchWork, page: Page | Question | None, result: Any) -> None:
        number = page.number if page is not None else 0
        self.tell(kind, work, self._began.pop(ticket), result, number)

    def tell(self, stage: str, work: BatchWork, began_s: float, result: Any = None, page: int = 0) -> None:
        """`began_s`: by the monotonic clock; `result`: an error has its code told."""
        self._on_event(
            Event(
                "stage",
                work.item.uri,
                stage=stage,
                page=page,
                seconds=time.monotonic() - began_s,
                at=time.time(),
                code=result.code if isinstance(result, DocaiError) else "",
                document=work.document_id or "",
            )
        )
