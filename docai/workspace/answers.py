"""What a model said about pages: committed one by one, so that a killed run repeats only pages in flight."""

from __future__ import annotations

import json
import time
import zlib
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from docai.types import Box, Claim, CropReading, Issue, Operand, PageAnswer
from docai.workspace.database import Database

_LEVEL = 6


class AnswerStore:
    """Answers by document, asking key and page number.

    The asking key names everything that an answer depends on but the bytes: schema, model, prompt, how the
    page is shown, and the reading that gave its context.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_answer(self, document_id: str, answer: PageAnswer, asking_key: str) -> None:
        """Commit one page's answer, at once."""
        body = encode_answer(answer)
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO answers (document_id, asking_key, number, body) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET body = excluded.body",
                (document_id, asking_key, answer.page, body),
            )
            # Whoever asks about this document lives: for the eyes of other containers (`leases`).
            db.execute("UPDATE leases SET beat_s = ? WHERE document_id = ?", (time.time(), document_id))

    def get_answers(self, document_id: str, asking_key: str) -> dict[int, PageAnswer]:
        """The answers about a document's pages, by page number."""
        rows = self._database.select(
            "SELECT number, body FROM answers WHERE document_id = ? AND asking_key = ? ORDER BY number",
            (document_id, asking_key),
        )
        return {row["number"]: decode_answer(row["body"]) for row in rows}

    def list_answered(self, document_id: str, asking_key: str) -> set[int]:
        """Numbers of the pages that have an answer."""
        rows = self._database.select(
            "SELECT number FROM answers WHERE document_id = ? AND asking_key = ?", (document_id, asking_key)
        )
        return {int(row["number"]) for row in rows}


def encode_answer(answer: PageAnswer) -> bytes:
    """An answer as compact JSON; decimals keep their digits."""
    return zlib.compress(json.dumps(asdict(answer), default=_write_decimal).encode(), _LEVEL)


def decode_answer(data: bytes) -> PageAnswer:
    """The answer of `encode_answer`."""
    raw: dict[str, Any] = json.loads(zlib.decompress(data), object_hook=_read_decimal)
    answer = PageAnswer(**raw)
    return replace(
        answer,
        claims=tuple(_read_claim(claim) for claim in raw["claims"]),
        issues=tuple(Issue(**issue) for issue in raw["issues"]),
        readings=tuple(CropReading(**{**r, "box": Box(*r["box"])}) for r in raw.get("readings", ())),
    )


def _read_claim(raw: dict[str, Any]) -> Claim:
    operands = tuple(Operand(**{**o, "words": tuple(o["words"])}) for o in raw["operands"])
    return Claim(**{**raw, "words": tuple(raw["words"]), "operands": operands})


def _write_decimal(value: object) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    raise TypeError(f"{type(value).__name__} has no place in an answer")


def _read_decimal(value: dict[str, Any]) -> Any:
    return Decimal(value["decimal"]) if value.keys() == {"decimal"} else value
