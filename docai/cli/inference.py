"""A JSON Schema from example values: JSON, JSON lines, YAML or CSV, and docai's own labels and records."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from docai.errors import ConfigError
from docai.schema import JsonDict
from docai.schema.kinds import Kind, infer_kind
from docai.schema.text import parse_json, parse_yaml
from docai.values.dates import find_dates
from docai.values.durations import find_durations
from docai.values.identifiers import find_emails
from docai.values.money import find_money
from docai.values.numbers import find_numbers, find_percents
from docai.values.spans import Found

_TEXT_SUFFIXES = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".yaml", ".yml")
_MIN_ENUM_EXAMPLES = 12
_MAX_ENUM_MEMBERS = 6
# Kinds that a field's values alone may tell where its name says nothing.
_KIND_OF_PATTERN: tuple[Kind, ...] = ("date", "email", "percent", "money", "duration")
# People who type labels slip now and then; few examples must agree all.
_SLIPS_FROM = 10
_SLIPS_SHARE = 0.9


def infer_schema(paths: Sequence[Path], title: str | None = None) -> tuple[JsonDict, int]:
    """A schema that fits every example of every file, and how many examples there were.

    Raises ConfigError for files that hold no example values (a document is no example: it does not say
    which of its words belong to which field).
    """
    examples = [example for path in paths for example in _read_examples(path)]
    if not examples:
        raise ConfigError("no-examples", "the files hold no examples")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title or _title_of(paths[0]),
        **_infer_object(examples, ()),
    }
    return schema, len(examples)


def _title_of(path: Path) -> str:
    name = path.resolve().parent.name if path.stem == "labels" else path.stem
    return re.sub(r"[\W_]+", " ", name).strip().capitalize()


def _read_examples(path: Path) -> list[dict[str, Any]]:
    if path.suffix.lower() not in _TEXT_SUFFIXES:
        hint = 'give values as JSON, JSON lines, YAML or CSV: {"total": "12.50", "due_date": "2024-05-01"}'
        raise ConfigError("no-examples", f"{path}: a document does not tell which fields you want", hint=hint)
    try:
        loaded = _parse(path.suffix.lower(), path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, csv.Error) as error:
        raise ConfigError("example-unreadable", f"{path}: {error}") from error
    rows = loaded if isinstance(loaded, list) else [loaded]
    for row in rows:
        if not isinstance(row, dict):
            raise ConfigError("example-unreadable", f"{path}: an example is an object, not {row!r:.60}")
    return [_values_of(row) for row in rows]


def _parse(suffix: str, text: str) -> Any:
    if suffix == ".json":
        return parse_json(text)
    if suffix in (".jsonl", ".ndjson"):
        return [parse_json(line) for line in text.splitlines() if line.strip()]
    if suffix in (".csv", ".tsv"):
        reader = csv.DictReader(io.StringIO(text), dialect="excel-tab" if suffix == ".tsv" else "excel")
        return [{key: value or None for key, value in row.items() if key} for row in reader]
    return parse_yaml(text)


def _values_of(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of a line of `labels.jsonl`, the values of a docai record, else the row itself."""
    if "file" in row and isinstance(row.get("fields"), dict):
        return dict(row["fields"])
    if "document" in row and isinstance(row.get("values"), dict):
        return dict(row["values"])
    return row


def _infer_object(examples: Sequence[dict[str, Any]], names: tuple[str, ...]) -> JsonDict:
    keys = dict.fromkeys(key for example in examples for key in example)
    properties = {key: _infer([e.get(key) for e in examples], (*names, key)) for key in keys}
    required = [key for key in keys if all(example.get(key) is not None for example in examples)]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _infer(values: Iterable[Any], names: tuple[str, ...]) -> JsonDict:
    all_values = list(values)
    present = [value for value in all_values if value is not None]
    if any(isinstance(value, list) for value in present):
        items = [item for value in present for item in (value if isinstance(value, list) else [value])]
        return {"type": "array", "items": _infer(items, names)}
    if any(isinstance(value, dict) for value in present):
        return _infer_object([value for value in present if isinstance(value, dict)], names)
    node = _infer_leaf(present, names)
    if len(present) < len(all_values):
        node["type"] = [node["type"], "null"]
        if "enum" in node:
            node["enum"] = [*node["enum"], None]
    return node


def _infer_leaf(values: Sequence[Any], names: tuple[str, ...]) -> JsonDict:
    if values and all(isinstance(value, bool) for value in values):
        return {"type": "boolean"}
    if values and all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return {"type": "integer"}
    if values and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return {"type": "number"}
    texts = [str(value).strip() for value in values]
    if texts and all(text.lower() in ("true", "false") for text in texts):
        return {"type": "boolean"}
    return _infer_text(texts, names)


def _infer_text(texts: Sequence[str], names: tuple[str, ...]) -> JsonDict:
    named = infer_kind(names, "string", None)
    if named not in ("identifier", "phone", "address"):
        for kind in _KIND_OF_PATTERN:
            if _most(_is(kind, text) for text in texts):
                return _node_of(kind, names)
        if any(_is("money", text) for text in texts) and _most(
            _is("money", text) or _is_number(text) for text in texts
        ):
            return _node_of("money", names)
        if _most(_is_number(text) for text in texts):
            whole = all(re.fullmatch(r"-?\d{1,9}", text) for text in texts)
            return {"type": "integer" if whole and named != "money" else "number"}
    members = sorted(set(texts))
    if len(texts) >= _MIN_ENUM_EXAMPLES and len(members) <= _MAX_ENUM_MEMBERS and named == "text":
        return {"type": "string", "enum": members}
    return {"type": "string"}


def _node_of(kind: Kind, names: tuple[str, ...]) -> JsonDict:
    node: JsonDict = {"type": "number"} if kind in ("money", "percent") else {"type": "string"}
    if kind in ("date", "email"):
        return node | {"format": kind}
    return node if infer_kind(names, node["type"], None) == kind else node | {"x-docai-kind": kind}


def _is(kind: Kind, text: str) -> bool:
    if kind == "date":
        return _covers(find_dates(text), text, 1.0)
    if kind == "email":
        return _covers(find_emails(text), text, 1.0)
    if kind == "percent":
        return _covers(find_percents(text), text, 1.0)
    if kind == "money":
        return _covers(find_money(text, require_currency=True), text, 1.0)
    return _covers(find_durations(text), text, 0.4)


def _most(answers: Iterable[bool]) -> bool:
    given = list(answers)
    wanted = _SLIPS_SHARE if len(given) >= _SLIPS_FROM else 1.0
    return bool(given) and sum(given) >= wanted * len(given)


def _is_number(text: str) -> bool:
    has_leading_zero = bool(re.match(r"0\d", text))
    return not has_leading_zero and _covers(find_numbers(text), text, 1.0)


def _covers(found: Sequence[Found], text: str, share: float) -> bool:
    return len(found) == 1 and len(found[0].text.strip()) >= share * len(text) > 0
