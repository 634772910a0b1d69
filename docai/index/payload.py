"""A passage as the JSON that Qdrant keeps beside its vectors: all of it, a hit needs no other store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from docai.types import Box, Passage, PassageKind
from docai.values.surrogates import replace_surrogates

DOCUMENT_KEY = "document_id"
DENSE, SPARSE = "dense", "sparse"
_KINDS = frozenset(get_args(PassageKind))


def to_payload(passage: Passage) -> dict[str, Any]:
    """`boxes` as `["x0 y0 x1 y1", …]` in points; empty parts are left out.

    Text, since Edge gives numbers of JSON back with another last digit.
    """
    payload: dict[str, Any] = {
        DOCUMENT_KEY: replace_surrogates(passage.document_id),
        "page": passage.page,
        "ordinal": passage.ordinal,
        "text": replace_surrogates(passage.text),
        "kind": passage.kind,
    }
    if passage.boxes:
        payload["boxes"] = [" ".join(repr(float(side)) for side in box) for box in passage.boxes]
    for name in ("heading", "context", "locator"):
        value = getattr(passage, name)
        if value:
            payload[name] = replace_surrogates(value)
    return payload


def from_payload(point_id: str, payload: Mapping[str, Any] | None) -> Passage:
    """Raises `ValueError` for what `to_payload` did not make."""
    if payload is None:
        raise ValueError(f"point {point_id} has no payload")
    try:
        kind = payload["kind"]
        if kind not in _KINDS:
            raise ValueError(f"kind {kind!r}")
        locator = payload.get("locator")
        return Passage(
            id=point_id,
            document_id=str(payload[DOCUMENT_KEY]),
            page=int(payload["page"]),
            ordinal=int(payload["ordinal"]),
            text=str(payload["text"]),
            boxes=tuple(Box(*map(float, box.split())) for box in payload.get("boxes", ())),
            heading=str(payload.get("heading", "")),
            context=str(payload.get("context", "")),
            kind=kind,
            locator=None if locator is None else str(locator),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"point {point_id} is no passage of docai: {error!r}") from error
