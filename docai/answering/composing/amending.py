"""Which of several documents says that it changes which other."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz

from docai.answering.sources import Source
from docai.types import Amends

_ALIKE = 80
"""Of 100: titles that name the same agreement."""
_DATES = ("agreement_date", "effective_date")


def find_amended(sources: Sequence[Source]) -> list[tuple[Source, Source]]:
    """Pairs of a document and the one that its record says it changes, by the date or the title named."""
    pairs = []
    for later in sources:
        amends = later.amends
        if amends is not None:
            pairs += [(later, other) for other in sources if other is not later and _is_meant(amends, other)]
    return pairs


def _is_meant(amends: Amends, other: Source) -> bool:
    for record in other.records:
        if record.amends is not None:
            continue
        if amends.date and amends.date in {record.values.get(name) for name in _DATES}:
            return True
        title = record.values.get("document_title") or other.document.title
        if amends.title and isinstance(title, str):
            return fuzz.token_set_ratio(amends.title.casefold(), title.casefold()) >= _ALIKE
    return False
