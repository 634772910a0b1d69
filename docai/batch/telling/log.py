"""One JSON line an event, with the ids to find a document by; nothing that a document says is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from docai.batch.events import Event
from docai.types import Failure, Outcome

_LOGIN = re.compile(r"(?<=://)[^/@\s]{1,300}@")
_MOST_LETTERS = 300
_QUIET = frozenset({"page", "asked", "answered"})
"""Events for a display; the step that ended tells the same with its time."""


class JsonLog:
    """Takes a job's events. `write` gets whole lines; `run` names the run as its ledger does."""

    def __init__(self, run: str, write: Callable[[str], object]) -> None:
        self._run = run
        self._write = write

    def on_event(self, event: Event) -> None:
        if event.kind not in _QUIET:
            self.tell(event.kind, _describe(event), event.at)

    def tell(self, kind: str, values: Mapping[str, Any], at: float = 0.0) -> None:
        """One line of the run itself. `at`: seconds since 1970, 0 for now."""
        time = datetime.fromtimestamp(at, UTC) if at else datetime.now(UTC)
        line = {"time": time.isoformat(timespec="milliseconds"), "run": self._run, "event": kind, **values}
        self._write(json.dumps(line, default=str) + "\n")


def _describe(event: Event) -> dict[str, Any]:
    values: dict[str, Any] = {"uri": event.uri} if event.uri else {}
    if event.kind == "stage":
        values |= {"document": event.document, "stage": event.stage, "page": event.page, "code": event.code}
        values = {name: value for name, value in values.items() if value}
        values["seconds"] = round(event.seconds, 4)
    elif event.kind == "done":
        values |= describe_end(event.outcomes)
        values["shared"] = event.cached
    elif event.kind == "opened":
        values["pages"] = event.pages
    elif event.kind == "notice":
        values["text"] = _LOGIN.sub("…@", event.text)[:_MOST_LETTERS]
    return {**values, **({"code": event.code} if event.kind == "postponed" else {})}


def describe_end(outcomes: tuple[Outcome, ...]) -> dict[str, Any]:
    """How a document ended: its id, `record`, `incomplete` or `failed` and the causes by code."""
    failures = [o for o in outcomes if isinstance(o, Failure)]
    if failures:
        error = failures[0].error
        return {"document": failures[0].document.id, "state": "failed", "code": error.code}
    records = [o for o in outcomes if not isinstance(o, Failure)]
    codes = sorted({issue.code for record in records for issue in record.issues})
    return {
        "document": records[0].document.id if records else None,
        "state": "record" if all(record.complete for record in records) else "incomplete",
        "pages": records[0].document.page_count if records else 0,
        **({"codes": codes} if codes else {}),
    }
