"""What a job tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from docai.types import Outcome


@dataclass(frozen=True, slots=True)
class Event:
    """What a progress display needs. `done` outcomes carry themselves. `unread`: pages of an
    indexed document that could not be read.

    Of a batch only, `stage`: a step of a document has ended, `stage` names it, of which `page` (0: of the
    whole), after `seconds` from when it was handed over, at the time `at` (seconds since 1970), with which
    error's `code`. `document`: its id, where it is known.
    """

    kind: Literal[
        "opened",
        "page",
        "asked",
        "answered",
        "done",
        "elsewhere",
        "notice",
        "indexed",
        "postponed",
        "stage",
    ]
    uri: str
    pages: int = 0
    outcomes: tuple[Outcome, ...] = ()
    cached: bool = False
    holder: str = ""
    text: str = ""
    unread: tuple[int, ...] = ()
    stage: str = ""
    page: int = 0
    seconds: float = 0.0
    at: float = 0.0
    code: str = ""
    document: str = ""
