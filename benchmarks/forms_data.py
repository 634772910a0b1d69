"""Labelled form documents with their readings, and the scoring rules of the data's README."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from docai.schema import Schema, load_schema
from docai.types import Document as SourceDocument
from docai.types import DocumentView, Page
from docai.values.compare import as_decimal
from docai.values.dates import find_dates

SETS = {"receipts": "receipt", "ad-buys": "ad_buy", "e-invoices": "invoice"}


@dataclass(frozen=True)
class Labelled:
    """One document: its pages as read, and what annotators found."""

    stem: str
    view: DocumentView
    truth: dict[str, Any]


def load_set(readings: Path, data: Path, name: str) -> tuple[Schema, list[Labelled]]:
    """Documents of one set whose reading is there, in the order of the labels."""
    out = []
    for line in (data / name / "labels.jsonl").read_text("utf-8").splitlines():
        if not line.strip():
            continue
        label = json.loads(line)
        stem = Path(label["file"]).stem
        reading = readings / name / f"{stem}.pkl"
        if reading.exists():
            pages: list[Page] = pickle.loads(reading.read_bytes())
            source = SourceDocument(f"sha256:{stem}", label["file"], "application/pdf", len(pages))
            out.append(Labelled(stem, DocumentView(source, tuple(pages)), label["fields"]))
    return load_schema(SETS[name]), out


def letters(text: object) -> str:
    return re.sub(r"[\W_]+", "", str(text)).casefold()


def date_readings(text: object) -> set[str]:
    """Both readings of an ambiguous date; the text itself when it is none."""
    found = find_dates(str(text), day_first=True)
    if not found:
        return {letters(text)}
    return {str(v) for v in (found[0].value, found[0].alternative) if v is not None}


def matches(kind: str, value: object, truth: object) -> bool:
    """Whether a value counts as right: dates and amounts by value, the rest by letters and digits."""
    if value is None or truth is None:
        return False
    if kind == "date":
        return str(value) in date_readings(truth)
    if kind in ("money", "number", "integer"):
        one, two = as_decimal(_plain(value)), as_decimal(_plain(truth))
        return one is not None and two is not None and abs(one - two) < Decimal("0.005")
    return bool(letters(value)) and letters(value) == letters(truth)


def _plain(value: object) -> Any:
    return value if isinstance(value, Decimal | int) else str(value).strip()


def f1(right: int, given: int, present: int) -> float:
    return 2 * right / (given + present) if given + present else 1.0


def vendor_key(name: str, truth: dict[str, Any]) -> str:
    """Documents with the same key never stand on both sides of a fold: same shop, same form."""
    if name == "receipts":
        return "r:" + letters(truth.get("company"))[:8]
    return ""


def rows_of(truth: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for row in truth.get("line_items") or []:
        if any(v is not None for v in row.values()):
            yield row
