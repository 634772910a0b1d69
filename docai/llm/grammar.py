"""Pieces of the JSON Schemas by which a server holds a model to the form of a reply."""

from __future__ import annotations

from typing import Any


def strict_object(properties: dict[str, Any]) -> dict[str, Any]:
    """An object with all of these properties and no others: OpenAI's strict mode takes no other objects."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
