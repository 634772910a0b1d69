"""Which agreement a document changes: amendments put beside what they amend."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from docai.types import Record
from docai.values.compare import fold
from docai.values.names import normalize_name

_SINCE = ("effective_date", "agreement_date", "invoice_date", "issue_date", "order_date", "date")
_AMENDING = re.compile(
    r"\b(?:amendment|amended|restated|addendum|supplement|modification|extension|nachtrag|avenant|"
    r"no|number|nr|first|second|third|fourth|fifth|sixth|to|the|of|and|\d{1,3})\b\.?",
    re.I,
)
_ALIKE = 80
"""Of 100: titles that name the same agreement, the words of amending left out."""


@dataclass(frozen=True, slots=True)
class Family:
    """`root_id`: the record of the agreement as it first was; the record itself where that is not here."""

    root_id: int
    role: str  # `original` or `amendment`


def since(record: Record) -> str | None:
    """The date from which a document speaks, ISO: in force, else signed, else issued."""
    values = record.values
    for name in _SINCE:
        if isinstance(values.get(name), str):
            return str(values[name])
    dates = (v for v in values.values() if isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", v))
    return next(dates, None)


def find_families(records: Mapping[int, Record]) -> dict[int, Family]:
    """Every record's family. An amendment belongs to the agreement with a party of it that bears the date or
    the title that it names; where several do, to the one with most in common. Cycles end at the earliest."""
    by_party: dict[str, list[int]] = defaultdict(list)
    for record_id, record in records.items():
        for party in _parties(record):
            by_party[party].append(record_id)
    parent: dict[int, int] = {}
    for record_id, record in records.items():
        if record.amends is not None:
            found = _find_amended(record_id, records, by_party)
            if found is not None:
                parent[record_id] = found
    return {
        i: Family(_root(i, parent), "original" if record.amends is None else "amendment")
        for i, record in records.items()
    }


def _root(record_id: int, parent: Mapping[int, int]) -> int:
    seen = [record_id]
    while seen[-1] in parent and parent[seen[-1]] not in seen:
        seen.append(parent[seen[-1]])
    return seen[-1]


def _find_amended(
    record_id: int, records: Mapping[int, Record], by_party: Mapping[str, Sequence[int]]
) -> int | None:
    record = records[record_id]
    amends = record.amends
    assert amends is not None
    own = _parties(record) | {fold(normalize_name(name)) for name in amends.parties}
    candidates = {i for party in own for i in by_party.get(party, ())} - {record_id}
    scored = []
    for other_id in sorted(candidates):
        other = records[other_id]
        if other.schema_ref.id != record.schema_ref.id:
            continue
        dates = {other.values.get("agreement_date"), other.values.get("effective_date"), since(other)}
        date = bool(amends.date) and amends.date in dates
        title = _same_title(amends.title, other.values.get("document_title"))
        if not (date or title) or (since(other) or "") > (since(record) or "9999"):
            continue
        shared = len(_parties(other) & own)
        scored.append((date + title, other.amends is None, shared, -other_id))
    return -max(scored)[3] if scored else None


def _parties(record: Record) -> set[str]:
    parties = record.values.get("parties") or ()
    names = parties if isinstance(parties, list | tuple) else (parties,)
    return {fold(normalize_name(str(name))) for name in names if name} - {""}


def _same_title(named: str | None, title: object) -> bool:
    if not named or not isinstance(title, str):
        return False
    a, b = (" ".join(_AMENDING.sub(" ", text).split()).lower() for text in (named, title))
    return bool(a and b) and fuzz.token_sort_ratio(a, b) >= _ALIKE
