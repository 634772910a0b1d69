"""One JSON line an outcome: what pipes, files and other programs see."""

from __future__ import annotations

import json
from typing import Any

from docai.types import Failure, Outcome, Record

_OPTIONAL = {
    "record": ("segment", "amends"),
    "field": ("reason", "unit", "derivation"),
    "evidence": ("locator",),
    "error": ("stage", "page", "hint"),
    "run": ("model", "prompt", "dpi", "tokens"),
    "issue": ("page",),
}


def outcome_line(outcome: Outcome) -> str:
    """An outcome as one line of JSON, without the newline. What does not apply is left out; a value that
    is not there is null."""
    data = outcome.model_dump(mode="json")
    if isinstance(outcome, Failure):
        _drop(data["error"], "error")
        return _dump(data)
    _drop(data, "record")
    _drop(data["run"], "run")
    for item in data["fields"]:
        _drop(item, "field")
        for evidence in (*item["evidence"], *(e for a in item["alternatives"] for e in a["evidence"])):
            _drop(evidence, "evidence")
    for issue in data["issues"]:
        _drop(issue, "issue")
    return _dump(data)


def parse_line(line: str) -> Outcome:
    """The outcome of a line; pydantic's ValidationError (a ValueError) for another line."""
    data = json.loads(line)
    kind: type[Record] | type[Failure] = Failure if "error" in data else Record
    return kind.model_validate_json(line)


def _drop(data: dict[str, Any], kind: str) -> None:
    for key in _OPTIONAL[kind]:
        if data[key] is None:
            del data[key]


def _dump(data: dict[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Lone surrogates (broken text layers) cannot be written as UTF-8; JSON has escapes for them. The line
    # separators are legal in JSON and end a line for some readers.
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
