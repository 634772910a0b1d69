"""Words in which an answer is shown, on a page as on a terminal."""

from __future__ import annotations

from typing import Any

STATUS_SAYS = {
    "answered": "answered",
    "partial": "answered in part",
    "conflict": "the documents disagree",
    "not_found": "not found in these documents",
}


def show_value(value: Any, unit: str | None = None) -> str:
    """A value as a person reads it, with its unit; empty for none."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(show_value(item) for item in value)
    return f"{value} {unit}" if unit else str(value)
