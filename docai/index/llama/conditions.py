"""LlamaIndex's metadata filters as conditions of Qdrant Edge. What Edge cannot decide is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
)

from docai.errors import ConfigError
from docai.index.llama.filters import bad_filter
from docai.index.payload import DOCUMENT_KEY

Resolve: TypeAlias = Callable[[MetadataFilter], frozenset[str] | None]
"""Ids of the documents for which a filter holds; None where the points themselves say it."""

_RANGES = {
    FilterOperator.GT: "gt",
    FilterOperator.GTE: "gte",
    FilterOperator.LT: "lt",
    FilterOperator.LTE: "lte",
}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T.{1,40})?")


def to_condition(filters: MetadataFilters, resolve: Resolve | None = None) -> Any:
    """An Edge filter, or None for no filters. Raises ConfigError `bad-filter`."""
    import qdrant_edge as edge

    parts = [
        to_condition(item, resolve) if isinstance(item, MetadataFilters) else _write_leaf(item, resolve)
        for item in filters.filters
    ]
    parts = [part for part in parts if part is not None]
    if not parts:
        return None
    if filters.condition == FilterCondition.OR:
        return edge.Filter(should=parts)
    if filters.condition == FilterCondition.NOT:  # none of them holds
        return edge.Filter(must_not=parts)
    return edge.Filter(must=parts)


def join_conditions(conditions: Sequence[Any]) -> Any:
    """All of those that are not None; None if there is none."""
    import qdrant_edge as edge

    kept = [condition for condition in conditions if condition is not None]
    return edge.Filter(must=kept) if kept else None


def of_documents(document_ids: Sequence[str] | None) -> Any:
    """Points of these documents; None for all."""
    return None if document_ids is None else _any_of(DOCUMENT_KEY, sorted(document_ids))


def of_points(ids: Sequence[UUID] | None) -> Any:
    import qdrant_edge as edge

    return None if ids is None else edge.HasIdCondition(set(ids))


def _write_leaf(item: MetadataFilter, resolve: Resolve | None) -> Any:
    documents = resolve(item) if resolve is not None else None
    if documents is not None:
        return _any_of(DOCUMENT_KEY, sorted(documents))
    try:
        return _write_condition(item)
    except (TypeError, ValueError) as error:
        raise bad_filter(f"{item.key} {item.operator.value} {item.value!r}: {error}") from error


def _write_condition(item: MetadataFilter) -> Any:
    import qdrant_edge as edge

    key, operator, value = item.key, item.operator, item.value
    if operator in (FilterOperator.EQ, FilterOperator.CONTAINS):
        return _equal(key, value)
    if operator == FilterOperator.NE:
        return edge.Filter(must_not=[_equal(key, value)])
    if operator in _RANGES:
        return _within(key, _RANGES[operator], value)
    if operator in (FilterOperator.IN, FilterOperator.ANY):
        return _any_of(key, _listed(item))
    if operator == FilterOperator.NIN:
        return edge.Filter(must_not=[_any_of(key, _listed(item))])
    if operator == FilterOperator.ALL:
        return edge.Filter(must=[_equal(key, one) for one in _listed(item)])
    if operator == FilterOperator.TEXT_MATCH and isinstance(value, str):
        return edge.FieldCondition(key=quote_key(key), match=edge.MatchSubstring(value))
    if operator == FilterOperator.IS_EMPTY:
        return edge.IsEmptyCondition(quote_key(key))
    raise _unknown(item)


def _unknown(item: MetadataFilter) -> ConfigError:
    known = "==, !=, <, <=, >, >=, in, nin, any, all, contains, text_match, is_empty"
    return bad_filter(f"the Edge index has no operator {item.operator.value!r} for {item.key}", hint=known)


def quote_key(key: str) -> str:
    """A metadata key as Edge's path to it: any character but a quote. Raises ValueError."""
    if not key or '"' in key:
        raise ValueError("a key has letters and no quotation mark")
    return f'"{key}"'


def _equal(key: str, value: Any) -> Any:
    import qdrant_edge as edge

    if isinstance(value, float):
        return edge.FieldCondition(key=quote_key(key), range=edge.RangeFloat(gte=value, lte=value))
    if not isinstance(value, str | int):
        raise ValueError("a text or a number is wanted")
    return edge.FieldCondition(key=quote_key(key), match=edge.MatchValue(value))


def _within(key: str, side: str, value: Any) -> Any:
    import qdrant_edge as edge

    if isinstance(value, int | float):
        return edge.FieldCondition(key=quote_key(key), range=edge.RangeFloat(**{side: float(value)}))
    if isinstance(value, str) and _DATE.fullmatch(value):
        return edge.FieldCondition(key=quote_key(key), range=edge.RangeDateTime(**{side: value}))
    raise ValueError("a number or an ISO date is wanted")


def _any_of(key: str, values: Sequence[Any]) -> Any:
    import qdrant_edge as edge

    floats = [value for value in values if isinstance(value, float)]
    if floats:
        return edge.Filter(should=[_equal(key, value) for value in values])
    if not values:  # none can be: Edge takes an empty list for no condition
        return edge.HasIdCondition(set())
    return edge.FieldCondition(key=quote_key(key), match=edge.MatchAny(any=list(values)))


def _listed(item: MetadataFilter) -> list[Any]:
    if not isinstance(item.value, list):
        raise ValueError("a list is wanted")
    return list(item.value)
