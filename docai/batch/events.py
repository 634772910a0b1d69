"""What a job tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from docai.types import Outcome


@dataclass(frozen=True, slots=True)
class Event:
    """What a progress display needs. `done` outcomes carry themselves. `unread`: pages of an
    indexed document that could not be read."""

    kind: Literal[
        "opened", "page", "asked", "answered", "done", "elsewhere", "notice", "indexed", "postponed"
    ]
    uri: str
    pages: int = 0
    outcomes: tuple[Outcome, ...] = ()
    cached: bool = False
    holder: str = ""
    text: str = ""
    unread: tuple[int, ...] = ()
