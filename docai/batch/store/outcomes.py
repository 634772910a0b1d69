"""A document's end, one object each: its records or its failure, written once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from docai.batch.store.known import Standing
from docai.batch.store.layout import outcome_key
from docai.errors import ServiceError
from docai.protocols import ObjectStore
from docai.types import Failure, Outcome, Record

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Stored:
    """What an outcome's object says. `key`: of the object; `document`: None where no bytes could be had."""

    key: str
    document: str | None
    attempt: int
    outcomes: tuple[Outcome, ...]

    @property
    def standing(self) -> Standing:
        return judge(self.outcomes)

    @property
    def pages(self) -> int:
        return next((o.document.page_count for o in self.outcomes if isinstance(o, Record)), 0)


class BatchOutcomes:
    """Outcomes of all recipes at one destination; `work` has the recipe in its hash."""

    def __init__(self, store: ObjectStore, recipe: str, run: str) -> None:
        self._store = store
        self._recipe = recipe
        self._run = run

    def create(
        self, work: str, document: str | None, outcomes: Sequence[Outcome], attempt: int = 0
    ) -> Stored:
        """Write it, or give what another run wrote first. Raises `ServiceError`."""
        key = outcome_key(work, attempt)
        mine = Stored(key, document, attempt, tuple(outcomes))
        if self._store.create(key, self._encode(mine)):
            return mine
        theirs = self.get(work, attempt)
        if theirs is None:
            raise ServiceError(
                "batch-damaged", f"{key} was there and is gone", stage="batch", hint="run again"
            )
        return theirs

    def get(self, work: str, attempt: int = 0) -> Stored | None:
        """An outcome, None where there is none. Raises `ServiceError`."""
        key = outcome_key(work, attempt)
        data = self._store.get(key)
        return None if data is None else decode_outcome(key, data)

    def find(self, work: str) -> Stored | None:
        """The newest outcome: what is no whole record may have been tried again."""
        found = self.get(work)
        while found is not None and found.standing.state != "record":
            newer = self.get(work, found.attempt + 1)
            if newer is None:
                break
            found = newer
        return found

    def _encode(self, stored: Stored) -> bytes:
        head = {
            "format": FORMAT,
            "document": stored.document,
            "recipe": self._recipe,
            "run": self._run,
            "attempt": stored.attempt,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        bodies = ",".join(outcome.model_dump_json() for outcome in stored.outcomes)
        text = f'{json.dumps(head)[:-1]}, "outcomes": [{bodies}]}}'
        # Lone surrogates (broken text layers) cannot be written as UTF-8; JSON has escapes for them.
        return text.encode("utf-8", "backslashreplace")


def decode_outcome(key: str, data: bytes) -> Stored:
    """What `BatchOutcomes.create` wrote. Raises `ServiceError` for other bytes."""
    try:
        content = json.loads(data)
        outcomes = tuple(_read(value) for value in content["outcomes"])
        return Stored(key, content["document"], content["attempt"], outcomes)
    except (ValueError, KeyError, TypeError) as error:
        raise ServiceError(
            "batch-damaged",
            f"{key} is no outcome of docai: {str(error)[:200]}",
            stage="batch",
            hint="move it away and run again",
        ) from error


def judge(outcomes: Sequence[Outcome]) -> Standing:
    """How a document ended, of all its records the worst."""
    failure = next((o for o in outcomes if isinstance(o, Failure)), None)
    if failure is not None:
        return Standing("failed", failure.error.code)
    whole = all(isinstance(o, Record) and o.complete for o in outcomes)
    return Standing("record" if whole else "incomplete")


def _read(value: dict[str, Any]) -> Outcome:
    return Failure.model_validate(value) if "error" in value else Record.model_validate(value)
