"""Claims of list items to rows: kept together, in document order, doubles joined."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from docai.grounding.proof import Proof
from docai.schema import Field
from docai.values.compare import same_value

_INDEX = re.compile(r"/(\d+)(?=/|$)")


@dataclass(slots=True)
class Row:
    """Proofs of one list item by the leaf's template path; `at` is its place in the document."""

    at: tuple[int, int, int]
    proofs: dict[str, list[Proof]] = field(default_factory=dict)


def item_number(path: str) -> int:
    """`/line_items/3/total` -> 3; -1 for a path without a number."""
    match = _INDEX.search(path)
    return int(match.group(1)) if match else -1


def _place(proof: Proof) -> tuple[int, int]:
    words = proof.claim.words
    if words:
        return proof.claim.page, min(words)
    return proof.claim.page, 1 << 20


def collect_rows(members: Sequence[Field], by_field: Mapping[str, Sequence[Proof]]) -> list[Row]:
    """Rows of one list from its leaves' proofs.

    Engines number rows as they read; a model that reads page by page starts again on every page, so a number
    names a row only within one page and engine, unless claims of an engine use it over pages once per leaf.
    """
    rows: dict[tuple[str, int, int], Row] = {}
    restart = _numbers_restart(members, by_field)
    for leaf in members:
        for proof in by_field.get(leaf.path, ()):
            number = item_number(proof.claim.path)
            page = proof.claim.page if restart else 0
            key = (proof.claim.engine, page, number)
            at = (*_place(proof), number)
            row = rows.setdefault(key, Row(at))
            row.at = min(row.at, at)
            row.proofs.setdefault(leaf.path, []).append(proof)
    ordered = sorted(rows.values(), key=lambda row: row.at)
    filled = [row for row in ordered if any(p.value is not None for ps in row.proofs.values() for p in ps)]
    return _join_doubles(filled, members)


def _numbers_restart(members: Sequence[Field], by_field: Mapping[str, Sequence[Proof]]) -> bool:
    """Whether a number names different rows on different pages: one leaf has it twice with other values."""
    for leaf in members:
        seen: dict[tuple[str, int], Proof] = {}
        for proof in by_field.get(leaf.path, ()):
            key = (proof.claim.engine, item_number(proof.claim.path))
            before = seen.setdefault(key, proof)
            if before.claim.page != proof.claim.page and not same_value(leaf.kind, before.value, proof.value):
                return True
    return False


def _lead(row: Row, path: str) -> Proof | None:
    proofs = [p for p in row.proofs.get(path, ()) if p.value is not None]
    return proofs[0] if proofs else None


def _is_double(one: Row, other: Row, members: Sequence[Field]) -> bool:
    """Equal in every leaf that both have. Of one engine only the same words are a double: tables repeat."""
    shared = 0
    for leaf in members:
        a, b = _lead(one, leaf.path), _lead(other, leaf.path)
        if a is None or b is None:
            continue
        if not same_value(leaf.kind, a.value, b.value):
            return False
        shared += 1
    if not shared:
        return False
    single = len(members) == 1
    return single or _same_words(one, other) or _other_engine(one, other)


def _same_words(one: Row, other: Row) -> bool:
    def words(row: Row) -> set[tuple[int, int]]:
        return {(p.claim.page, w) for ps in row.proofs.values() for p in ps for w in p.claim.words}

    a, b = words(one), words(other)
    return bool(a & b)


def _other_engine(one: Row, other: Row) -> bool:
    def engines(row: Row) -> set[str]:
        return {p.claim.engine for ps in row.proofs.values() for p in ps}

    return not engines(one) & engines(other)


def _join_doubles(rows: Sequence[Row], members: Sequence[Field]) -> list[Row]:
    kept: list[Row] = []
    for row in rows:
        twin = next((k for k in kept if _is_double(k, row, members)), None)
        if twin is None:
            kept.append(row)
            continue
        for path, proofs in row.proofs.items():
            twin.proofs.setdefault(path, []).extend(proofs)
    return kept
