"""A job's pace in words: rates, time and cost left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CAUSES = 3
"""Causes of failures that a line has room for."""


def describe_pace(pace: Mapping[str, Any]) -> str:
    """`pace`: `Reading.as_json()`. What is not known is left out."""
    parts = [f"{pace['pages_per_s']:.1f} pages/s"]
    if pace.get("utilisation") is not None:
        parts.append(f"model {pace['utilisation']:.0%} busy")
    if pace.get("seconds_left") is not None:
        parts.append(f"about {describe_time(pace['seconds_left'])} left")
    cost = describe_cost(pace)
    return ", ".join([*parts, cost] if cost else parts)


def describe_cost(pace: Mapping[str, Any]) -> str:
    """What was spent and what is still to come; empty where no price is known."""
    if pace.get("cost") is None:
        return ""
    spent = f"{pace['cost']:.2f} {pace['currency']} so far"
    left = pace.get("cost_left")
    return spent if not left else f"{spent}, about {left:.2f} more"


def describe_time(seconds: float) -> str:
    """Two units at most: `40 s`, `12 min`, `3 h 20 min`, `2 d 4 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"


def describe_causes(failed: Mapping[str, int]) -> str:
    """The most frequent causes with their counts, in brackets; empty without failures."""
    most = sorted(failed.items(), key=lambda entry: (-entry[1], entry[0]))
    told = [f"{code} {count}" for code, count in most[:_CAUSES]]
    more = sum(count for _, count in most[_CAUSES:])
    return f" ({', '.join([*told, f'others {more}'] if more else told)})" if told else ""
