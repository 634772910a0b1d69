"""Claims of list items to rows: kept together, in document order, doubles joined."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from docai.extraction.carried import find_sums
from docai.grounding.proof import Proof, doubt
from docai.schema import Field
from docai.values.compare import same_value, value_key

_NUMBERS = frozenset(("money", "number", "integer", "percent", "date", "boolean"))
PAGED = frozenset(("vlm",))
"""Engines that see one page at a time: a row that a page break cuts is two rows to them, and the neighbouring
page's lines that they are told of may come back as rows of this one."""
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
    joined = _join_doubles(_join_halves(_drop_sums(filled, members), members), members)
    for row in joined:
        _doubt_strays(row)
    return joined


def _doubt_strays(row: Row) -> None:
    """Of a row most of whose cells are on no page, what is found proves nothing: a `1` stands everywhere."""
    leads = [lead for path in row.proofs if (lead := lead_proof(row, path)) is not None]
    proven = sum(lead.status in ("grounded", "inferred") for lead in leads)
    if _engines(row) <= PAGED and 2 * proven < len(leads):
        row.proofs = {path: [doubt(proof) for proof in proofs] for path, proofs in row.proofs.items()}


def _drop_sums(rows: Sequence[Row], members: Sequence[Field]) -> list[Row]:
    """Without the lines that only sum up others."""
    if len(members) < 2:
        return list(rows)
    cells = [{path: lead.value for path in row.proofs if (lead := lead_proof(row, path))} for row in rows]
    sums = find_sums(cells, [row.at[0] for row in rows], members)
    return [row for at, row in enumerate(rows) if at not in sums]


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


def _join_halves(rows: Sequence[Row], members: Sequence[Field]) -> list[Row]:
    """A page's last row and the next page's first are one row that the break cuts, where they have no cell in
    common and together no more cells than other rows have.
    """
    most = max((len(_filled(row)) for row in rows), default=0)
    kept: list[Row] = []
    for row in rows:
        before = kept[-1] if kept else None
        if before is not None and len(members) > 1 and _is_beside(before, row, step=1):
            one, other = _filled(before), _filled(row)
            if not one & other and len(one | other) <= most and max(len(one), len(other)) < most:
                for path, proofs in row.proofs.items():
                    before.proofs.setdefault(path, []).extend(proofs)
                continue
        kept.append(row)
    return kept


def _is_beside(one: Row, other: Row, *, step: int) -> bool:
    """Whether two rows come from one engine that sees a page at a time, from pages so many apart."""
    engines = _engines(one)
    return engines == _engines(other) and engines <= PAGED and abs(one.at[0] - other.at[0]) == step


def _filled(row: Row) -> set[str]:
    return {path for path in row.proofs if lead_proof(row, path) is not None}


def lead_proof(row: Row, path: str) -> Proof | None:
    """The first proof of a cell that has a value."""
    return next((p for p in row.proofs.get(path, ()) if p.value is not None), None)


def _agree(one: Row, other: Row, members: Sequence[Field]) -> bool:
    """Equal in every leaf that both have, and one such leaf at least."""
    shared = 0
    for leaf in members:
        a, b = lead_proof(one, leaf.path), lead_proof(other, leaf.path)
        if a is None or b is None:
            continue
        if not same_value(leaf.kind, a.value, b.value):
            return False
        shared += 1
    return shared > 0


def _engines(row: Row) -> set[str]:
    return {p.claim.engine for proofs in row.proofs.values() for p in proofs}


def _words(row: Row) -> set[tuple[int, int]]:
    return {(p.claim.page, w) for proofs in row.proofs.values() for p in proofs for w in p.claim.words}


def _join_doubles(rows: Sequence[Row], members: Sequence[Field]) -> list[Row]:
    """Rows that say the same twice become one.

    A list of single values holds each value once. Of a table's rows by one engine only those of the same
    words are doubles, since tables repeat lines; two engines that agree mean the same row.
    """
    kept: list[Row] = []
    by_key: dict[Hashable, list[Row]] = {}
    engines = {engine for row in rows for engine in _engines(row)}
    several = len(engines) > 1 or bool(engines & PAGED)
    for row in rows:
        keys = list(_double_keys(row, members, several=several))
        near = [twin for key in keys for twin in by_key.get(key, ())]
        twin = next((other for other in near if _is_double(other, row, members)), None)
        if twin is None:
            kept.append(row)
            twin = row
        else:
            for path, proofs in row.proofs.items():
                twin.proofs.setdefault(path, []).extend(proofs)
        for key in keys:
            by_key.setdefault(key, []).append(twin)
    return kept


def _double_keys(row: Row, members: Sequence[Field], *, several: bool) -> Iterator[Hashable]:
    """What a row shares with its double: only rows with a common key are compared."""
    if len(members) > 1:
        yield from _words(row)
        if not several:
            return
    texts = [leaf for leaf in members if leaf.kind not in _NUMBERS] or members
    for leaf in texts:
        lead = lead_proof(row, leaf.path)
        if lead is not None:
            yield leaf.path, value_key(leaf.kind, lead.value)


def _is_double(one: Row, other: Row, members: Sequence[Field]) -> bool:
    if not _agree(one, other, members):
        return False
    if len(members) == 1 or _words(one) & _words(other) or not _engines(one) & _engines(other):
        return True
    return _is_echo(one, other) or _is_echo(other, one)


def _is_echo(row: Row, other: Row) -> bool:
    """Whether a row that its page does not show is one of the page beside it, told of as context."""
    unproven = all(proof.status == "unsupported" for proofs in row.proofs.values() for proof in proofs)
    shared = len(_filled(row) & _filled(other))
    return unproven and _is_beside(row, other, step=1) and shared > 1
