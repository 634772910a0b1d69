"""LlamaIndex's metadata filters as sets of documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TypeAlias

from llama_index.core.vector_stores.types import FilterCondition, MetadataFilters

from docai.errors import ConfigError

Match: TypeAlias = Callable[[str, str, object], frozenset[str]]
"""(key, operator, value) -> ids of the documents for which that holds."""


def select_documents(filters: MetadataFilters, everything: frozenset[str], match: Match) -> frozenset[str]:
    """Ids of the documents that the filters let through; filters may stand in filters. No filters let all
    through. Raises what `match` raises."""
    found = [
        select_documents(item, everything, match)
        if isinstance(item, MetadataFilters)
        else match(item.key, item.operator.value, item.value) & everything
        for item in filters.filters
    ]
    if not found:
        return everything
    if filters.condition == FilterCondition.OR:
        return _unite(found)
    if filters.condition == FilterCondition.NOT:  # as LlamaIndex's own store: none of them holds
        return everything - _unite(found)
    return reduce(frozenset.intersection, found)


def _unite(found: Sequence[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*found)


def bad_filter(message: str, hint: str | None = None) -> ConfigError:
    """A filter that cannot be decided: refused, since leaving it out would find too much."""
    return ConfigError("bad-filter", message, stage="index", hint=hint)
