"""Which documents are copies of one another: the same pages scanned again, or saved in another format."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from docai.types import Record
from docai.values.compare import as_decimal, fold
from docai.values.dates import parse_date
from docai.workspace.tables.columns import make_rows

SKETCH_SIZE = 128
"""Smallest hashes kept of a document: similarity is known to about .04."""
_SHINGLE_WORDS = 3
_MIN_SIMILARITY = 0.55
"""Of shingles: 3 % misread words in each of two scans leave about .70 of them in common."""
_BAND = 2


def sketch_text(words: Iterable[str]) -> NDArray[np.uint32]:
    """The smallest hashes of a document's runs of three words, ascending; empty for one without text.

    Two sketches' share of common hashes estimates the share of common text (bottom-k sketches: Cohen and
    Kaplan 2007). Case, accents and punctuation do not count.
    """
    listed = list(words)
    folded = {word: fold(word) for word in set(listed)}  # a text repeats nine of ten of its words
    plain = [w for word in listed if (w := folded[word])]
    hashes = {
        zlib.crc32(" ".join(plain[i : i + _SHINGLE_WORDS]).encode())
        for i in range(max(0, len(plain) - _SHINGLE_WORDS + 1))
    }
    return np.array(sorted(hashes)[:SKETCH_SIZE], np.uint32)


def similarity(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> float:
    """Estimated share of common text, 0..1."""
    union = np.union1d(a, b)[:SKETCH_SIZE]
    if not len(union):
        return 0.0
    common = np.intersect1d(a, b, assume_unique=True)
    return int((common <= union[-1]).sum()) / len(union)


@dataclass(frozen=True, slots=True)
class Sketched:
    """A record with its text's sketch. `pages`: how many it has."""

    record_id: int
    record: Record
    sketch: NDArray[np.uint32]
    pages: int


def find_copies(items: Sequence[Sketched]) -> dict[int, int]:
    """Record id -> the record that it copies (the first one in order); originals are left out.

    Same schema, alike text, and no identifier, date or amount that both have and that differs: two invoices
    on one letterhead are not copies.
    """
    copies: dict[int, int] = {}
    buckets: dict[tuple[str, int], list[Sketched]] = defaultdict(list)
    records = {item.record_id: item.record for item in items}

    @cache
    def read_values(record_id: int) -> Mapping[str, object]:
        return make_rows(records[record_id]).main

    def is_copy(one: Sketched, other: Sketched) -> bool:
        if not _is_alike(one, other):
            return False
        return not _contradict(read_values(one.record_id), read_values(other.record_id))

    for item in sorted(items, key=lambda i: i.record_id):
        places = [
            (item.record.schema_ref.id, value) for value in item.sketch[: SKETCH_SIZE // _BAND].tolist()
        ]
        near = {other.record_id: other for place in places for other in buckets[place]}
        original = next((other for other in near.values() if is_copy(item, other)), None)
        if original is not None:
            copies[item.record_id] = original.record_id
            continue
        for place in places:
            buckets[place].append(item)
    return copies


def _is_alike(a: Sketched, b: Sketched) -> bool:
    """Whether two documents have about the same pages and text."""
    if abs(a.pages - b.pages) > max(1, min(a.pages, b.pages) // 10):
        return False
    return similarity(a.sketch, b.sketch) >= _MIN_SIMILARITY


def _contradict(a: Mapping[str, object], b: Mapping[str, object]) -> bool:
    """Whether a value that tells documents apart differs: a number, a date, a code with digits."""
    for name, left in a.items():
        right = b.get(name)
        if left is None or right is None or left == right:
            continue
        if not (_tells_apart(left) and _tells_apart(right)):
            continue
        if fold(str(left)) != fold(str(right)):
            return True
    return False


def _tells_apart(value: object) -> bool:
    text = str(value)
    if isinstance(value, int | float) or as_decimal(text) is not None or parse_date(text):
        return True
    return bool(re.search(r"\d", text)) and len(text.split()) <= 3
