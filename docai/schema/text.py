"""JSON and YAML text as plain values; whatever is wrong with the text is one ValueError."""

from __future__ import annotations

import json
from typing import Any

# Aliases multiply: nine levels of nine each would be hundreds of millions of nodes.
_MAX_NODES = 100_000


def parse_json(text: str) -> Any:
    """Raises ValueError with line and column, also for text that is nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def parse_yaml(text: str) -> Any:
    """YAML as JSON values: dates are text again. Raises ValueError with line and column."""
    import yaml

    try:
        loaded = yaml.safe_load(text)
        if _count_nodes(loaded, {}) > _MAX_NODES:
            raise ValueError("too large once its aliases are expanded")
        return json.loads(json.dumps(loaded, default=str))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except (yaml.YAMLError, TypeError) as error:
        raise ValueError(" ".join(str(error).split())) from error


def _count_nodes(value: Any, counts: dict[int, int]) -> int:
    """Nodes with every alias written out; shared parts are counted once and added as often as they stand."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in counts:
        counts[id(value)] = _MAX_NODES + 1  # Stands for a node that contains itself.
        children = value.values() if isinstance(value, dict) else value
        counts[id(value)] = 1 + sum(_count_nodes(child, counts) for child in children)
    return counts[id(value)]
